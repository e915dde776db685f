package org.linuxssi.control;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The names of capabilities, by their numbers. */
public final class CapabilityNames {

    /** All names: the place of each is its number. */
    public static final List<String> ALL = List.of(
            "CHANGE_KERRIGHED_CAP",
            "CAN_MIGRATE",
            "DISTANT_FORK",
            "FORK_DELAY",
            "CHECKPOINTABLE",
            "USE_REMOTE_MEMORY",
            "USE_INTRA_CLUSTER_KERSTREAMS",
            "USE_INTER_CLUSTER_KERSTREAMS",
            "USE_WORLD_VISIBLE_KERSTREAMS",
            "SEE_LOCAL_PROC_STAT",
            "DEBUG",
            "SYSCALL_EXIT_HOOK");

    private static final String OLDER = "CAN_CHECKPOINT";

    private CapabilityNames() {}

    /** Returns the bit of a name, also of an older one; nothing for others. */
    public static OptionalInt bit(String name) {
        int number = ALL.indexOf(name.equals(OLDER) ? "CHECKPOINTABLE" : name);
        return number < 0 ? OptionalInt.empty() : OptionalInt.of(1 << number);
    }

    /** Returns the names of bits, in the order of their numbers. */
    public static List<String> of(int bits) {
        return IntStream.range(0, ALL.size())
                .filter(number -> (bits & 1 << number) != 0)
                .mapToObj(ALL::get)
                .toList();
    }
}
