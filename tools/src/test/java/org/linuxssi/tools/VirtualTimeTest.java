package org.linuxssi.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class VirtualTimeTest {

    private final VirtualTime time = new VirtualTime();
    private final List<String> seen = new ArrayList<>();

    @Test
    void runsEventsInTheOrderOfTimeThenOfMaking() {
        time.after(Duration.ofSeconds(2), () -> seen.add("c"));
        time.after(Duration.ofSeconds(1), () -> seen.add("a"));
        time.after(Duration.ofSeconds(1), () -> seen.add("b"));
        time.after(Duration.ofSeconds(1), () -> seen.add("never")).close();
        time.advance(Duration.ofMillis(1500));
        assertThat(seen).containsExactly("a", "b");
        time.advance(Duration.ofMillis(500));
        assertThat(seen).containsExactly("a", "b", "c");
        assertThat(time.nanos()).isEqualTo(Duration.ofSeconds(2).toNanos());
    }

    @Test
    void tasksMayWaitForEachOther() {
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<String> second = new CompletableFuture<>();
        time.execute(() -> {
            seen.add("one waits");
            seen.add("one has " + await(second));
        });
        time.execute(() -> {
            second.complete("word");
            seen.add("two has " + await(first));
        });
        time.after(Duration.ofSeconds(1), () -> first.complete("time"));
        time.advance(Duration.ofSeconds(1));
        assertThat(seen).containsExactly("one waits", "one has word", "two has time");
    }

    private String await(CompletableFuture<String> future) {
        try {
            return time.await(future);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theDriverWaitsByLettingTimePass() throws Exception {
        CompletableFuture<String> done = new CompletableFuture<>();
        time.after(Duration.ofHours(1), () -> done.complete("later"));
        assertThat(time.await(done)).isEqualTo("later");
        assertThat(time.nanos()).isEqualTo(Duration.ofHours(1).toNanos());
    }

    @Test
    void failedTasksFailTheDriver() {
        time.execute(() -> {
            throw new IllegalArgumentException("broken");
        });
        assertThatThrownBy(() -> time.advance(Duration.ofSeconds(1))).hasMessageContaining("broken");
    }

    @Test
    void aConditionThatNeverHoldsIsReported() {
        assertThatThrownBy(() -> time.runUntil(Duration.ofSeconds(1), () -> false))
                .hasMessageContaining("does not hold");
    }
}
