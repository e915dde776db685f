package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.linuxssi.linux.ErrnoException;

/** Helpers for futures. */
final class Futures {

    private static final Logger LOG = System.getLogger(Futures.class.getName());

    private Futures() {}

    /** Returns the exception that a chain of futures failed with. */
    static Throwable cause(Throwable problem) {
        return problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
    }

    /** Nobody waits for this: its failure is logged. Errors of the kernel are ordinary here, as processes end any time. */
    static void unattended(CompletionStage<?> future) {
        var _ = future.whenComplete((done, problem) -> {
            if (problem != null) {
                Throwable cause = cause(problem);
                LOG.log(cause instanceof ErrnoException ? Level.DEBUG : Level.WARNING, "work for a process", cause);
            }
        });
    }
}
