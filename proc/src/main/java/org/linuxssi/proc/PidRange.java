package org.linuxssi.proc;

import org.linuxssi.tools.NodeId;

/**
 * The pids that a node hands out: 2^14 of the 2^22 that the kernel has.
 *
 * @param node the node
 */
public record PidRange(NodeId node) {

    /** Bits of the number inside a node. */
    public static final int SHIFT = 14;

    /** One more than the largest pid ({@code PID_MAX_LIMIT} of {@code linux/threads.h}). */
    public static final int PID_MAX = 1 << 22;

    /** The kernel never hands out smaller ones after it has wrapped ({@code RESERVED_PIDS}). */
    private static final int RESERVED = 300;

    /** Tells whether some process may have this number. */
    public static boolean possible(int pid) {
        return pid > 0 && pid < PID_MAX;
    }

    /** Returns the node that handed out a {@linkplain #possible possible} pid. */
    public static NodeId homeOf(int pid) {
        return NodeId.of(pid >> SHIFT);
    }

    /** Returns the smallest pid that the node hands out. */
    public int first() {
        return Math.max(node.value() << SHIFT, RESERVED);
    }

    /** Returns one more than the largest. */
    public int end() {
        return (node.value() + 1) << SHIFT;
    }

    /** Tells whether the node handed out this pid. */
    public boolean contains(int pid) {
        return pid >= first() && pid < end();
    }
}
