package org.linuxssi.tools;

/**
 * The identity of a node in its cluster, 0 to 255.
 *
 * @param value the number that users type; it is also the upper 8 bits of the pids that the node hands out
 */
public record NodeId(int value) implements Comparable<NodeId> {

    /** The largest number of nodes in a cluster. */
    public static final int LIMIT = 256;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException when the value is not in 0..255
     */
    public NodeId {
        if (value < 0 || value >= LIMIT) {
            throw new IllegalArgumentException("node id " + value + " is not in 0-255");
        }
    }

    /** Returns the node with this number. */
    public static NodeId of(int value) {
        return new NodeId(value);
    }

    @Override
    public int compareTo(NodeId other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
