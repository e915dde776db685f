package org.linuxssi.ghost;

import java.util.List;
import java.util.function.LongConsumer;
import org.linuxssi.ghost.spi.Lending;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.PtraceProcess;

/**
 * The container whose processes move.
 *
 * @param agent path, as processes of the container see it, of the program that a process becomes when it leaves, and that
 *     a half-built one becomes when it is given up
 * @param init pid of its first process in our pid name space: root directory and name spaces are the container's
 * @param lending gives processes descriptors
 */
public record Premises(String agent, int init, Lending lending) {

    private static final int O_CLOEXEC = 02000000;

    /** Makes a frozen process execute the agent, and lets it go. Throws as {@link PtraceProcess#exec}. */
    void execAgent(PtraceProcess process) {
        List<String> name = List.of("agent");
        if (ProcFiles.link(process.pid(), "root").equals("/")) {
            process.exec(agent, name, List.of());
        } else {
            lent(key -> process.execFetched(agent, key, name));
        }
    }

    /** A process with another root directory does not see the agent's file. */
    private void lent(LongConsumer action) {
        int file = Fds.open("/proc/" + init + "/root" + agent, O_CLOEXEC);
        long key = lending.offer(file);
        try {
            action.accept(key);
        } finally {
            lending.withdraw(key);
            Fds.close(file);
        }
    }
}
