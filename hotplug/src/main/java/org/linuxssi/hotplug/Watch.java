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
        /** Nobody listened where it was since then. */
        boolean refused;
        /** Others have seen the peer alive after this node had lost it. */
        boolean seenSince;
        /** Most of those who watch the peer do not hear it. */
        boolean cutOff;

        long changed;
        long lostRound;
        long heard;
        long heardDirectly;
        /** When the newest sign of life was sent that the peer has confirmed; empty: none in this life. */
        OptionalLong confirmed = OptionalLong.empty();
        /** When this node last confirmed one of the peer's. */
        OptionalLong trusted = OptionalLong.empty();

        long accused = Long.MIN_VALUE;
        /** Since when somebody has wanted the peer voted out, again and again. */
        OptionalLong complained = OptionalLong.empty();

        long complainedLast;
        OptionalLong helped = OptionalLong.empty();

        @Nullable
        Beat beat;
    }

    /** The newest sign of life that a node has confirmed. */
    private record Confirmed(NodeId node, long sent) {}

    private static final Duration ACCUSATION = Duration.ofSeconds(3);
    /** So many silences an accuser has to insist on that a node goes which others hear. */
    private static final int PATIENCE = 4;

    private final TimeSource time;
    private final HotplugConfig config;
    private final Map<NodeId, Peer> peers = new TreeMap<>();
    private long ticked;
    private long expecting;
    private long round;
    private long version;

    Watch(TimeSource time, HotplugConfig config) {
        this.time = time;
        this.config = config;
        ticked = time.nanos();
    }

    private Peer peer(NodeId node) {
        return peers.computeIfAbsent(node, _ -> {
            Peer peer = new Peer();
            peer.heard = time.nanos();
            peer.heardDirectly = peer.heard;
            version++;
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
            peers.values().forEach(peer -> {
                peer.heard = Math.min(now, peer.heard + late);
                peer.heardDirectly = Math.min(now, peer.heardDirectly + late);
            });
        }
    }

    /** Changes when a peer becomes known, connected, or lost. */
    long version() {
        return version;
    }

    /** Begins to expect signs of life, and confirmations of this node's own. */
    void expect(NodeSet nodes) {
        expecting = time.nanos();
        nodes.forEach(this::peer);
    }

    void connection(NodeId node, boolean connected) {
        Peer peer = peer(node);
        peer.connected = connected;
        peer.lost = !connected;
        peer.refused = false;
        peer.seenSince = false;
        peer.lostRound = round;
        peer.changed = time.nanos();
        version++;
        if (connected) {
            peer.heard = peer.changed;
            peer.heardDirectly = peer.changed;
        } else if (peer.beat != null && peer.beat.cluster() == 0) {
            peer.beat = null;
        }
    }

    /** Nobody listens where the peer was; tells whether that is news. */
    boolean refused(NodeId node) {
        Peer peer = peer(node);
        boolean news = peer.lost && !peer.refused;
        peer.refused |= news;
        return news;
    }

    void beat(NodeId node, Beat beat) {
        Peer peer = peer(node);
        take(peer, beat);
        if (!peer.connected) {
            peer.connected = true;
            version++;
        }
        peer.lost = false;
        peer.heard = time.nanos();
        peer.heardDirectly = peer.heard;
    }

    private static void take(Peer peer, Beat beat) {
        if (peer.beat == null || beat.incarnation() >= peer.beat.incarnation()) {
            if (peer.beat != null && beat.incarnation() > peer.beat.incarnation()) {
                peer.trusted = OptionalLong.empty();
                peer.confirmed = OptionalLong.empty();
            }
            peer.beat = beat;
        }
    }

    /** A third node passes on a sign of life of one that this node does not reach. */
    void relayed(NodeId node, Beat beat) {
        Peer peer = peer(node);
        if (peer.beat == null
                || beat.incarnation() > peer.beat.incarnation()
                || (beat.incarnation() == peer.beat.incarnation() && beat.sent() - peer.beat.sent() > 0)) {
            take(peer, beat);
        }
    }

    /** Tells, once each heartbeat, whether the peer may be told of views that it seems to have missed. */
    boolean helps(NodeId node) {
        Peer peer = peer(node);
        long now = time.nanos();
        if (peer.helped.isPresent()
                && now - peer.helped.getAsLong() < config.heartbeat().toNanos()) {
            return false;
        }
        peer.helped = OptionalLong.of(now);
        return true;
    }

    /** This node takes part in a round of signs of life. */
    void round(long number) {
        round = number;
    }

    /** A message of the round came from the peer itself. */
    void heardDirectly(NodeId node) {
        peer(node).heardDirectly = time.nanos();
    }

    /** The peer has begun the round. One that is two rounds ahead of the loss of its connection has outlived it. */
    void heardOf(NodeId node) {
        Peer peer = peer(node);
        peer.heard = time.nanos();
        peer.seenSince |= peer.lost && round - peer.lostRound >= 2;
    }

    /** Tells whether it is no use to wait for a sign of life of the peer. */
    boolean away(NodeId node) {
        Peer peer = peer(node);
        return (peer.lost && !peer.seenSince)
                || time.nanos() - peer.heard >= 2 * config.heartbeat().toNanos();
    }

    /**
     * Tells whether the peer lives and this node does not hear it itself; early enough that a node that most do not hear is out
     * after twice the silence.
     */
    boolean unheard(NodeId node) {
        Peer peer = peer(node);
        long now = time.nanos();
        boolean unheard = (peer.lost && now - peer.changed >= config.grace().toNanos())
                || now - peer.heardDirectly >= config.silence().toNanos() * 3 / 4;
        return unheard && !away(node);
    }

    /** Returns the members that live and that this node is not connected to. */
    NodeSet unreached(Agreed view) {
        return NodeSet.of(view.nodes().stream()
                .filter(node -> peers.containsKey(node) && peer(node).lost && peer(node).seenSince)
                .toList());
    }

    /** Most of those who watch the peer do not hear it, or do again. */
    void cutOff(NodeId node, boolean is) {
        peer(node).cutOff = is;
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
        boolean accused = peer.accused != Long.MIN_VALUE && now - peer.accused < ACCUSATION.toNanos();
        if (accused || peer.cutOff || (peer.lost && !peer.seenSince)) {
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

    /** Somebody wants the member voted out: tells whether this node has doubts too, or has heard that for long. */
    boolean agrees(Agreed.Member member) {
        Peer peer = peer(member.node());
        long now = time.nanos();
        if (peer.complained.isEmpty() || now - peer.complainedLast >= ACCUSATION.toNanos()) {
            peer.complained = OptionalLong.of(now);
        }
        peer.complainedLast = now;
        return doubtful(member)
                || now - peer.complained.getAsLong()
                        >= config.silence().multipliedBy(PATIENCE).toNanos();
    }

    /** Somebody wants the node voted out: what it says is not confirmed any more for a while. */
    void accused(NodeId node) {
        peer(node).accused = time.nanos();
    }

    /** Tells whether the member may still rely on this node: then it must not be voted out. */
    boolean relied(Agreed.Member member) {
        Peer peer = peer(member.node());
        return !ended(member)
                && (!peer.lost || peer.seenSince)
                && peer.trusted.isPresent()
                && time.nanos() - peer.trusted.getAsLong() < config.silence().toNanos() * 17 / 20;
    }

    /**
     * Returns until when this node may rely on having a quorum; empty: as long as it is a member. Where none ever confirmed that, it
     * may not, and from three quarters of the silence after the beginning of the view on that is so for longer and longer.
     */
    OptionalLong reliance(Agreed view, NodeId self, NodeSet ended) {
        NodeSet some = NodeSet.of(self);
        if (view.quorum(some, ended)) {
            return OptionalLong.empty();
        }
        List<Confirmed> newest = newestFirst(view.nodes().minus(self));
        int surely = Math.min(newest.size(), Math.max(0, (view.members().size() - ended.size()) / 2 - 1));
        some = some.plus(NodeSet.of(
                newest.subList(0, surely).stream().map(Confirmed::node).toList()));
        for (Confirmed confirmed : newest.subList(Math.max(0, surely - 1), newest.size())) {
            some = some.plus(confirmed.node());
            if (view.quorum(some, ended)) {
                return OptionalLong.of(confirmed.sent() + config.silence().toNanos() * 3 / 4);
            }
        }
        return OptionalLong.of(
                Math.min(time.nanos(), expecting + config.silence().toNanos() * 3 / 4));
    }

    private List<Confirmed> newestFirst(NodeSet nodes) {
        List<Confirmed> newest = new ArrayList<>();
        peers.forEach((node, peer) -> {
            if (peer.confirmed.isPresent() && nodes.contains(node)) {
                newest.add(new Confirmed(node, peer.confirmed.getAsLong()));
            }
        });
        newest.sort((a, b) -> Long.signum(b.sent() - a.sent()));
        return newest;
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
                || (peer.lost
                        && !peer.seenSince
                        && (peer.refused || now - peer.changed >= config.grace().toNanos()))
                || (peer.cutOff && !relied(member))
                || now - peer.heard >= config.silence().toNanos();
    }

    /** Tells whether nothing was heard of the node for about as long as makes it suspect; others may be a little ahead. */
    boolean quiet(NodeId node) {
        Peer peer = peer(node);
        return peer.cutOff || time.nanos() - peer.heard >= config.silence().toNanos() * 3 / 4;
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
