package org.linuxssi.hotplug;

import org.linuxssi.tools.NodeSet;

/**
 * A change of membership as handlers see it. Each member sees the same changes in the same order, each with the views
 * before and after.
 */
public sealed interface HotplugEvent {

    /** Returns the view that this change ends. */
    View before();

    /** Returns the view that this change leads to. */
    View after();

    /** Returns the nodes that come or go. */
    NodeSet nodes();

    /**
     * Nodes come in; runs on old and new members, in the order of the stages. The first of all has {@link View#NONE} before.
     * A new member, also one that had been a member before it was voted out, sees the view as it was for the others.
     */
    record Add(View before, View after, NodeSet nodes) implements HotplugEvent {}

    /**
     * Nodes leave on request, in four phases, each through all stages in reverse order. In the phases ADVERT and LOCAL the
     * leaving nodes are still members and {@code after} has not been agreed yet: its epoch is a forecast.
     */
    record Remove(Phase phase, View before, View after, NodeSet nodes) implements HotplugEvent {}

    /**
     * Nodes died or were voted out; runs on the remaining members, in the order of the stages. A node that was voted out
     * itself, and lives, sees it too, with itself among the nodes: it has to drop all that belongs to the cluster.
     */
    record Fail(View before, View after, NodeSet nodes) implements HotplugEvent {}

    /** The steps of a removal. */
    enum Phase {
        /** On those that stay: give the leaving nodes nothing new. */
        ADVERT,
        /** On those that leave: hand away all that is here. */
        LOCAL,
        /** On those that stay, after the view has changed: forget the nodes that left. */
        DISTANT,
        /** On those that left: everybody knows, let go of the rest. */
        ACK
    }
}
