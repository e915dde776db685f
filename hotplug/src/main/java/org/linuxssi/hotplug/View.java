package org.linuxssi.hotplug;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * One of the agreed sequence of memberships. All members install the same views in the same order; two views with the same
 * epoch never differ. Services put the epoch into their messages to fence nodes that were voted out.
 *
 * @param epoch 1 for the view that starts the cluster, then one more each time; 0 when there is no cluster yet
 * @param members the nodes that are possible or online
 */
public record View(long epoch, NodeSet members) {

    /** Before the cluster has started. */
    public static final View NONE = new View(0, NodeSet.EMPTY);

    /** Bytes of a view. */
    public static final Codec<View> CODEC =
            Codec.of((view, out) -> out.i64(view.epoch()).nodes(view.members()), in -> new View(in.i64(), in.nodes()));

    /** Tells whether the cluster has started. */
    public boolean started() {
        return epoch > 0;
    }

    /** Tells whether the node is a member. */
    public boolean contains(NodeId node) {
        return members.contains(node);
    }

    @Override
    public String toString() {
        return started() ? "view " + epoch + " [" + members + "]" : "no view";
    }
}
