package org.linuxssi.hotplug;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Who watches whom in a large view: several rings through all members, each in another order that all nodes know, and each node
 * watches the ones before and after it in every ring (Suresh et al., "Stable and Consistent Membership at Scale with Rapid",
 * 2018). So the number of watchers does not depend on the size of the view, any two nodes are a few steps apart, and no small
 * set of nodes cuts off others. The order of two nodes in a ring does not change when others come or go.
 */
final class Rings {

    /** The rings; a node has twice as many neighbours at most. */
    static final int COUNT = 4;

    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private final List<List<NodeId>> rings = new ArrayList<>();

    Rings(NodeSet members) {
        for (int ring = 0; ring < COUNT; ring++) {
            long salt = (ring + 1L) * NodeId.LIMIT;
            rings.add(members.stream()
                    .sorted(Comparator.comparingLong(node -> place(salt + node.value())))
                    .toList());
        }
    }

    /** Spreads numbers that are close to each other; the finishing steps of SplitMix64. */
    private static long place(long number) {
        long mixed = number * SPREAD;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** Returns the nodes that watch this one and are watched by it. */
    NodeSet neighbours(NodeId node) {
        return neighbours(node, _ -> false);
    }

    /** Returns the neighbours, and for each that is away the next one in its ring that is not. */
    NodeSet neighbours(NodeId node, Predicate<NodeId> away) {
        List<NodeId> found = new ArrayList<>();
        for (List<NodeId> ring : rings) {
            int at = ring.indexOf(node);
            walk(ring, at, 1, away, found);
            walk(ring, at, ring.size() - 1, away, found);
        }
        return NodeSet.of(found).minus(node);
    }

    private static void walk(List<NodeId> ring, int from, int step, Predicate<NodeId> away, List<NodeId> found) {
        int at = (from + step) % ring.size();
        found.add(ring.get(at));
        while (at != from && away.test(ring.get(at))) {
            at = (at + step) % ring.size();
        }
        found.add(ring.get(at));
    }
}
