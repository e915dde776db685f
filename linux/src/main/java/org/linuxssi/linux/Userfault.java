package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Asynchronous write tracking by userfaultfd(2): no handler is needed, faults clear the protection by themselves and
 * {@link PageMap} tells which pages were written ({@code linux/userfaultfd.h}, Linux 6.7 and later).
 */
public final class Userfault implements AutoCloseable {

    /** O_CLOEXEC and UFFD_USER_MODE_ONLY, which needs no privilege. */
    public static final int FLAGS = 0x80000 | 1;

    private static final long UFFDIO_API = 0xc018_aa3fL;
    private static final long UFFDIO_REGISTER = 0xc020_aa00L;
    private static final long API_VERSION = 0xaa;
    private static final long FEATURE_WP_ASYNC = 1 << 15;
    private static final long MODE_WP = 2;

    private final int fd;

    /** Takes over a descriptor whose handshake is not yet done. */
    public Userfault(int fd) {
        this.fd = fd;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocate(24, 8);
            argument.set(JAVA_LONG, 0, API_VERSION);
            argument.set(JAVA_LONG, 8, FEATURE_WP_ASYNC);
            long result = Syscalls.call(Nr.IOCTL, fd, UFFDIO_API, argument.address());
            if (Syscalls.failed(result)) {
                Syscalls.call(Nr.CLOSE, fd);
                Syscalls.check("ask userfaultfd for asynchronous write protection", result);
            }
        }
    }

    /** Starts to track a range of whole mappings; returns false when the kernel can't track that kind. */
    public boolean register(long start, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocate(32, 8);
            argument.set(JAVA_LONG, 0, start);
            argument.set(JAVA_LONG, 8, length);
            argument.set(JAVA_LONG, 16, MODE_WP);
            return !Syscalls.failed(Syscalls.call(Nr.IOCTL, fd, UFFDIO_REGISTER, argument.address()));
        }
    }

    /** Ends all tracking. */
    @Override
    public void close() {
        Syscalls.call(Nr.CLOSE, fd);
    }
}
