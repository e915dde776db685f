package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Pipes ({@code pipe(7)}, {@code fcntl.h}). */
public final class Pipes {

    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;

    /** {@code SPLICE_F_NONBLOCK} ({@code linux/splice.h}). */
    private static final int SPLICE_F_NONBLOCK = 2;

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

    /**
     * Copies bytes that wait in a pipe and leaves them there.
     *
     * @param readEnd descriptor
     * @param into takes as many bytes as it is long
     * @throws ErrnoException EIO when fewer are there, EMFILE
     */
    public static void peek(int readEnd, MemorySegment into) {
        Pipe copy = create();
        try {
            capacity(copy.writeEnd(), capacity(readEnd));
            long bytes = into.byteSize();
            long copied = Syscalls.check(
                    "copy what is in the pipe behind descriptor " + readEnd,
                    Syscalls.call(Nr.TEE, readEnd, copy.writeEnd(), bytes, SPLICE_F_NONBLOCK));
            long done = 0;
            while (done < copied) {
                done += Syscalls.check(
                        "read a copy of a pipe", Descriptors.read(copy.readEnd(), into.asSlice(done), copied - done));
            }
            if (done < bytes) {
                throw new ErrnoException("copy " + bytes + " bytes of a pipe, which gave " + done, Errno.EIO);
            }
        } finally {
            Descriptors.close(copy.readEnd());
            Descriptors.close(copy.writeEnd());
        }
    }
}
