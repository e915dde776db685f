package org.linuxssi.kddm;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.tools.TimeSource;

/** Waits for futures with the errors of this module. */
final class Awaiting {

    private static final Duration LONGEST = Duration.ofDays(1000);

    private Awaiting() {}

    /** Returns the result; a future that is given up completes exceptionally. */
    static <R> R result(TimeSource time, CompletableFuture<R> future, Duration deadline, Supplier<String> what) {
        try {
            return time.await(future, deadline.compareTo(LONGEST) > 0 ? LONGEST : deadline);
        } catch (TimeoutException _) {
            return giveUp(future, late(what, deadline), what);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return giveUp(future, new KddmException(Kind.INTERRUPTED, what.get() + " was interrupted"), what);
        } catch (ExecutionException e) {
            throw unwrapped(e, what);
        }
    }

    static KddmException late(Supplier<String> what, Duration deadline) {
        return new KddmException(
                Kind.DEADLINE,
                what.get() + " did not end in " + deadline.toMillis() + " ms: see who holds it with krg kddm waits");
    }

    private static <R> R giveUp(CompletableFuture<R> future, KddmException error, Supplier<String> what) {
        if (future.completeExceptionally(error)) {
            throw error;
        }
        try {
            return future.join();
        } catch (CompletionException failedMeanwhile) {
            throw unwrapped(failedMeanwhile, what);
        }
    }

    private static RuntimeException unwrapped(Exception failure, Supplier<String> what) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause instanceof KddmException known
                ? known
                : new KddmException(Kind.LINKER, what.get() + " failed: " + cause, cause);
    }
}
