package org.linuxssi.hotplug;

import java.util.Map;
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

        @Nullable
        Beat beat;
    }

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
            peer.beat = beat;
        }
        peer.connected = true;
        peer.lost = false;
        peer.heard = time.nanos();
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
