package org.linuxssi.hotplug;

import java.util.List;
import java.util.Optional;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Whom a node tells of itself at each heartbeat: everybody where they are few. Among many, the {@link Rounds} of the members tell
 * that they live, and all else is said when it changes; so one more in turn is enough, and all when one that wants in reaches
 * others than before.
 */
final class Audience {

    private final int mesh;
    private NodeSet reached = NodeSet.EMPTY;
    private int turn;

    Audience(int mesh) {
        this.mesh = mesh;
    }

    NodeSet next(Optional<Agreed> view, NodeSet connected) {
        boolean few = connected.size() < mesh;
        boolean news = view.isEmpty() && !connected.equals(reached);
        reached = connected;
        if (few || news || connected.isEmpty()) {
            return connected;
        }
        NodeSet watched =
                view.map(Agreed::nodes).filter(nodes -> nodes.size() <= mesh).orElse(NodeSet.EMPTY);
        return watched.and(connected).plus(one(connected).map(NodeSet::of).orElse(NodeSet.EMPTY));
    }

    /** Returns one of these nodes, another one each time. */
    Optional<NodeId> one(NodeSet nodes) {
        List<NodeId> all = nodes.toList();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(Math.floorMod(turn++, all.size())));
    }
}
