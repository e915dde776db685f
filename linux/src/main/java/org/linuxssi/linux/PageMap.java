package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Which pages a process has, by the ioctl PAGEMAP_SCAN on {@code /proc/PID/pagemap} (Linux 6.7 and later;
 * {@code linux/fs.h}).
 */
public final class PageMap implements AutoCloseable {

    /** Size of a page in bytes. */
    public static final int PAGE = 4096;

    /** Written since it was write-protected last. */
    public static final long WRITTEN = 1 << 1;

    /** Of a file or of shared memory. */
    public static final long FILE = 1 << 2;

    /** In memory. */
    public static final long PRESENT = 1 << 3;

    /** Swapped out. */
    public static final long SWAPPED = 1 << 4;

    /** The page of zeros. */
    public static final long PFNZERO = 1 << 5;

    /** A guard of madvise(MADV_GUARD_INSTALL): an access is a fault (Linux 6.15). */
    public static final long GUARD = 1 << 8;

    private static final long PAGEMAP_SCAN = 0xc060_6610L;
    private static final long WP_MATCHING = 1;
    private static final int ARGUMENT_BYTES = 96;
    private static final int REGION_BYTES = 24;
    private static final int REGIONS = 4096;
    private static final int O_RDONLY_CLOEXEC = 0x80000;

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment argument = arena.allocate(ARGUMENT_BYTES, 8);
    private final MemorySegment regions = arena.allocate((long) REGION_BYTES * REGIONS, 8);

    /** The kernel may be one that does not tell of guards. */
    private final long guard;

    /** Is told of runs of pages, by ascending address. */
    @FunctionalInterface
    public interface Visitor {
        /** A run of pages with these categories, from the first address up to before the second. */
        void run(long start, long end, long categories);
    }

    /** Opens the page map of the process. */
    public PageMap(int pid) {
        String path = "/proc/" + pid + "/pagemap";
        try (Arena temporary = Arena.ofConfined()) {
            fd = (int) Syscalls.check(
                    "open " + path,
                    Syscalls.call(
                            Nr.OPENAT, -100, Syscalls.text(temporary, path).address(), O_RDONLY_CLOEXEC, 0));
        }
        guard = Syscalls.failed(step(0, 0, PAGE, 0, 0, 0, GUARD)) ? 0 : GUARD;
    }

    /**
     * Visits the pages that are in memory or swapped out and not of a file: private content; and guards.
     *
     * @param anonymous whether the mapping has no file, so that pages of zeros need no copy; to ask whether a page is of a
     *     file costs the kernel several times as much
     */
    public void content(long start, long end, boolean anonymous, Visitor visitor) {
        long wrong = anonymous ? PFNZERO : FILE;
        scan(0, start, end, wrong, wrong, PRESENT | SWAPPED, PRESENT | SWAPPED | WRITTEN | guard, visitor);
    }

    /** Visits guards. */
    public void guards(long start, long end, Visitor visitor) {
        if (guard != 0) {
            scan(0, start, end, 0, guard, 0, guard, visitor);
        }
    }

    /** Like {@link #content}, without guards, only those written since the last protection, and protects them again in one step. */
    public void protect(long start, long end, boolean anonymous, Visitor visitor) {
        long wrong = (anonymous ? PFNZERO : FILE) | guard;
        scan(WP_MATCHING, start, end, wrong, wrong | WRITTEN, PRESENT | SWAPPED, PRESENT | SWAPPED | WRITTEN, visitor);
    }

    /**
     * Visits pages.
     *
     * @param flags 1 to write-protect what matches
     * @param inverted categories whose sense is turned round
     * @param all categories that must hold, after inversion
     * @param any categories of which one must hold, after inversion; 0 for none
     * @param wanted categories to tell
     */
    private void scan(
            long flags, long start, long end, long inverted, long all, long any, long wanted, Visitor visitor) {
        long at = start;
        while (at < end) {
            long count = Syscalls.check(
                    "scan the pages at " + Long.toHexString(at), step(flags, at, end, inverted, all, any, wanted));
            long last = at;
            for (long i = 0; i < count; i++) {
                long from = regions.get(JAVA_LONG, i * REGION_BYTES);
                last = regions.get(JAVA_LONG, i * REGION_BYTES + 8);
                visitor.run(from, last, regions.get(JAVA_LONG, i * REGION_BYTES + 16));
            }
            at = count < REGIONS ? end : last;
        }
    }

    private long step(long flags, long start, long end, long inverted, long all, long any, long wanted) {
        argument.set(JAVA_LONG, 0, ARGUMENT_BYTES);
        argument.set(JAVA_LONG, 8, flags);
        argument.set(JAVA_LONG, 16, start);
        argument.set(JAVA_LONG, 24, end);
        argument.set(JAVA_LONG, 32, 0);
        argument.set(JAVA_LONG, 40, regions.address());
        argument.set(JAVA_LONG, 48, REGIONS);
        argument.set(JAVA_LONG, 56, 0);
        argument.set(JAVA_LONG, 64, inverted);
        argument.set(JAVA_LONG, 72, all);
        argument.set(JAVA_LONG, 80, any);
        argument.set(JAVA_LONG, 88, wanted);
        return Syscalls.call(Nr.IOCTL, fd, PAGEMAP_SCAN, argument.address());
    }

    @Override
    public void close() {
        Syscalls.call(Nr.CLOSE, fd);
        arena.close();
    }
}
