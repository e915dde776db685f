package org.linuxssi.testbed;

/**
 * Two different nodes, without direction.
 *
 * @param low the smaller number
 * @param high the greater number
 */
public record NodePair(int low, int high) implements Comparable<NodePair> {

    /** Orders the two numbers. */
    public NodePair {
        if (low == high) {
            throw new IllegalArgumentException("a pair needs two different nodes, got " + low + " twice");
        }
        if (low > high) {
            int greater = low;
            low = high;
            high = greater;
        }
    }

    /** Reads what {@link #toString} wrote. */
    public static NodePair parse(String text) {
        int dash = text.indexOf('-');
        return new NodePair(Integer.parseInt(text, 0, dash, 10), Integer.parseInt(text, dash + 1, text.length(), 10));
    }

    /** Tells whether a node is one of the two. */
    public boolean has(int node) {
        return node == low || node == high;
    }

    /** Returns the other node. */
    public int other(int node) {
        return node == low ? high : low;
    }

    @Override
    public int compareTo(NodePair that) {
        return low != that.low ? Integer.compare(low, that.low) : Integer.compare(high, that.high);
    }

    @Override
    public String toString() {
        return low + "-" + high;
    }
}
