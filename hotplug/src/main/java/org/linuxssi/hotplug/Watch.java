package org.linuxssi.hotplug;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Messages.Beat;
import org.linuxssi.hotplug.Messages.Progress;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/** What this node knows of each peer from its signs of life. */
final class Watch {

    private static final class Peer {
        boolean connected;
        boolean lost;
        long changed;
        long heard;
        /** When the newest sign of life was sent that the peer has confirmed; empty: none in this life. */
        OptionalLong confirmed = OptionalLong.empty();
        /** When this node last confirmed one of the peer's. */
        OptionalLong trusted = OptionalLong.empty();

        long accused = Long.MIN_VALUE;

        @Nullable
        Beat beat;
    }

    /** The newest sign of life that a node has confirmed. */
    private record Confirmed(NodeId node, long sent) {}

    private static final Duration ACCUSATION = Duration.ofSeconds(3);

    private final TimeSource time;
    private final HotplugConfig config;
    private final Map<NodeId, Peer> peers = new TreeMap<>();
    private long ticked;

    Watch(TimeSource time, HotplugConfig config) {
        this.time = time;
        this.config = config;
        ticked = time.nanos();
    }

    private Peer peer(NodeId node) {
        return peers.computeIfAbsent(node, _ -> {
            Peer peer = new Peer();
            peer.heard = time.nanos();
            return peer;
        });
    }

    /** Called at each heartbeat: when this node itself stood still, its peers are not to blame for the silence. */
    void tick() {
        long now = time.nanos();
        long gap = now - ticked;
        ticked = now;
        long late = gap - config.heartbeat().toNanos();
        if (gap > 2 * config.heartbeat().toNanos()) {
            peers.values().forEach(peer -> peer.heard = Math.min(now, peer.heard + late));
        }
    }

    /** Begins to expect signs of life. */
    void expect(NodeSet nodes) {
        nodes.forEach(this::peer);
    }

    void connection(NodeId node, boolean connected) {
        Peer peer = peer(node);
        peer.connected = connected;
        peer.lost = !connected;
        peer.changed = time.nanos();
        if (connected) {
            peer.heard = peer.changed;
        } else if (peer.beat != null && peer.beat.cluster() == 0) {
            peer.beat = null;
        }
    }

    void beat(NodeId node, Beat beat) {
        Peer peer = peer(node);
        if (peer.beat == null || beat.incarnation() >= peer.beat.incarnation()) {
            if (peer.beat != null && beat.incarnation() > peer.beat.incarnation()) {
                peer.trusted = OptionalLong.empty();
                peer.confirmed = OptionalLong.empty();
            }
            peer.beat = beat;
        }
        peer.connected = true;
        peer.lost = false;
        peer.heard = time.nanos();
    }

    /** The peer has heard what this node sent at that time. */
    void confirmed(NodeId node, long sent) {
        Peer peer = peer(node);
        long now = time.nanos();
        if (now - sent >= 0 && (peer.confirmed.isEmpty() || sent - peer.confirmed.getAsLong() > 0)) {
            peer.confirmed = OptionalLong.of(sent);
        }
    }

    /** This node confirms a sign of life of a member, who relies on that for a while; false when somebody accuses it. */
    boolean trust(NodeId node) {
        Peer peer = peer(node);
        long now = time.nanos();
        if (peer.accused != Long.MIN_VALUE && now - peer.accused < ACCUSATION.toNanos()) {
            return false;
        }
        peer.trusted = OptionalLong.of(now);
        return true;
    }

    /** Tells whether the peer has confirmed something lately. */
    boolean confirms(NodeId node) {
        OptionalLong confirmed = peer(node).confirmed;
        return confirmed.isPresent()
                && time.nanos() - confirmed.getAsLong() < 2 * config.heartbeat().toNanos();
    }

    /** Somebody wants the node voted out: what it says is not confirmed any more for a while. */
    void accused(NodeId node) {
        peer(node).accused = time.nanos();
    }

    /** Tells whether the member may still rely on this node: then it must not be voted out. */
    boolean relied(Agreed.Member member) {
        Peer peer = peer(member.node());
        return !ended(member)
                && !peer.lost
                && peer.trusted.isPresent()
                && time.nanos() - peer.trusted.getAsLong() < config.silence().toNanos() * 17 / 20;
    }

    /** Returns until when this node may rely on having a quorum; empty: as long as it is a member. */
    OptionalLong reliance(Agreed view, NodeId self, NodeSet ended) {
        NodeSet some = NodeSet.of(self);
        if (view.quorum(some, ended)) {
            return OptionalLong.empty();
        }
        List<Confirmed> newest = new ArrayList<>();
        for (NodeId node : view.nodes().minus(self)) {
            peer(node).confirmed.ifPresent(sent -> newest.add(new Confirmed(node, sent)));
        }
        newest.sort((a, b) -> Long.signum(b.sent() - a.sent()));
        for (Confirmed confirmed : newest) {
            some = some.plus(confirmed.node());
            if (view.quorum(some, ended)) {
                return OptionalLong.of(confirmed.sent() + config.silence().toNanos() * 3 / 4);
            }
        }
        return OptionalLong.of(time.nanos());
    }

    NodeSet known() {
        return NodeSet.of(peers.keySet());
    }

    /** Returns the newest sign of life of a connected peer, or null. */
    @Nullable
    Beat of(NodeId node) {
        Peer peer = peers.get(node);
        return peer == null || !peer.connected ? null : peer.beat;
    }

    /** Returns how far the node is, when it is still in its life as a member. */
    Progress progress(NodeId node) {
        Peer peer = peers.get(node);
        return peer == null || peer.beat == null ? new Progress(0, 0, false) : peer.beat.progress();
    }

    /** Tells whether the member was seen in a later life. */
    boolean ended(Agreed.Member member) {
        Peer peer = peers.get(member.node());
        return peer != null && peer.beat != null && peer.beat.incarnation() > member.incarnation();
    }

    /** Tells whether the member has to be taken for dead. */
    boolean suspect(Agreed.Member member) {
        Peer peer = peer(member.node());
        long now = time.nanos();
        return ended(member)
                || (peer.lost && now - peer.changed >= config.grace().toNanos())
                || now - peer.heard >= config.silence().toNanos();
    }

    /** Tells whether nothing was heard of the node for about as long as makes it suspect; others may be a little ahead. */
    boolean quiet(NodeId node) {
        return time.nanos() - peer(node).heard >= config.silence().toNanos() * 3 / 4;
    }

    /** Tells whether the member might be dead: the side that pauses has to be earlier than the one that goes on. */
    boolean doubtful(Agreed.Member member) {
        Peer peer = peer(member.node());
        long silence = time.nanos() - peer.heard;
        return suspect(member) || peer.lost || silence >= config.silence().toNanos() * 3 / 4;
    }

    boolean connected(NodeId node) {
        Peer peer = peers.get(node);
        return peer != null && peer.connected;
    }
}
