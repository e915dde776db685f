package org.linuxssi.linux;

/** A process by a descriptor, so that it can't be taken for another ({@code pidfd_open(2)}). */
public final class PidFd implements AutoCloseable {

    private final int descriptor;

    private PidFd(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Opens a process by its pid in our name space.
     *
     * @throws ErrnoException ESRCH when it is gone
     */
    public static PidFd open(int pid) {
        return new PidFd((int) Syscalls.check("pidfd_open " + pid, Syscalls.call(Nr.PIDFD_OPEN, pid, 0)));
    }

    /** Returns the descriptor; it becomes readable when the process ends. */
    public int descriptor() {
        return descriptor;
    }

    /**
     * Copies one of the process's descriptors ({@code pidfd_getfd(2)}).
     *
     * @throws ErrnoException EBADF when it has none of this number, EPERM without the right to trace it
     */
    public int take(int theirs) {
        return (int) Syscalls.check("take descriptor " + theirs, Syscalls.call(Nr.PIDFD_GETFD, descriptor, theirs, 0));
    }

    /** Sends a signal; false when the process is gone. */
    public boolean signal(int number) {
        long result = Syscalls.call(Nr.PIDFD_SEND_SIGNAL, descriptor, number, 0, 0);
        if (result == -Errno.ESRCH.number()) {
            return false;
        }
        Syscalls.check("signal " + number, result);
        return true;
    }

    @Override
    public void close() {
        Fds.close(descriptor);
    }
}
