package org.linuxssi.stream;

import java.util.Optional;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.Terminals;

/** The terminal that {@code /dev/tty} means for a process: a pseudo terminal, by its name on this node. */
public final class OwnTerminal {

    /** Device number of {@code /dev/tty} ({@code linux/major.h}). */
    private static final long DEV_TTY = 0x500;

    /** Major number of pseudo terminals ({@code UNIX98_PTY_SLAVE_MAJOR}). */
    private static final int PSEUDO_TERMINALS = 136;

    private static final int TERMINAL_FIELD = 7;

    private OwnTerminal() {}

    static boolean is(int mode, long special) {
        return (mode & Descriptors.S_IFMT) == Descriptors.S_IFCHR && special == DEV_TTY;
    }

    /**
     * Returns the path of a process's controlling terminal for this daemon; nothing when it has none, or one that is no
     * pseudo terminal.
     *
     * @param pid in the pid name space of this daemon's {@code /proc}
     */
    public static Optional<String> path(int pid) {
        try {
            return path(pid, ProcFiles.stat(pid).field(TERMINAL_FIELD));
        } catch (ErrnoException gone) {
            return Optional.empty();
        }
    }

    private static Optional<String> path(int pid, long device) {
        long major = (device >> 8) & 0xfff;
        long minor = (device & 0xff) | ((device >> 12) & 0xfff00);
        if (major != PSEUDO_TERMINALS) {
            return Optional.empty();
        }
        String path = "/proc/" + pid + "/root/dev/pts/" + minor;
        return ProcFilesStat.known(path)
                .filter(status -> status.special() == device)
                .map(_ -> path);
    }

    /**
     * Opens by its name what a descriptor from {@code /dev/tty} refers to; closed at exec.
     *
     * @param pid whose descriptor it is
     * @param descriptor a duplicate of it
     * @return nothing when the name is not known
     */
    static Optional<Integer> named(int pid, int descriptor) {
        int kept = Descriptors.O_ACCMODE | Descriptors.O_NONBLOCK;
        return path(pid, Terminals.device(descriptor))
                .map(path -> Descriptors.open(path, (Descriptors.flags(descriptor) & kept) | Descriptors.O_NOCTTY));
    }
}
