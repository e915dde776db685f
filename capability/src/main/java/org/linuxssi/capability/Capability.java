package org.linuxssi.capability;

import java.util.Arrays;
import java.util.List;

/** What may be done with a process (Kerrighed's names and numbers). */
public enum Capability {
    /** Its capabilities may be changed. */
    CHANGE_KERRIGHED_CAP,
    /** It may be moved. */
    CAN_MIGRATE,
    /** Its children may begin on other nodes. */
    DISTANT_FORK,
    /** A child may wait before it begins. */
    FORK_DELAY,
    /** It may be saved with its application. */
    CHECKPOINTABLE,
    /** It may use memory of other nodes. */
    USE_REMOTE_MEMORY,
    /** Streams within the cluster. */
    USE_INTRA_CLUSTER_KERSTREAMS,
    /** Streams between clusters. */
    USE_INTER_CLUSTER_KERSTREAMS,
    /** Streams to anywhere. */
    USE_WORLD_VISIBLE_KERSTREAMS,
    /** It sees the processors and memory of its node alone. */
    SEE_LOCAL_PROC_STAT,
    /** For developers. */
    DEBUG,
    /** For developers. */
    SYSCALL_EXIT_HOOK;

    private static final List<Capability> MEANINGFUL = List.of(CHANGE_KERRIGHED_CAP, CHECKPOINTABLE);

    /** Returns its bit. */
    public int bit() {
        return 1 << ordinal();
    }

    /** Returns those whose bits are set, in the order of their numbers. */
    public static List<Capability> of(int bits) {
        return Arrays.stream(values()).filter(one -> (bits & one.bit()) != 0).toList();
    }

    /** Returns the bits of those that mean something in this version. */
    static int supported() {
        return MEANINGFUL.stream().mapToInt(Capability::bit).sum();
    }
}
