package org.linuxssi.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One process for ever: a pid and the time it started, since pids are used again.
 *
 * @param pid its number here
 * @param start clock ticks from boot to its start, field 22 of {@code /proc/PID/stat} ({@code proc_pid_stat(5)})
 */
public record ProcessIdentity(int pid, long start) {

    /** {@code SIGKILL}: ends it at once. */
    public static final int SIGKILL = 9;

    /** {@code SIGTERM}: asks it to end. */
    public static final int SIGTERM = 15;

    /** {@code SIGCONT}: lets it run on. */
    public static final int SIGCONT = 18;

    /** {@code SIGSTOP}: stops it. */
    public static final int SIGSTOP = 19;

    private static final int WNOHANG = 1;

    /** Returns the process that has a pid now, if any; zombies count. */
    public static Optional<ProcessIdentity> of(int pid) {
        return stat(pid).map(fields -> new ProcessIdentity(pid, Long.parseLong(fields[19])));
    }

    /** Tells whether it runs or is stopped; a zombie is not alive. */
    public boolean alive() {
        return stat(pid)
                .filter(fields -> Long.parseLong(fields[19]) == start)
                .filter(fields -> !fields[0].equals("Z") && !fields[0].equals("X"))
                .isPresent();
    }

    /**
     * Sends a signal through a pidfd, so that it can't hit another process.
     *
     * @return false when the process is gone
     * @throws ErrnoException EPERM and others
     */
    public boolean signal(int number) {
        long descriptor = Syscalls.call(Nr.PIDFD_OPEN, pid, 0);
        if (descriptor == -Errno.ESRCH.number() || descriptor == -Errno.EINVAL.number()) {
            return false;
        }
        Syscalls.check("pidfd_open " + pid, descriptor);
        try {
            if (!alive()) {
                return false;
            }
            long result = Syscalls.call(Nr.PIDFD_SEND_SIGNAL, descriptor, number, 0, 0);
            return result != -Errno.ESRCH.number() && Syscalls.check("signal " + number + " to " + pid, result) == 0;
        } finally {
            Syscalls.call(Nr.CLOSE, descriptor);
        }
    }

    /** Takes away the zombie if it is a dead child of the caller; does nothing otherwise. */
    public void reap() {
        Syscalls.call(Nr.WAIT4, pid, 0, WNOHANG, 0);
    }

    /** Returns the fields after the name in parentheses: state first, start time at 19. */
    private static Optional<String[]> stat(int pid) {
        try {
            String line = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
            return Optional.of(line.substring(line.lastIndexOf(')') + 2).split(" "));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }
}
