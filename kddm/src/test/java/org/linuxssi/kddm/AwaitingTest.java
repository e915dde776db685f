package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

@Timeout(20)
class AwaitingTest {

    /** A time in which futures fail at the moment at which their deadline passes. */
    private record Late(Exception failure) implements TimeSource {

        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public Registration after(Duration delay, Runnable task) {
            return () -> {};
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public <T> T await(CompletableFuture<T> future, Duration limit) throws TimeoutException {
            future.completeExceptionally(failure);
            throw new TimeoutException();
        }
    }

    @Test
    void whatFailsAtItsDeadlineFailsLikeEverythingElse() {
        IllegalStateException failure = new IllegalStateException("no answer");
        assertThatThrownBy(() -> Awaiting.result(
                        new Late(failure), new CompletableFuture<>(), Duration.ofSeconds(1), () -> "room of 2"))
                .isInstanceOf(KddmException.class)
                .hasMessageContaining("room of 2 failed")
                .hasCause(failure);
    }
}
