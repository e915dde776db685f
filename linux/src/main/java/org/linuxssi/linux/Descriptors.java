package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Calls on open descriptors of this process: read, write, duplicate, query ({@code fcntl.h}, {@code asm/stat.h}). */
public final class Descriptors {

    /** Open for reading only. */
    public static final int O_RDONLY = 0;

    /** Open for writing only. */
    public static final int O_WRONLY = 1;

    /** Open for reading and writing. */
    public static final int O_RDWR = 2;

    /** The bits of the open flags that hold the access mode. */
    public static final int O_ACCMODE = 3;

    /** Do not make the terminal the controlling one. */
    public static final int O_NOCTTY = 0x100;

    /** Write at the end. */
    public static final int O_APPEND = 0x400;

    /** Return EAGAIN instead of waiting. */
    public static final int O_NONBLOCK = 0x800;

    /** Close at exec. */
    public static final int O_CLOEXEC = 0x80000;

    /** The bits of the mode that hold the type of a file. */
    public static final int S_IFMT = 0xf000;

    /** Type of a socket. */
    public static final int S_IFSOCK = 0xc000;

    /** Type of a regular file. */
    public static final int S_IFREG = 0x8000;

    /** Type of a character device. */
    public static final int S_IFCHR = 0x2000;

    /** Type of a pipe or named pipe. */
    public static final int S_IFIFO = 0x1000;

    /** Seek from the start. */
    public static final int SEEK_SET = 0;

    /** Seek from the current offset. */
    public static final int SEEK_CUR = 1;

    private static final long FIONREAD = 0x541b;
    private static final int AT_FDCWD = -100;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private Descriptors() {}

    /**
     * Identity of an open file ({@code struct stat}).
     *
     * @param device number of the file system
     * @param inode number in the file system
     * @param mode type and permissions
     * @param special device number of a device file
     */
    public record Status(long device, long inode, int mode, long special) {

        /** Returns the type, one of the {@code S_IF} constants. */
        public int type() {
            return mode & S_IFMT;
        }
    }

    /** Reads what is there; returns the count, 0 at the end, or a negated error number. */
    public static long read(int descriptor, MemorySegment target, long count) {
        return Syscalls.call(Nr.READ, descriptor, target.address(), count);
    }

    /** Writes what fits; returns the count or a negated error number. */
    public static long write(int descriptor, MemorySegment source, long count) {
        return Syscalls.call(Nr.WRITE, descriptor, source.address(), count);
    }

    /** Closes; errors are of no use to the caller and are dropped. */
    public static void close(int descriptor) {
        Syscalls.call(Nr.CLOSE, descriptor);
    }

    /**
     * Returns a new descriptor, closed at exec, of the same open file description.
     *
     * @throws ErrnoException EBADF, EMFILE
     */
    public static int duplicate(int descriptor) {
        return (int) Syscalls.check(
                "duplicate descriptor " + descriptor, Syscalls.call(Nr.FCNTL, descriptor, F_DUPFD_CLOEXEC, 0));
    }

    /**
     * Opens what a descriptor of this process refers to once more, with an open file description of its own; closed at
     * exec.
     *
     * @param descriptor a pipe, terminal or file
     * @param flags {@code O_} constants
     * @throws ErrnoException EACCES, ENXIO (sockets), EMFILE
     */
    public static int reopen(int descriptor, int flags) {
        String path = "/proc/self/fd/" + descriptor;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = Syscalls.text(arena, path);
            long result = Syscalls.call(Nr.OPENAT, AT_FDCWD, name.address(), flags | O_CLOEXEC, 0);
            return (int) Syscalls.check("open " + path, result);
        }
    }

    /**
     * Opens a path; closed at exec.
     *
     * @param path the file
     * @param flags {@code O_} constants
     * @throws ErrnoException as of open(2)
     */
    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = Syscalls.text(arena, path);
            return (int) Syscalls.check(
                    "open " + path, Syscalls.call(Nr.OPENAT, AT_FDCWD, name.address(), flags | O_CLOEXEC, 0));
        }
    }

    /**
     * Returns the open flags: access mode and status flags.
     *
     * @throws ErrnoException EBADF
     */
    public static int flags(int descriptor) {
        return (int)
                Syscalls.check("get flags of descriptor " + descriptor, Syscalls.call(Nr.FCNTL, descriptor, F_GETFL));
    }

    /**
     * Sets the status flags of the open file description.
     *
     * @throws ErrnoException EBADF, EPERM
     */
    public static void setFlags(int descriptor, int flags) {
        Syscalls.check("set flags of descriptor " + descriptor, Syscalls.call(Nr.FCNTL, descriptor, F_SETFL, flags));
    }

    /**
     * Returns what the descriptor refers to.
     *
     * @throws ErrnoException EBADF
     */
    public static Status status(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(144, 8);
            Syscalls.check("stat descriptor " + descriptor, Syscalls.call(Nr.FSTAT, descriptor, stat.address()));
            return new Status(
                    stat.get(JAVA_LONG, 0), stat.get(JAVA_LONG, 8), stat.get(JAVA_INT, 24), stat.get(JAVA_LONG, 40));
        }
    }

    /**
     * Returns the number of bytes that can be read now.
     *
     * @throws ErrnoException ENOTTY
     */
    public static int readable(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            Syscalls.check(
                    "FIONREAD on descriptor " + descriptor,
                    Syscalls.call(Nr.IOCTL, descriptor, FIONREAD, count.address()));
            return count.get(JAVA_INT, 0);
        }
    }

    /**
     * Moves the offset of the open file description and returns the new one.
     *
     * @param descriptor a regular file
     * @param offset bytes
     * @param whence {@link #SEEK_SET} or {@link #SEEK_CUR}
     * @throws ErrnoException ESPIPE, EINVAL
     */
    public static long seek(int descriptor, long offset, int whence) {
        return Syscalls.check("seek on descriptor " + descriptor, Syscalls.call(Nr.LSEEK, descriptor, offset, whence));
    }

    /**
     * Returns a duplicate, closed at exec, of another process's descriptor.
     *
     * @param pid the process, in this process's pid name space
     * @param descriptor its descriptor
     * @throws ErrnoException ESRCH, EBADF, EPERM
     */
    public static int fromProcess(int pid, int descriptor) {
        int pidfd = (int) Syscalls.check("pidfd_open " + pid, Syscalls.call(Nr.PIDFD_OPEN, pid, 0));
        try {
            return (int) Syscalls.check(
                    "take descriptor " + descriptor + " of pid " + pid,
                    Syscalls.call(Nr.PIDFD_GETFD, pidfd, descriptor, 0));
        } finally {
            close(pidfd);
        }
    }
}
