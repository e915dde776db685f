package org.linuxssi.proc;

import java.util.Map;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.Registration;

/** {@code prctl(PR_GET_SECCOMP)}: the container's own filter does not count. */
final class SeccompMode {

    /** {@code linux/prctl.h}. */
    static final int PR_GET_SECCOMP = 21;

    /** {@code linux/seccomp.h}. */
    private static final int DISABLED = 0;

    private static final int FILTER = 2;

    private SeccompMode() {}

    static Registration serve(Supervisor supervisor) {
        return supervisor.handleAll(Nr.PRCTL, SeccompMode::get);
    }

    /** Kernels before 5.9 do not tell how many filters there are. */
    private static void get(NotifiedCall call) {
        Map<String, String> status = ProcFiles.status(Integer.toString(call.hostThread()));
        int filters = Integer.parseInt(status.getOrDefault("Seccomp_filters", "2"));
        call.succeed(filters > 1 ? FILTER : DISABLED);
    }
}
