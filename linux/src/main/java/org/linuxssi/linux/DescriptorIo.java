package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Reading, writing and waiting on plain descriptor numbers. */
public final class DescriptorIo {

    // include/uapi/asm-generic/poll.h
    private static final short POLLIN = 1;
    // include/uapi/asm-generic/fcntl.h
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 02000000;

    private DescriptorIo() {}

    /**
     * Waits for bytes and reads them.
     *
     * @return how many, 0 at the end
     * @throws ErrnoException for example EIO from a terminal whose other end is closed
     */
    public static int read(int fd, MemorySegment into) {
        long result;
        do {
            result = Syscalls.call(Nr.READ, fd, into.address(), into.byteSize());
        } while (result == -Errno.EINTR.number());
        return (int) Syscalls.check("read descriptor " + fd, result);
    }

    /** Writes all bytes. */
    public static void write(int fd, MemorySegment bytes) {
        long done = 0;
        while (done < bytes.byteSize()) {
            long result = Syscalls.call(Nr.WRITE, fd, bytes.address() + done, bytes.byteSize() - done);
            if (result != -Errno.EINTR.number()) {
                done += Syscalls.check("write descriptor " + fd, result);
            }
        }
    }

    /**
     * Waits until a descriptor has bytes, its end or an error to read.
     *
     * @param millis how long, -1 without limit
     * @return which of the descriptors are ready
     */
    public static boolean[] readable(int millis, int... fds) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entries = arena.allocate(8L * fds.length, 8);
            for (int i = 0; i < fds.length; i++) {
                entries.set(JAVA_INT, 8L * i, fds[i]);
                entries.set(JAVA_SHORT, 8L * i + 4, POLLIN);
            }
            long result = Syscalls.call(Nr.POLL, entries.address(), fds.length, millis);
            if (result != -Errno.EINTR.number()) {
                Syscalls.check("poll", result);
            }
            boolean[] ready = new boolean[fds.length];
            for (int i = 0; i < fds.length; i++) {
                ready[i] = result > 0 && entries.get(JAVA_SHORT, 8L * i + 6) != 0;
            }
            return ready;
        }
    }

    /**
     * Makes a pipe.
     *
     * @return the end to read and the end to write, close-on-exec
     */
    public static int[] pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(8, 8);
            Syscalls.check("pipe2", Syscalls.call(Nr.PIPE2, ends.address(), O_CLOEXEC));
            return ends.toArray(JAVA_INT);
        }
    }

    /** Closes a descriptor; one that is closed already does not matter. */
    public static void close(int fd) {
        Syscalls.call(Nr.CLOSE, fd);
    }

    /** Makes a descriptor stand for {@code /dev/null}, so that what it stood for can end. */
    public static void replaceByNull(int fd) {
        int empty = Fds.open("/dev/null", O_RDWR);
        Syscalls.call(Nr.DUP3, empty, fd, 0);
        close(empty);
    }
}
