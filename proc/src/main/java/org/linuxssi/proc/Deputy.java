package org.linuxssi.proc;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;

/**
 * Init makes calls for a program of another node, as that program's user and with its capabilities, so that the kernel
 * judges them by its own rules and limits.
 *
 * <pre>{@code
 * Deputy.Errand errand = deputy.errand(sender);
 * int entry = errand.table().may(Nr.SETPRIORITY, 0, pid, 5);
 * long result = ProxyFactory.await(errand.run(results -> results[entry]));
 * }</pre>
 *
 * <p>Its saved user stays root, so it gets its rights back after the calls; the whole table runs without a break.
 */
final class Deputy {

    /** {@code _LINUX_CAPABILITY_VERSION_3} ({@code linux/capability.h}). */
    private static final int CAPABILITY_VERSION_3 = 0x20080522;

    private final Container container;

    Deputy(Container container) {
        this.container = container;
    }

    /** Begins a table of calls in a sender's name; its calls must be allowed to fail, so that the rights come back. */
    Errand errand(Sender sender) {
        String permitted =
                ProcFiles.status(Integer.toString(container.initPid())).getOrDefault("CapPrm", "0");
        return new Errand(sender, Long.parseUnsignedLong(permitted, 16));
    }

    /** One table of calls in a sender's name. */
    final class Errand {

        /** Calls before those of the user of this class. */
        static final int FIRST = 3;

        private final CallTable table = new CallTable();
        private final long permitted;

        private Errand(Sender sender, long permitted) {
            this.permitted = permitted;
            table.must(Nr.SETRESGID, sender.gid(), sender.gid(), 0);
            table.must(Nr.SETRESUID, sender.uid(), sender.effectiveUid(), 0);
            capabilities(table, sender.capabilities() & permitted);
        }

        private void capabilities(CallTable calls, long effective) {
            int low = (int) permitted;
            int high = (int) (permitted >>> 32);
            long sets = calls.ints((int) effective, low, 0, (int) (effective >>> 32), high, 0);
            calls.must(Nr.CAPSET, calls.ints(CAPABILITY_VERSION_3, 0), sets);
        }

        private void restore(CallTable calls) {
            capabilities(calls, permitted);
            calls.must(Nr.SETRESUID, 0, 0, 0);
            calls.must(Nr.SETRESGID, 0, 0, 0);
        }

        /** Returns the table to add calls to. */
        CallTable table() {
            return table;
        }

        /**
         * Runs the calls.
         *
         * @param harvest makes the result of the kernel's results, {@link #FIRST} of which are not the user's
         */
        <T> CompletableFuture<T> run(Function<long[], T> harvest) {
            restore(table);
            return container.initAgent().run(table, results -> {
                if (results[FIRST - 1] != 0) {
                    CallTable back = new CallTable();
                    restore(back);
                    Futures.unattended(container.initAgent().run(back));
                    throw new ErrnoException("act for a program of another node", Errno.EAGAIN);
                }
                if (results[results.length - 1] == AgentImage.NOT_RUN) {
                    throw new ErrnoException("get root's rights back", Errno.EIO);
                }
                return harvest.apply(results);
            });
        }
    }
}
