package org.linuxssi.tools;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Time and deferred work, passed in everywhere below the services so that the simulator can drive both.
 *
 * <p>Implementations: {@link SystemTime} for daemons, {@link VirtualTime} for the simulator.
 */
public interface TimeSource extends Executor {

    /** Returns a time in nanoseconds that never goes back and means something only by difference. */
    long nanos();

    /** Runs the task once after the delay, unless the registration is closed before. */
    Registration after(Duration delay, Runnable task);

    /** Runs the task soon, on a thread where it may block. */
    @Override
    void execute(Runnable task);

    /**
     * Waits for the future. Code that is to run in the simulator blocks by this method only.
     *
     * @throws InterruptedException when the thread is interrupted while it waits
     * @throws ExecutionException when the future failed
     */
    default <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
        return future.get();
    }

    /**
     * Waits for the future, at most so long.
     *
     * @throws TimeoutException when it was not done by then
     * @throws InterruptedException when the thread is interrupted while it waits
     * @throws ExecutionException when the future failed
     */
    default <T> T await(CompletableFuture<T> future, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    }
}
