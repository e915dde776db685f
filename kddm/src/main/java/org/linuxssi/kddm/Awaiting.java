package org.linuxssi.kddm;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;
import org.linuxssi.tools.VirtualTime;

/** Waits for futures with the errors of this module. */
final class Awaiting {

    private static final Duration LONGEST = Duration.ofDays(1000);

    private Awaiting() {}

    /** Returns the result; a future that is given up completes exceptionally. */
    static <R> R result(TimeSource time, CompletableFuture<R> future, Duration deadline, Supplier<String> what) {
        try {
            return time instanceof VirtualTime
                    ? virtual(time, future, deadline)
                    : future.get(nanos(deadline), NANOSECONDS);
        } catch (TimeoutException _) {
            return giveUp(future, late(what, deadline));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return giveUp(future, new KddmException(Kind.INTERRUPTED, what.get() + " was interrupted"));
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw unwrapped(cause == null ? e : cause, what);
        }
    }

    private static <R> R virtual(TimeSource time, CompletableFuture<R> future, Duration deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Boolean> either = new CompletableFuture<>();
        var _ = future.whenComplete((_, _) -> either.complete(true));
        try (Registration _ = time.after(deadline, () -> either.complete(false))) {
            if (!time.await(either)) {
                throw new TimeoutException();
            }
        }
        return time.await(future);
    }

    private static long nanos(Duration deadline) {
        return deadline.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : deadline.toNanos();
    }

    static KddmException late(Supplier<String> what, Duration deadline) {
        return new KddmException(
                Kind.DEADLINE,
                what.get() + " did not end in " + deadline.toMillis() + " ms: see who holds it with krg kddm waits");
    }

    private static <R> R giveUp(CompletableFuture<R> future, KddmException error) {
        if (future.completeExceptionally(error)) {
            throw error;
        }
        return future.join();
    }

    private static RuntimeException unwrapped(Throwable cause, Supplier<String> what) {
        return cause instanceof KddmException known
                ? known
                : new KddmException(Kind.LINKER, what.get() + " failed: " + cause, cause);
    }
}
