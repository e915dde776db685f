package org.linuxssi.hotplug;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.hotplug.Messages.Beat;
import org.linuxssi.hotplug.Messages.Relayed;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Members that live and are not connected to this node are heard of through others, so that no change waits for them. */
final class Relays {

    private final Rpc rpc;
    private final Watch watch;
    private final Audience audience;

    Relays(Rpc rpc, Watch watch, Audience audience) {
        this.rpc = rpc;
        this.watch = watch;
        this.audience = audience;
    }

    /** Asks one other member about those that this node does not reach. */
    void ask(Agreed view) {
        NodeSet missing = watch.unreached(view);
        Optional<NodeId> other =
                missing.isEmpty() ? Optional.empty() : audience.one(view.nodes().and(rpc.connected()));
        other.ifPresent(node -> rpc.send(node, Messages.RELAY, missing));
    }

    void asked(NodeId from, NodeSet about) {
        List<Relayed> known = new ArrayList<>();
        for (NodeId node : about) {
            Beat beat = watch.of(node);
            if (beat != null) {
                known.add(new Relayed(node, beat));
            }
        }
        rpc.send(from, Messages.RELAYED, known);
    }

    void answered(List<Relayed> known) {
        known.forEach(it -> watch.relayed(it.node(), it.beat()));
    }
}
