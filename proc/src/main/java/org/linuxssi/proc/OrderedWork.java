package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.linuxssi.tools.Codec;

/** One thread that does what it is given in the order in which that came; what goes wrong is logged. */
final class OrderedWork implements AutoCloseable {

    private static final Logger LOG = System.getLogger(OrderedWork.class.getName());

    private final String name;
    private final ExecutorService worker;

    /** Starts the thread of this name when there is work. */
    OrderedWork(String name) {
        this.name = name;
        worker = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name(name).daemon().factory());
    }

    /** Does it after what came before; nothing is done any more once this is closed. */
    Codec.Nothing add(Runnable action) {
        try {
            worker.execute(() -> {
                try {
                    action.run();
                } catch (RuntimeException problem) {
                    LOG.log(Level.WARNING, "work of " + name, problem);
                }
            });
        } catch (RejectedExecutionException closing) {
            LOG.log(Level.DEBUG, "{0} is closed", name);
        }
        return Codec.Nothing.NOTHING;
    }

    @Override
    public void close() {
        worker.shutdown();
    }
}
