package org.linuxssi.linux;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The one platform thread from which a group of tracees is traced. When it ends, tracees with {@link Ptrace#O_EXITKILL}
 * are killed and others run on: detach first.
 *
 * <pre>{@code
 * try (PtraceThread tracer = new PtraceThread("trace 712")) {
 *     tracer.call(() -> { Ptrace.seize(712, Ptrace.O_EXITKILL); ... Ptrace.detach(712, 0); return 0; });
 * }
 * }</pre>
 */
public final class PtraceThread implements AutoCloseable {

    private final ExecutorService executor;

    /** Starts the thread. */
    public PtraceThread(String name) {
        executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name(name).daemon(true).factory());
    }

    /** Runs the work on the thread and waits for its result, also through interrupts; exceptions come through. */
    public <T> T call(Callable<T> work) {
        return await(begin(work));
    }

    /** Runs the work on the thread, after what it has to do; {@link #await} has its result. */
    public <T> Future<T> begin(Callable<T> work) {
        return executor.submit(work);
    }

    /** Waits for work that {@link #begin} began, also through interrupts; exceptions come through. */
    public static <T> T await(Future<T> future) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                } catch (ExecutionException failure) {
                    throw sneak(failure.getCause() == null ? failure : failure.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs the work on the thread and waits until it is done. */
    public void run(Runnable work) {
        call(() -> {
            work.run();
            return true;
        });
    }

    /** Runs the work on the thread later; its exceptions are lost. */
    public void later(Runnable work) {
        executor.execute(work);
    }

    private static RuntimeException sneak(Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(cause);
    }

    /** Ends the thread after the work handed in. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
