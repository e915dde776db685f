package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A process by a descriptor, so that it can't be taken for another ({@code pidfd_open(2)}). */
public final class PidFd implements AutoCloseable {

    /** {@code PIDFD_GET_INFO} for the first version of the structure ({@code linux/pidfd.h}). */
    private static final long GET_INFO = 0xc040_ff0bL;

    private static final long INFO_BYTES = 64;
    private static final long MASK_AT = 0;
    private static final long EXIT_CODE_AT = 60;
    private static final long INFO_EXIT = 8;

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

    /**
     * Returns how the process ended, also when its parent has taken notice already: then it is known to kernels from 6.15 on,
     * and empty before. Empty also while it is a zombie or alive.
     */
    public Optional<WaitStatus> exitStatus() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, Long.BYTES);
            info.set(JAVA_LONG, MASK_AT, INFO_EXIT);
            long result = Syscalls.call(Nr.IOCTL, descriptor, GET_INFO, info.address());
            return result == 0 && (info.get(JAVA_LONG, MASK_AT) & INFO_EXIT) != 0
                    ? Optional.of(new WaitStatus(info.get(JAVA_INT, EXIT_CODE_AT)))
                    : Optional.empty();
        }
    }

    @Override
    public void close() {
        Fds.close(descriptor);
    }
}
