package org.linuxssi.rpc;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/** One node's end of a {@link MemoryNetwork}. */
final class MemoryTransport implements Transport {

    private static final Duration RECONNECT = Duration.ofMillis(50);
    private static final int SESSION = 1;

    private enum State {
        IDLE,
        CONNECTING,
        CONNECTED
    }

    private final MemoryNetwork network;
    private final NodeId self;
    private final long incarnation;
    private final Map<NodeId, State> peers = new HashMap<>();
    private final Map<NodeId, List<MemoryStream>> streams = new HashMap<>();
    private @Nullable Receiver receiver;
    private boolean closed;

    MemoryTransport(MemoryNetwork network, NodeId self, long incarnation) {
        this.network = network;
        this.self = self;
        this.incarnation = incarnation;
    }

    @Override
    public NodeId self() {
        return self;
    }

    @Override
    public TimeSource time() {
        return network.time();
    }

    @Override
    public int session() {
        return SESSION;
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    @Override
    public void start(Receiver delivery) {
        synchronized (this) {
            receiver = delivery;
        }
        network.started(this);
    }

    private synchronized @Nullable Receiver open() {
        return closed ? null : receiver;
    }

    synchronized boolean idle(NodeId peer) {
        return !closed && peers.getOrDefault(peer, State.IDLE) == State.IDLE;
    }

    synchronized void connecting(NodeId peer) {
        peers.put(peer, State.CONNECTING);
    }

    private synchronized @Nullable State put(NodeId peer, State state) {
        return peers.put(peer, state);
    }

    @Override
    public boolean send(NodeId to, byte[] wire) {
        synchronized (this) {
            if (closed || peers.get(to) != State.CONNECTED) {
                return false;
            }
        }
        MemoryLink link = network.link(self, to);
        link.add(new MemoryLink.Message(wire));
        link.schedule();
        return true;
    }

    @Override
    public synchronized NodeSet connected() {
        return NodeSet.of(peers.entrySet().stream()
                .filter(entry -> entry.getValue() == State.CONNECTED)
                .map(Map.Entry::getKey)
                .toList());
    }

    void arrived(NodeId from, MemoryLink.Item item) {
        Receiver delivery = open();
        if (delivery == null) {
            return;
        }
        switch (item) {
            case MemoryLink.Up _ -> {
                put(from, State.CONNECTED);
                delivery.connection(from, true);
            }
            case MemoryLink.Down _ -> lost(from, "reset by node " + from);
            case MemoryLink.Message message -> delivery.received(from, Frame.decode(message.wire(), SESSION));
        }
    }

    private void lost(NodeId peer, String reason) {
        State before = put(peer, State.IDLE);
        breakStreams(peer, reason);
        Receiver delivery = open();
        if (before == State.CONNECTED && delivery != null) {
            delivery.connection(peer, false);
        }
        network.time().after(RECONNECT, () -> network.reconnect(self, peer));
    }

    @Override
    public void disconnect(NodeId peer, String reason) {
        synchronized (this) {
            if (closed || peers.getOrDefault(peer, State.IDLE) == State.IDLE) {
                return;
            }
        }
        network.link(peer, self).clear();
        MemoryLink out = network.link(self, peer);
        out.clear();
        out.add(new MemoryLink.Down());
        out.schedule();
        lost(peer, reason);
    }

    @Override
    public ByteStream open(NodeId to, int service, byte[] header) throws IOException {
        MemoryTransport other = network.running(to);
        if (other == null || !(to.equals(self) || connected().contains(to))) {
            throw new IOException("stream to node " + to + ": not connected");
        }
        return other.accept(this, service, header);
    }

    private ByteStream accept(MemoryTransport opener, int service, byte[] header) throws IOException {
        Receiver delivery = open();
        if (delivery == null || !delivery.accepts(service)) {
            throw new IOException("stream to node " + self + ": it accepts none of service " + service);
        }
        MemoryStream.Pipe out = new MemoryStream.Pipe(network.time(), network.link(opener.self, self));
        MemoryStream.Pipe back = new MemoryStream.Pipe(network.time(), network.link(self, opener.self));
        MemoryStream theirs = new MemoryStream(back, out);
        MemoryStream ours = new MemoryStream(out, back);
        opener.remember(self, theirs);
        remember(opener.self, ours);
        time().execute(() -> delivery.stream(opener.self, service, header, ours));
        return theirs;
    }

    private synchronized void remember(NodeId peer, MemoryStream stream) {
        List<MemoryStream> known = streams.computeIfAbsent(peer, _ -> new ArrayList<>());
        known.removeIf(MemoryStream::ended);
        known.add(stream);
    }

    private void breakStreams(NodeId peer, String reason) {
        List<MemoryStream> broken;
        synchronized (this) {
            broken = streams.remove(peer);
        }
        if (broken != null) {
            broken.forEach(stream -> stream.fail(reason));
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        network.stopped(this);
        List<NodeId> peersOfStreams;
        synchronized (this) {
            peersOfStreams = List.copyOf(streams.keySet());
        }
        peersOfStreams.forEach(peer -> breakStreams(peer, "this node has stopped"));
    }
}
