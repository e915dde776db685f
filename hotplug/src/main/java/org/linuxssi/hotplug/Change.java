package org.linuxssi.hotplug;

import java.util.Optional;
import java.util.stream.Stream;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * One change of membership as this node goes through it.
 *
 * @param view the view that it leads to
 * @param before the view that it comes from
 * @param self this node
 * @param role what this node has to do with it
 */
record Change(Agreed view, View before, NodeId self, Role role) {

    private static final Stage[] STAGES = Stage.values();

    /** What a node has to do with a change. */
    enum Role {
        /** It is a member of the new view. */
        MEMBER,
        /** It left on request. */
        LEFT,
        /** It was voted out. */
        VOTED_OUT
    }

    /** One step: the handlers of one stage; no event when this node has no part in it. */
    record Step(Stage stage, Optional<HotplugEvent> event) {}

    long epoch() {
        return view.epoch();
    }

    int steps() {
        return view.kind() == Agreed.Kind.LEAVING ? 2 * STAGES.length : STAGES.length;
    }

    /** Returns the steps that the others have to have done before this node does any. */
    int floor() {
        return role == Role.LEFT ? STAGES.length : 0;
    }

    /** Returns the number of steps of the other participants. */
    int theirSteps() {
        return steps();
    }

    Stream<NodeId> participants() {
        return role == Role.VOTED_OUT
                ? Stream.empty()
                : view.members().stream().map(Agreed.Member::node).filter(node -> !node.equals(self));
    }

    /** Tells whether a failed handler ends the change: the node cannot let go. */
    boolean refusable(HotplugEvent event) {
        return event instanceof HotplugEvent.Remove remove && remove.phase() == HotplugEvent.Phase.LOCAL;
    }

    Step step(int number) {
        int index = number % STAGES.length;
        View after = view.view();
        NodeSet about = view.changed();
        return switch (view.kind()) {
            case ADD, STAY -> new Step(STAGES[index], Optional.of(new HotplugEvent.Add(before, after, about)));
            case FAIL -> new Step(STAGES[index], Optional.of(new HotplugEvent.Fail(before, after, about)));
            case LEAVING -> leaving(number, index);
            case REMOVED ->
                new Step(
                        STAGES[STAGES.length - 1 - index],
                        Optional.of(new HotplugEvent.Remove(
                                role == Role.LEFT ? HotplugEvent.Phase.ACK : HotplugEvent.Phase.DISTANT,
                                before,
                                after,
                                about)));
        };
    }

    private Step leaving(int number, int index) {
        HotplugEvent.Phase phase = number < STAGES.length ? HotplugEvent.Phase.ADVERT : HotplugEvent.Phase.LOCAL;
        boolean mine = view.leaving().contains(self) == (phase == HotplugEvent.Phase.LOCAL);
        View forecast = new View(view.epoch() + 1, view.nodes().minus(view.leaving()));
        return new Step(
                STAGES[STAGES.length - 1 - index],
                mine
                        ? Optional.of(new HotplugEvent.Remove(phase, view.view(), forecast, view.leaving()))
                        : Optional.empty());
    }
}
