package org.linuxssi.stream;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/**
 * Frames to and from all peers: each arrives once and in order as long as both daemons live, also when the connection
 * between them breaks for a while.
 *
 * <p>A node opens one byte stream to each peer that it sends to; the peer answers on it with the count of frames it has.
 */
final class Links implements AutoCloseable {

    /** The byte stream of frames; its header is the session's number. */
    static final Service<Long, Codec.Nothing> SERVICE = Service.of(
            320,
            "stream",
            Codec.of((value, out) -> out.i64(value), in -> in.i64()),
            Codec.NOTHING,
            Service.Dispatch.BLOCKING);

    /** Is told of frames and of peers that are lost for good; called on the links' threads. */
    interface Receiver {
        /** A frame arrived. */
        void received(NodeId from, Frame frame);

        /** The peer, or its former life, is gone. */
        void lost(NodeId peer);
    }

    private final Rpc rpc;
    private final Receiver receiver;
    private final Duration patience;
    private final Registration registration;
    private final Map<NodeId, OutboundLink> outbound = new HashMap<>();
    private final Map<NodeId, InboundLink> inbound = new HashMap<>();
    private boolean closed;

    /**
     * Starts to accept frames.
     *
     * @param rpc the node's messages
     * @param receiver is told of all that arrives
     * @param patience how long a peer may be out of reach before it counts as lost
     */
    Links(Rpc rpc, Receiver receiver, Duration patience) {
        this.rpc = rpc;
        this.receiver = receiver;
        this.patience = patience;
        registration = rpc.accept(SERVICE, this::accept);
    }

    /** Sends a frame; never blocks. The flow control of each stream bounds what waits here. */
    void send(NodeId to, Frame frame) {
        if (to.equals(rpc.self())) {
            receiver.received(to, frame);
            return;
        }
        OutboundLink link;
        synchronized (this) {
            if (closed) {
                return;
            }
            link = outbound.computeIfAbsent(to, peer -> new OutboundLink(rpc, peer, patience, this::lost));
        }
        link.send(frame);
    }

    private void accept(NodeId from, long session, ByteStream stream) {
        InboundLink link;
        synchronized (this) {
            if (closed) {
                stream.close();
                return;
            }
            link = inbound.computeIfAbsent(from, peer -> new InboundLink(peer, receiver, this::renewed));
        }
        link.serve(session, stream);
    }

    /** Forgets all that was to be sent to the peer and received from it. */
    void drop(NodeId peer) {
        OutboundLink out;
        InboundLink in;
        synchronized (this) {
            out = outbound.remove(peer);
            in = inbound.get(peer);
        }
        if (out != null) {
            out.close();
        }
        if (in != null) {
            in.drop();
        }
    }

    private void lost(NodeId peer) {
        drop(peer);
        receiver.lost(peer);
    }

    private void renewed(NodeId peer) {
        OutboundLink out;
        synchronized (this) {
            out = outbound.remove(peer);
        }
        if (out != null) {
            out.close();
        }
        receiver.lost(peer);
    }

    @Override
    public void close() {
        Map<NodeId, OutboundLink> links;
        synchronized (this) {
            closed = true;
            links = Map.copyOf(outbound);
            outbound.clear();
        }
        registration.close();
        links.values().forEach(OutboundLink::close);
        synchronized (this) {
            inbound.values().forEach(InboundLink::drop);
        }
    }
}
