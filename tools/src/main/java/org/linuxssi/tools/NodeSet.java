package org.linuxssi.tools;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An immutable set of nodes, iterated in ascending order and written as {@code 2,3,6-10}. */
public final class NodeSet implements Iterable<NodeId> {

    /** The set without nodes. */
    public static final NodeSet EMPTY = new NodeSet(new BitSet());

    private final BitSet bits;

    private NodeSet(BitSet bits) {
        this.bits = bits;
    }

    /** Returns the set of the given nodes. */
    public static NodeSet of(NodeId... nodes) {
        return of(List.of(nodes));
    }

    /** Returns the set of the given nodes. */
    public static NodeSet of(Collection<NodeId> nodes) {
        BitSet bits = new BitSet(NodeId.LIMIT);
        nodes.forEach(node -> bits.set(node.value()));
        return new NodeSet(bits);
    }

    /** Returns the nodes 0 to count - 1. */
    public static NodeSet first(int count) {
        BitSet bits = new BitSet(NodeId.LIMIT);
        bits.set(0, count);
        return new NodeSet(bits);
    }

    /**
     * Reads {@code 2,3,6-10}, or with Kerrighed's older range sign {@code 2,3,6:10}.
     *
     * @throws IllegalArgumentException when the text has another form or a node is not in 0..255
     */
    public static NodeSet parse(String text) {
        BitSet bits = new BitSet(NodeId.LIMIT);
        for (String part : text.split(",", -1)) {
            String[] ends = part.strip().split("[-:]", -1);
            if (ends.length > 2) {
                throw new IllegalArgumentException("node list '" + text + "': '" + part + "' is not N or N-M");
            }
            int first = number(text, ends[0]);
            int last = number(text, ends[ends.length - 1]);
            if (last < first) {
                throw new IllegalArgumentException("node list '" + text + "': the range '" + part + "' runs backwards");
            }
            bits.set(first, last + 1);
        }
        return new NodeSet(bits);
    }

    private static int number(String text, String digits) {
        if (!digits.matches("[0-9]{1,3}") || Integer.parseInt(digits) >= NodeId.LIMIT) {
            throw new IllegalArgumentException("node list '" + text + "': '" + digits + "' is not a node id 0-255");
        }
        return Integer.parseInt(digits);
    }

    /** Tells whether the node is a member. */
    public boolean contains(NodeId node) {
        return bits.get(node.value());
    }

    /** Tells whether every member of the other set is a member of this one. */
    public boolean containsAll(NodeSet other) {
        return other.minus(this).isEmpty();
    }

    /** Tells whether the set has no member. */
    public boolean isEmpty() {
        return bits.isEmpty();
    }

    /** Returns the number of members. */
    public int size() {
        return bits.cardinality();
    }

    /** Returns the member with the lowest number, or null for the empty set. */
    public @Nullable NodeId lowest() {
        int first = bits.nextSetBit(0);
        return first < 0 ? null : NodeId.of(first);
    }

    /** Returns this set and the node. */
    public NodeSet plus(NodeId node) {
        return plus(of(node));
    }

    /** Returns the union. */
    public NodeSet plus(NodeSet other) {
        BitSet result = (BitSet) bits.clone();
        result.or(other.bits);
        return new NodeSet(result);
    }

    /** Returns this set without the node. */
    public NodeSet minus(NodeId node) {
        return minus(of(node));
    }

    /** Returns the members that the other set does not have. */
    public NodeSet minus(NodeSet other) {
        BitSet result = (BitSet) bits.clone();
        result.andNot(other.bits);
        return new NodeSet(result);
    }

    /** Returns the members that both sets have. */
    public NodeSet and(NodeSet other) {
        BitSet result = (BitSet) bits.clone();
        result.and(other.bits);
        return new NodeSet(result);
    }

    /** Returns the members in ascending order. */
    public List<NodeId> toList() {
        return stream().toList();
    }

    /** Returns the members in ascending order. */
    public Stream<NodeId> stream() {
        return bits.stream().mapToObj(NodeId::of);
    }

    /** Returns the 32 bytes of the mask, node 0 in the lowest bit of the first byte. */
    public byte[] toMask() {
        byte[] mask = new byte[NodeId.LIMIT / 8];
        byte[] used = bits.toByteArray();
        System.arraycopy(used, 0, mask, 0, used.length);
        return mask;
    }

    /** Returns the set of a mask as {@link #toMask()} writes it. */
    public static NodeSet ofMask(byte[] mask) {
        if (mask.length != NodeId.LIMIT / 8) {
            throw new IllegalArgumentException("a node mask has 32 bytes, not " + mask.length);
        }
        return new NodeSet(BitSet.valueOf(mask));
    }

    @Override
    public Iterator<NodeId> iterator() {
        return toList().iterator();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NodeSet set && set.bits.equals(bits);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(bits);
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        for (int first = bits.nextSetBit(0); first >= 0; ) {
            int end = bits.nextClearBit(first);
            parts.add(end - first == 1 ? Integer.toString(first) : first + "-" + (end - 1));
            first = bits.nextSetBit(end);
        }
        return String.join(",", parts);
    }
}
