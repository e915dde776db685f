package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.linux.SystemV;
import org.linuxssi.linux.SystemV.Kind;
import org.linuxssi.tools.Codec;

/**
 * System V shared memory that a process has attached. It stays when the process ends, and the process attaches it again; what
 * was removed already goes with its last user and is a {@link SharedObject}.
 */
final class Segments {

    private static final int PAGE = 4096;

    private Segments() {}

    /**
     * Shared memory that has to be there.
     *
     * @param address where it is attached
     * @param id its number
     * @param key its key
     * @param size in bytes
     */
    record Needed(long address, int id, int key, long size) {
        static final Codec<Needed> CODEC = Codec.of(
                (it, out) -> out.i64(it.address).i32(it.id).i32(it.key).i64(it.size),
                in -> new Needed(in.i64(), in.i32(), in.i32(), in.i64()));

        /** Returns what is wrong in the name space of a process; empty when it is there. */
        Optional<String> lacking(int process) {
            try {
                SystemV.Status there = new SystemV(process).status(Kind.MEMORY, id);
                return there.key() == key && there.size() == size ? Optional.empty() : Optional.of(text("is another"));
            } catch (ErrnoException absent) {
                return Optional.of(text("is not there") + ": bring it back with ipcrestart");
            }
        }

        private String text(String how) {
            return "memory at " + Long.toHexString(address) + ": System V shared memory " + id + " (key 0x"
                    + Integer.toHexString(key) + ") " + how;
        }
    }

    /** Tells whether it is such memory that was removed, and goes with its last user. */
    static boolean destroyed(int pid, Mapping mapping) {
        return MappingImage.isSegment(mapping) && status(pid, mapping).destroyed();
    }

    private static SystemV.Status status(int pid, Mapping mapping) {
        return new SystemV(pid).status(Kind.MEMORY, (int) mapping.inode());
    }

    /** Returns the shared memory that a process has attached and that outlives it. */
    static List<Needed> needed(int pid) {
        List<Needed> needed = new ArrayList<>();
        for (Mapping mapping : ProcFilesMaps.maps(pid)) {
            if (MappingImage.isSegment(mapping) && mapping.offset() == 0) {
                SystemV.Status status = status(pid, mapping);
                if (!status.destroyed()) {
                    needed.add(new Needed(mapping.start(), (int) mapping.inode(), status.key(), status.size()));
                }
            }
        }
        return List.copyOf(needed);
    }

    /** Returns why shared memory can't be attached again as it is. */
    static Optional<String> refusal(int pid, Mapping mapping, List<Mapping> all) {
        try {
            SystemV.Status status = status(pid, mapping);
            long begin = mapping.start() - mapping.offset();
            long attached = all.stream()
                    .filter(other -> MappingImage.isSegment(other)
                            && other.inode() == mapping.inode()
                            && other.start() - other.offset() == begin)
                    .mapToLong(Mapping::length)
                    .sum();
            boolean whole = attached == ((status.size() + PAGE - 1) & -PAGE);
            return whole || status.destroyed()
                    ? Optional.empty()
                    : Optional.of("a part of System V shared memory " + mapping.inode());
        } catch (ErrnoException gone) {
            return Optional.of("System V shared memory: " + gone.getMessage());
        }
    }
}
