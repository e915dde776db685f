package org.linuxssi.rpc;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/**
 * The messages of one node to and from its peers. A node may call itself.
 *
 * <p>Requests from one node to another that use {@link Service.Dispatch#INLINE} services arrive in the order in which
 * they were sent. Deadlines are relative; {@link #DEFAULT_DEADLINE} serves where nothing better is known.
 */
public interface Rpc extends AutoCloseable {

    /** The deadline of calls that give none. */
    Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

    /** Returns the node this is. */
    NodeId self();

    /** Returns the clock that deadlines are measured with. */
    TimeSource time();

    /**
     * Starts to answer a service.
     *
     * @throws IllegalStateException when the number is served already
     */
    <Q, R> Registration serve(Service<Q, R> service, Handler<Q, R> handler);

    /** Sends without waiting for an answer; silently lost when the node is not connected. */
    <Q> void send(NodeId to, Service<Q, ?> service, Q request);

    /** Sends to several nodes without waiting for an answer. */
    <Q> void send(NodeSet to, Service<Q, ?> service, Q request);

    /** Asks and returns at once; cancelling the future tells the handler's node. */
    <Q, R> CompletableFuture<R> ask(NodeId to, Service<Q, R> service, Q request, Duration deadline);

    /**
     * Asks and waits for the answer.
     *
     * @throws RpcException when there is no good answer; an interrupt cancels and sets the thread's flag again
     */
    <Q, R> R call(NodeId to, Service<Q, R> service, Q request, Duration deadline);

    /** Asks and waits at most {@link #DEFAULT_DEADLINE}. */
    default <Q, R> R call(NodeId to, Service<Q, R> service, Q request) {
        return call(to, service, request, DEFAULT_DEADLINE);
    }

    /** Asks several nodes at once; each future completes by itself. */
    <Q, R> Map<NodeId, CompletableFuture<R>> ask(NodeSet to, Service<Q, R> service, Q request, Duration deadline);

    /**
     * Called from inside a handler: lets another node answer this request in our place, straight to the caller. The
     * handler's own return value is dropped.
     */
    <Q, R> R forward(NodeId to, Service<Q, R> service, Q request);

    /**
     * Starts to accept streams of bytes; the acceptor runs on a thread of its own and owns the stream.
     *
     * @throws IllegalStateException when the number is accepted already
     */
    <H> Registration accept(Service<H, ?> service, StreamAcceptor<H> acceptor);

    /**
     * Opens a two-way stream of bytes with back-pressure, on a connection apart from the messages.
     *
     * @throws IOException when the node is not connected or accepts no such stream
     */
    <H> ByteStream open(NodeId to, Service<H, ?> service, H header) throws IOException;

    /** Returns the peers that are connected now. */
    NodeSet connected();

    /**
     * Drops the connection to a peer, for instance one that does not answer; all that waits for it fails. The transport
     * connects again when it can.
     */
    void disconnect(NodeId peer, String reason);

    /** Calls the listener when a peer becomes connected or the connection to it is lost. */
    Registration onConnection(ConnectionListener listener);

    /**
     * Calls the listener when the machine of a peer that was connected and is no longer says that nobody listens at the peer's address: its
     * process has ended. On a thread that must not block.
     */
    Registration onRefusal(Consumer<NodeId> listener);

    @Override
    void close();

    /** Is told of connections. */
    @FunctionalInterface
    interface ConnectionListener {
        /** The peer is connected now, or no longer; runs on a thread that must not block. */
        void changed(NodeId peer, boolean connected);
    }

    /**
     * Owns streams that peers open.
     *
     * @param <H> type of the header
     */
    @FunctionalInterface
    interface StreamAcceptor<H> {
        /** Serves one stream and closes it. */
        void accept(NodeId from, H header, ByteStream stream) throws Exception;
    }
}
