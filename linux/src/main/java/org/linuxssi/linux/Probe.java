package org.linuxssi.linux;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * One thing that is needed from the machine, found out by trying it.
 *
 * @param name what it is
 * @param needed whether LinuxSSI can't work without it
 * @param mend what to do when it is missing
 * @param attempt tries it; returns what was found, or throws; it may spoil the thread it runs on
 */
public record Probe(String name, boolean needed, String mend, Callable<String> attempt) {

    /**
     * How it came out.
     *
     * @param ok whether it is there
     * @param detail what was found, or why it failed
     */
    public record Result(boolean ok, String detail) {}

    /** Tries it, on a thread that ends afterwards and takes its name spaces and filters with it. */
    public Result run() {
        FutureTask<String> task = new FutureTask<>(attempt);
        Thread.ofPlatform().daemon().name("probe-" + name).start(task);
        try {
            return new Result(true, task.get());
        } catch (ExecutionException problem) {
            return new Result(
                    false,
                    String.valueOf(Objects.requireNonNullElse(problem.getCause(), problem)
                            .getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return new Result(false, "interrupted");
        }
    }
}
