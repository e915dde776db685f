package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Pipes ({@code pipe(7)}, {@code fcntl.h}). */
public final class Pipes {

    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;

    private Pipes() {}

    /**
     * The two ends of a pipe, both closed at exec.
     *
     * @param readEnd descriptor
     * @param writeEnd descriptor
     */
    public record Pipe(int readEnd, int writeEnd) {}

    /**
     * Makes a pipe of blocking ends.
     *
     * @throws ErrnoException EMFILE, ENFILE
     */
    public static Pipe create() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            Syscalls.check("make a pipe", Syscalls.call(Nr.PIPE2, ends.address(), Descriptors.O_CLOEXEC));
            return new Pipe(ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1));
        }
    }

    /**
     * Returns the capacity in bytes.
     *
     * @throws ErrnoException EBADF when it is no pipe
     */
    public static int capacity(int descriptor) {
        return (int) Syscalls.check(
                "get pipe size of descriptor " + descriptor, Syscalls.call(Nr.FCNTL, descriptor, F_GETPIPE_SZ));
    }

    /** Asks for a capacity in bytes; the pipe keeps its own where the kernel refuses. */
    public static void capacity(int descriptor, int bytes) {
        Syscalls.call(Nr.FCNTL, descriptor, F_SETPIPE_SZ, bytes);
    }
}
