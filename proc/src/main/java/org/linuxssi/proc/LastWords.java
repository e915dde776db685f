package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What has to arrive at other nodes before the end of a process is told there: the bytes it wrote, the offsets it changed. */
final class LastWords {

    private static final Logger LOG = System.getLogger(LastWords.class.getName());

    private volatile Supplier<CompletableFuture<Void>> work = () -> CompletableFuture.completedFuture(null);

    /** Sets what has to complete. */
    void are(Supplier<CompletableFuture<Void>> words) {
        work = words;
    }

    /** Completes when all has arrived, and fails when it can't: the end is to be told all the same. */
    CompletableFuture<Void> said() {
        try {
            return work.get();
        } catch (RuntimeException problem) {
            LOG.log(Level.WARNING, "what processes wrote may arrive after their end", problem);
            return CompletableFuture.failedFuture(problem);
        }
    }
}
