package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Small helpers for descriptors ({@code fcntl.h}, {@code linux/memfd.h}); they are all made close-on-exec. */
public final class Fds {

    /** {@code O_CLOEXEC}. */
    public static final int O_CLOEXEC = 0x80000;

    /** {@code O_RDONLY}. */
    public static final int O_RDONLY = 0;

    /** {@code O_RDWR}. */
    public static final int O_RDWR = 2;

    /** {@code O_CREAT}. */
    public static final int O_CREAT = 0x40;

    /** {@code O_PATH}. */
    public static final int O_PATH = 0x200000;

    /** {@code O_DIRECTORY}. */
    public static final int O_DIRECTORY = 0x10000;

    /** {@code AT_FDCWD}. */
    public static final int AT_FDCWD = -100;

    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_EXEC = 0x10;

    private Fds() {}

    /** Both ends of a pipe. */
    public record Pipe(int readEnd, int writeEnd) {}

    /** Makes a pipe. */
    public static Pipe pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(8, 4);
            Syscalls.check("pipe2", Syscalls.call(Nr.PIPE2, ends.address(), O_CLOEXEC));
            return new Pipe(ends.get(ValueLayout.JAVA_INT, 0), ends.get(ValueLayout.JAVA_INT, 4));
        }
    }

    /** Opens a file. */
    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long name = Syscalls.text(arena, path).address();
            return (int) Syscalls.check("open " + path, Syscalls.call(Nr.OPENAT, AT_FDCWD, name, flags | O_CLOEXEC, 0));
        }
    }

    /** Opens a file, which is made when it is not there. */
    public static int create(String path, int flags, int rights) {
        try (Arena arena = Arena.ofConfined()) {
            long name = Syscalls.text(arena, path).address();
            return (int) Syscalls.check(
                    "open " + path, Syscalls.call(Nr.OPENAT, AT_FDCWD, name, flags | O_CREAT | O_CLOEXEC, rights));
        }
    }

    /** Closes a descriptor; errors do not matter to anybody. */
    public static void close(int descriptor) {
        Syscalls.call(Nr.CLOSE, descriptor);
    }

    /** Writes all bytes. */
    public static void write(int descriptor, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = Syscalls.bytes(arena, bytes);
            long done = 0;
            while (done < bytes.length) {
                done += Syscalls.check(
                        "write descriptor " + descriptor,
                        Syscalls.call(Nr.WRITE, descriptor, copy.address() + done, bytes.length - done));
            }
        }
    }

    /** Makes an executable file in memory with this content. */
    public static int executable(String name, byte[] content) {
        try (Arena arena = Arena.ofConfined()) {
            long text = Syscalls.text(arena, name).address();
            long fd = Syscalls.call(Nr.MEMFD_CREATE, text, MFD_CLOEXEC | MFD_EXEC);
            if (fd == -Errno.EINVAL.number()) {
                fd = Syscalls.call(Nr.MEMFD_CREATE, text, MFD_CLOEXEC);
            }
            int file = (int) Syscalls.check("memfd_create " + name, fd);
            write(file, content);
            return file;
        }
    }
}
