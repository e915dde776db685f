package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RealTimeTest {

    /** Field of {@code /proc/PID/stat}: the policy. */
    private static final int POLICY = 41;

    private static final long OTHER = 0;
    private static final long FIFO = 1;

    private record Policies(boolean entered, long own, long child) {}

    @Test
    void theThreadIsARealTimeOneAndThoseThatItStartsAreNot() throws Exception {
        Policies policies = on(() -> new Policies(RealTime.enter(), policy(), on(RealTimeTest::policy)));
        assumeThat(policies.entered()).isTrue();
        assertThat(policies.own()).isEqualTo(FIFO);
        assertThat(policies.child()).isEqualTo(OTHER);
    }

    private static <T> T on(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task.get(20, TimeUnit.SECONDS);
    }

    private static long policy() {
        return ProcFiles.stat("thread-self").field(POLICY);
    }
}
