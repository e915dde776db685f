package org.linuxssi.proc;

import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import org.linuxssi.tools.Codec;

/**
 * The numbers of the cluster's processors as programs of one node see them: those that are online, numbered on from node to
 * node in the order of the nodes, as in {@code /sys/devices/system/cpu} of the container.
 *
 * @param own the real numbers of this node's processors, ascending
 * @param first the number that the first of them has in the cluster
 * @param total how many processors the cluster has
 * @param usable those that programs may use, numbered as in the cluster
 */
record CpuNumbering(List<Integer> own, int first, int total, BitSet usable) {

    /** More than any kernel has (NR_CPUS). */
    private static final int REAL_LIMIT = 8192;

    /**
     * The processors of a node.
     *
     * @param count how many are online
     * @param usable which of them, counted from 0, its container may use
     */
    record OfNode(int count, BitSet usable) {
        static final Codec<OfNode> CODEC = Codec.of(
                (cpus, out) -> out.i32(cpus.count()).bytes(cpus.usable().toByteArray()),
                in -> new OfNode(Math.clamp(in.i32(), 0, REAL_LIMIT), BitSet.valueOf(in.bytes(REAL_LIMIT / 8))));
    }

    /**
     * Numbers the processors of a cluster.
     *
     * @param before the nodes with smaller ids, in order
     * @param self the node itself
     * @param after the nodes with larger ids, in order
     */
    static CpuNumbering of(Collection<OfNode> before, List<Integer> own, OfNode self, Collection<OfNode> after) {
        BitSet usable = new BitSet();
        int first = append(usable, 0, before);
        int end = append(usable, append(usable, first, List.of(self)), after);
        return new CpuNumbering(own, first, end, usable);
    }

    private static int append(BitSet usable, int first, Collection<OfNode> nodes) {
        int at = first;
        for (OfNode node : nodes) {
            int base = at;
            node.usable().stream().forEach(cpu -> usable.set(base + cpu));
            at += node.count();
        }
        return at;
    }

    /** Returns the cluster's numbers for real ones of this node; all of the cluster when nothing of this node is left out. */
    BitSet shown(BitSet real) {
        BitSet shown = new BitSet();
        boolean bound = false;
        for (int i = 0; i < own.size(); i++) {
            if (real.get(own.get(i))) {
                shown.set(first + i);
            } else {
                bound |= usable.get(first + i);
            }
        }
        return bound ? shown : (BitSet) usable.clone();
    }

    /**
     * Returns the real numbers for those of the cluster that are of this node; all that a kernel can have when nothing of
     * this node is left out, or when there are processors of other nodes only: here, any of this node has to do for them.
     */
    BitSet real(BitSet shown) {
        BitSet real = new BitSet();
        boolean bound = false;
        for (int i = 0; i < own.size(); i++) {
            if (shown.get(first + i)) {
                real.set(own.get(i));
            } else {
                bound |= usable.get(first + i);
            }
        }
        if (!bound || (real.isEmpty() && shown.intersects(usable))) {
            real.set(0, REAL_LIMIT);
        }
        return real;
    }
}
