package org.linuxssi.linux;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs what changes name spaces or users of the calling thread on a thread that ends with it. */
final class OwnThread {

    private OwnThread() {}

    /**
     * Runs an action and returns what it does; unchecked exceptions are passed on.
     *
     * @param operation for the messages of others
     */
    static <T> T call(String operation, Callable<T> action) {
        FutureTask<T> task = new FutureTask<>(action);
        Thread.ofPlatform().daemon().name("own thread").start(task);
        try {
            return task.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(operation + ": interrupted", interrupted);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException problem) {
                throw problem;
            }
            throw new IllegalStateException(operation, failed.getCause());
        }
    }
}
