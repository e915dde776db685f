package org.linuxssi.kddm;

import java.util.List;
import org.linuxssi.hotplug.View;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** The members of one view, and who keeps the directory entry of which object among them. */
final class Members {

    /** Placement of objects that go round the members by their number. */
    static final int MODULO = 0x100;
    /** Placement of objects that stay on their node. */
    static final int LOCAL = 0x101;

    static final Members NONE = new Members(View.NONE);

    private final long epoch;
    private final NodeSet set;
    private final List<NodeId> list;

    Members(View view) {
        this.epoch = view.epoch();
        this.set = view.members();
        this.list = set.toList();
    }

    long epoch() {
        return epoch;
    }

    NodeSet set() {
        return set;
    }

    boolean contains(NodeId node) {
        return set.contains(node);
    }

    /** Returns the home of the object; there must be a member. */
    NodeId home(int placement, long object, NodeId self) {
        if (placement == LOCAL) {
            return self;
        }
        if (placement == MODULO) {
            return list.get(Math.floorMod(object, list.size()));
        }
        NodeId preferred = NodeId.of(placement);
        return set.contains(preferred) ? preferred : list.get(spread(object, list.size()));
    }

    /** Returns the member that would be home if the home were gone; the home itself when it is alone. */
    NodeId standIn(int placement, long object, NodeId home) {
        if (placement == LOCAL || list.size() < 2) {
            return home;
        }
        return without(NodeSet.of(home)).home(placement, object, home);
    }

    Members without(NodeSet nodes) {
        return new Members(new View(epoch, set.minus(nodes)));
    }

    static int spread(long object, int count) {
        long mixed = (object ^ object >>> 32) * 0x9e3779b97f4a7c15L;
        return (int) Long.remainderUnsigned(mixed >>> 16, count);
    }
}
