package org.linuxssi.rpc;

import java.io.IOException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/** Carries frames and streams between nodes; {@link RpcNode} makes services of them. */
interface Transport {

    NodeId self();

    TimeSource time();

    /** Returns the number that tells apart several clusters on one network. */
    int session();

    /** Returns a number that is larger each time the node starts. */
    long incarnation();

    /** Begins to connect and to deliver. */
    void start(Receiver receiver);

    /** Queues the frame; returns false when the node is not connected. */
    boolean send(NodeId to, byte[] wire);

    NodeSet connected();

    /** Opens a stream to the acceptor of a service. */
    ByteStream open(NodeId to, int service, byte[] header) throws IOException;

    /** Drops the connection; it may be made again. */
    void disconnect(NodeId peer, String reason);

    void close();

    /** Is given what arrives. For each peer, its calls come one after the other. */
    interface Receiver {
        void received(NodeId from, Frame frame);

        void connection(NodeId peer, boolean connected);

        /** Nobody listens where the peer was. */
        void refused(NodeId peer);

        /** Tells whether streams of the service are accepted. */
        boolean accepts(int service);

        /** Serves the stream until its end; may block. */
        void stream(NodeId from, int service, byte[] header, ByteStream stream);
    }
}
