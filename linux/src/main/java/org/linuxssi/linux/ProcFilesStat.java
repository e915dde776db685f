package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What statx(2) tells of a file, symbolic links followed ({@code linux/stat.h}).
 *
 * @param device major and minor, as in {@code (major << 32) | minor}
 * @param inode its number
 * @param links number of names, 0 when deleted
 * @param mode kind and permissions
 * @param size in bytes
 * @param modified time of the last change of content, nanoseconds
 * @param born time of creation, nanoseconds; 0 when the file system does not tell
 * @param special device number in the form of {@code st_rdev} of a device
 */
public record ProcFilesStat(
        long device, long inode, long links, int mode, long size, long modified, long born, long special) {

    private static final int STATX_BYTES = 256;
    private static final int BASIC_AND_BIRTH = 0xfff;
    private static final int AT_STATX_DONT_SYNC = 0x4000;
    private static final long BILLION = 1_000_000_000L;

    /** Returns the status, or nothing when the path can't be reached. */
    public static Optional<ProcFilesStat> of(String path) {
        return of(path, 0);
    }

    /** Does the same with what this kernel knows; no server of a file system is asked. */
    public static Optional<ProcFilesStat> known(String path) {
        return of(path, AT_STATX_DONT_SYNC);
    }

    private static Optional<ProcFilesStat> of(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(STATX_BYTES, 8);
            long result = Syscalls.call(
                    Nr.STATX, -100, Syscalls.text(arena, path).address(), flags, BASIC_AND_BIRTH, out.address());
            return Syscalls.failed(result) ? Optional.empty() : Optional.of(decode(out));
        }
    }

    private static ProcFilesStat decode(MemorySegment out) {
        long major = Integer.toUnsignedLong(out.get(JAVA_INT, 128));
        long minor = Integer.toUnsignedLong(out.get(JAVA_INT, 132));
        return new ProcFilesStat(
                (Integer.toUnsignedLong(out.get(JAVA_INT, 136)) << 32) | Integer.toUnsignedLong(out.get(JAVA_INT, 140)),
                out.get(JAVA_LONG, 32),
                out.get(JAVA_INT, 16),
                out.get(java.lang.foreign.ValueLayout.JAVA_SHORT, 28) & 0xffff,
                out.get(JAVA_LONG, 40),
                out.get(JAVA_LONG, 112) * BILLION + out.get(JAVA_INT, 120),
                out.get(JAVA_LONG, 80) * BILLION + out.get(JAVA_INT, 88),
                ((minor & ~0xffL) << 12) | (major << 8) | (minor & 0xff));
    }
}
