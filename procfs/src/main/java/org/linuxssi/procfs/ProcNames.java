package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.ErrnoException;

/** Names in a procfs. */
final class ProcNames {

    private static final int PID_MAX = 1 << 22;
    private static final String TGID = "\nTgid:\t";

    private ProcNames() {}

    /** Returns the pid that a name says, or 0 when it says none; as the kernel, without leading zeros. */
    static int pid(String name) {
        if (name.isEmpty() || name.length() > 7 || name.charAt(0) == '0') {
            return 0;
        }
        int value = 0;
        for (int i = 0; i < name.length(); i++) {
            int digit = name.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            value = value * 10 + digit;
        }
        return value <= PID_MAX ? value : 0;
    }

    /**
     * Returns the process that a thread belongs to.
     *
     * @throws ErrnoException ENOENT when there is no such thread
     */
    static int leader(DirectoryFd proc, int thread) {
        String status = new String(proc.read(thread + "/status", 512), StandardCharsets.ISO_8859_1);
        int at = status.indexOf(TGID);
        int end = status.indexOf('\n', at + 1);
        return at < 0 ? thread : pid(status.substring(at + TGID.length(), end));
    }
}
