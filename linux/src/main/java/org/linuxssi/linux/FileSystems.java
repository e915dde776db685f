package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What file systems are there ({@code statfs(2)}, {@code linux/magic.h}). */
public final class FileSystems {

    /** Name spaces, when they are mounted. */
    public static final long NSFS = 0x6e73_6673L;

    /** POSIX message queues. */
    public static final long MESSAGE_QUEUES = 0x1980_0202L;

    /** Files in huge pages. */
    public static final long HUGE_PAGES = 0x9584_58f6L;

    /** Memory that the kernel itself can't read (memfd_secret). */
    public static final long SECRET_MEMORY = 0x5345_434dL;

    private static final int STATFS_SIZE = 120;

    private FileSystems() {}

    /** Returns the kind of file system that a path is on; 0 when the path can't be reached. */
    public static long kind(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = Syscalls.text(arena, path);
            MemorySegment answer = arena.allocate(STATFS_SIZE, 8);
            long result = Syscalls.call(Nr.STATFS, name.address(), answer.address());
            return result == 0 ? answer.get(ValueLayout.JAVA_LONG, 0) : 0;
        }
    }
}
