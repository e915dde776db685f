package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads small files of the kernel whole, by few system calls: processes stand still meanwhile. */
final class ProcFilesReader {

    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int AT_FDCWD = -100;
    private static final int BUFFER = 64 * 1024;
    private static final int PATH = 4096;

    private static final ThreadLocal<MemorySegment> SPACE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BUFFER + PATH, 8));

    private ProcFilesReader() {}

    /**
     * Returns the bytes of the file.
     *
     * @throws ErrnoException ESRCH when it is not there or its process is gone, else the kernel's error
     */
    static byte[] bytes(String path) {
        MemorySegment space = SPACE.get();
        int fd = (int) check(path, Syscalls.call(Nr.OPENAT, AT_FDCWD, name(space, path), O_RDONLY_CLOEXEC, 0));
        try {
            byte[] all = new byte[0];
            while (true) {
                int count = (int) check(path, Syscalls.call(Nr.READ, fd, space.address(), BUFFER));
                if (count == 0) {
                    return all;
                }
                int old = all.length;
                all = Arrays.copyOf(all, old + count);
                MemorySegment.copy(space, JAVA_BYTE, 0, all, old, count);
            }
        } finally {
            Syscalls.call(Nr.CLOSE, fd);
        }
    }

    static String text(String path) {
        return new String(bytes(path), StandardCharsets.UTF_8);
    }

    /** Returns what a symbolic link holds. */
    static String link(String path) {
        MemorySegment space = SPACE.get();
        long length = check(path, Syscalls.call(Nr.READLINKAT, AT_FDCWD, name(space, path), space.address(), BUFFER));
        return new String(space.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private static long name(MemorySegment space, String path) {
        space.asSlice(BUFFER, PATH).setString(0, path);
        return space.address() + BUFFER;
    }

    private static long check(String path, long result) {
        boolean gone = result == -Errno.ENOENT.number() || result == -Errno.ESRCH.number();
        return Syscalls.check("read " + path, gone ? -Errno.ESRCH.number() : result);
    }
}
