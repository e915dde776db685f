package org.linuxssi.rpc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** The peers that are connected, with their streams. */
final class SocketPeers implements SocketConnection.Owner {

    private static final Logger LOG = System.getLogger(SocketPeers.class.getName());
    /** A connection that is older than this and that the peer does not know of is dead. */
    private static final Duration SETTLED = Duration.ofSeconds(1);

    private static final Duration LINGER = Duration.ofSeconds(10);
    private static final long OLD_READER_MILLIS = 5000;
    private static final int GOSSIP = 0;
    private static final String CONNECTED_ALREADY = "connected already";
    private static final Codec<List<Hello.Peer>> PEERS =
            Codec.of((peers, out) -> out.list(peers, Hello.Peer.CODEC), in -> in.list(NodeId.LIMIT, Hello.Peer.CODEC));

    private record Entry(SocketConnection connection, String address, long since) {}

    private final SocketTransport transport;
    private final Dialer dialer;
    private final Map<NodeId, Entry> entries = new ConcurrentHashMap<>();
    private final Map<NodeId, Set<SocketStream>> streams = new HashMap<>();
    private final Set<NodeId> deciding = new HashSet<>();
    private final ReentrantLock installing = new ReentrantLock();
    private volatile Transport.@Nullable Receiver receiver;
    private volatile boolean closed;

    SocketPeers(SocketTransport transport, Dialer dialer) {
        this.transport = transport;
        this.dialer = dialer;
    }

    void start(Transport.Receiver delivery) {
        receiver = delivery;
    }

    NodeSet connected() {
        return NodeSet.of(entries.keySet());
    }

    @Nullable
    String addressOf(NodeId peer) {
        Entry entry = entries.get(peer);
        return entry == null ? null : entry.address();
    }

    List<Hello.Peer> known() {
        List<Hello.Peer> known = new ArrayList<>();
        entries.forEach((node, entry) -> known.add(new Hello.Peer(node, entry.address())));
        return known;
    }

    boolean send(NodeId to, byte[] wire) {
        Entry entry = entries.get(to);
        return entry != null && entry.connection().send(wire);
    }

    void disconnect(NodeId peer, String reason) {
        Entry entry = entries.get(peer);
        if (entry != null) {
            entry.connection().end(reason);
        }
    }

    /** Returns why a new connection is not taken, or no text; then {@link #decided} must follow. */
    String refusal(Hello theirs) {
        synchronized (deciding) {
            String refusal = deciding.contains(theirs.node()) ? CONNECTED_ALREADY : refusalBy(theirs);
            if (refusal.isEmpty()) {
                deciding.add(theirs.node());
            }
            return refusal;
        }
    }

    /** The connection was installed or has failed. */
    void decided(NodeId peer) {
        synchronized (deciding) {
            deciding.remove(peer);
        }
    }

    private String refusalBy(Hello theirs) {
        Entry entry = entries.get(theirs.node());
        if (entry == null) {
            return "";
        }
        if (!entry.address().equals(theirs.address())) {
            return "node id " + theirs.node() + " is in use by " + entry.address();
        }
        long age = transport.time().nanos() - entry.since();
        boolean same = entry.connection().incarnation() == theirs.incarnation();
        return same && age < SETTLED.toNanos() ? CONNECTED_ALREADY : "";
    }

    /** Makes this the connection of the peer, in place of an older one. */
    void install(Hello theirs, Wire wire) throws IOException {
        installing.lock();
        try {
            Transport.Receiver delivery = receiver;
            if (closed || delivery == null) {
                wire.close();
                throw new IOException("this node is not running");
            }
            Entry old = entries.get(theirs.node());
            if (old != null) {
                old.connection().end("replaced by a new connection");
                old.connection().join(OLD_READER_MILLIS);
                entries.remove(theirs.node(), old);
            }
            SocketConnection connection = new SocketConnection(
                    theirs.node(), theirs.incarnation(), wire, transport.session(), transport.time(), this);
            entries.put(
                    theirs.node(),
                    new Entry(connection, theirs.address(), transport.time().nanos()));
            LOG.log(Level.DEBUG, () -> "connected to node " + theirs.node() + " at " + theirs.address());
            delivery.connection(theirs.node(), true);
            connection.start();
        } catch (InterruptedException e) {
            wire.close();
            throw new IOException("interrupted", e);
        } finally {
            installing.unlock();
        }
        theirs.peers().forEach(this::learn);
        dialer.add(theirs.address(), theirs.node());
        gossip();
    }

    private void learn(Hello.Peer peer) {
        if (!peer.address().equals(transport.address()) && !peer.node().equals(transport.self())) {
            dialer.add(peer.address(), peer.node());
        }
    }

    private void gossip() {
        byte[] wire = Frame.encode(
                Frame.Type.ONE_WAY,
                transport.session(),
                GOSSIP,
                transport.self(),
                0,
                out -> PEERS.encode(known(), out));
        entries.values().forEach(entry -> entry.connection().send(wire.clone()));
    }

    @Override
    public void received(SocketConnection connection, Frame frame) {
        if (frame.service() == GOSSIP) {
            PEERS.fromBytes(frame.payload()).forEach(peer -> {
                RpcConfig.address(peer.address());
                learn(peer);
            });
            return;
        }
        Transport.Receiver delivery = receiver;
        if (delivery != null) {
            delivery.received(connection.peer(), frame);
        }
    }

    @Override
    public void ended(SocketConnection connection, String reason) {
        NodeId peer = connection.peer();
        Entry entry = entries.get(peer);
        if (entry == null || entry.connection() != connection || !entries.remove(peer, entry)) {
            return;
        }
        dropStreams(peer);
        if (!closed) {
            LOG.log(Level.INFO, () -> "the connection to node " + peer + " ended: " + reason);
            Transport.Receiver delivery = receiver;
            if (delivery != null) {
                delivery.connection(peer, false);
            }
            dialer.lost(peer);
        }
    }

    /** Makes a stream that ends when the peer is lost. */
    SocketStream stream(NodeId peer, Wire wire) {
        Holder holder = new Holder(peer);
        SocketStream stream = new SocketStream(wire, holder);
        holder.stream = stream;
        synchronized (streams) {
            streams.computeIfAbsent(peer, _ -> new HashSet<>()).add(stream);
        }
        return stream;
    }

    private final class Holder implements Runnable {
        private final NodeId peer;

        @Nullable
        SocketStream stream;

        Holder(NodeId peer) {
            this.peer = peer;
        }

        @Override
        public void run() {
            SocketStream closing = stream;
            if (closing != null) {
                release(peer, closing);
            }
        }
    }

    private void release(NodeId peer, SocketStream stream) {
        if (!stream.lingers() || closed) {
            forget(peer, stream);
            stream.drop();
            return;
        }
        var limit = transport.time().after(LINGER, stream::drop);
        transport.time().execute(() -> {
            stream.linger();
            limit.close();
            stream.drop();
            forget(peer, stream);
        });
    }

    private void forget(NodeId peer, SocketStream stream) {
        synchronized (streams) {
            Set<SocketStream> ofPeer = streams.get(peer);
            if (ofPeer != null) {
                ofPeer.remove(stream);
            }
        }
    }

    private void dropStreams(NodeId peer) {
        Set<SocketStream> lost;
        synchronized (streams) {
            lost = streams.remove(peer);
        }
        if (lost != null) {
            lost.forEach(SocketStream::drop);
        }
    }

    void close() {
        closed = true;
        entries.values().forEach(entry -> entry.connection().end("this node stops"));
        List<NodeId> all;
        synchronized (streams) {
            all = List.copyOf(streams.keySet());
        }
        all.forEach(this::dropStreams);
    }
}
