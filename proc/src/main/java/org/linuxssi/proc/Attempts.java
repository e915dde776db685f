package org.linuxssi.proc;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.tools.TimeSource;

/**
 * Carries a call out once, though it is made twice: a signal that the caller catches interrupts a notified call, and the
 * kernel or the program makes it again, while the daemon is at work on the first.
 */
final class Attempts {

    private static final Duration KEPT = Duration.ofSeconds(1);

    private record Attempt(int thread, int number, long first, long second, long third) {
        static Attempt of(NotifiedCall call) {
            return new Attempt(call.hostThread(), call.number(), call.argument(0), call.argument(1), call.argument(2));
        }
    }

    private final TimeSource time;
    private final Map<Attempt, CompletableFuture<Integer>> results = new ConcurrentHashMap<>();

    Attempts(TimeSource time) {
        this.time = time;
    }

    /** Answers a call with the result of work, or of the work that was begun for the same call before. */
    void once(NotifiedCall call, IntSupplier work) {
        register(call, work).ifPresent(Runnable::run);
    }

    /** Does the same on a thread of its own; no signal can come between the call and the begin of the work. */
    void start(NotifiedCall call, IntSupplier work) {
        register(call, work).ifPresent(Thread::startVirtualThread);
    }

    private Optional<Runnable> register(NotifiedCall call, IntSupplier work) {
        Attempt attempt = Attempt.of(call);
        CompletableFuture<Integer> mine = new CompletableFuture<>();
        CompletableFuture<Integer> result =
                results.compute(attempt, (_, earlier) -> earlier == null && call.valid() ? mine : earlier);
        if (result == null) {
            return Optional.empty();
        }
        return Optional.of(() -> {
            if (result == mine) {
                complete(mine, work);
            }
            answer(call, attempt, result);
        });
    }

    /** The caller makes its next call when it has the answer: until then none can take this attempt for its own. */
    private void answer(NotifiedCall call, Attempt attempt, CompletableFuture<Integer> result) {
        int value = result.join();
        results.compute(attempt, (_, known) -> call.answer(value) && known == result ? null : known);
        time.after(KEPT, () -> results.remove(attempt, result));
    }

    private static void complete(CompletableFuture<Integer> result, IntSupplier work) {
        try {
            result.complete(work.getAsInt());
        } catch (ErrnoException problem) {
            result.complete(-problem.errno().number());
        } finally {
            result.complete(-Errno.EIO.number());
        }
    }
}
