package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/** The processors that threads may run on (sched_setaffinity(2)). */
public final class Affinity {

    private static final int BYTES = 1024;

    private Affinity() {}

    /**
     * A thread's processors.
     *
     * @param cpus their numbers
     * @param bytes the size of the kernel's mask
     */
    public record Mask(BitSet cpus, int bytes) {}

    /**
     * Returns the processors of a thread that are online.
     *
     * @throws ErrnoException ESRCH
     */
    public static Mask of(int thread) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(BYTES, 8);
            long size = Syscalls.check(
                    "read the affinity of thread " + thread,
                    Syscalls.call(Nr.SCHED_GETAFFINITY, thread, BYTES, mask.address()));
            return new Mask(BitSet.valueOf(mask.asSlice(0, size).toArray(JAVA_BYTE)), (int) size);
        }
    }

    /**
     * Gives a thread its processors.
     *
     * @throws ErrnoException ESRCH, EINVAL when none of them is there, and EPERM
     */
    public static void set(int thread, BitSet cpus) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = cpus.toByteArray();
            MemorySegment mask = Syscalls.bytes(arena, bytes);
            Syscalls.check(
                    "set the affinity of thread " + thread,
                    Syscalls.call(Nr.SCHED_SETAFFINITY, thread, bytes.length, mask.address()));
        }
    }
}
