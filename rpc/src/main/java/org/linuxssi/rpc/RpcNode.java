package org.linuxssi.rpc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.linuxssi.rpc.RpcException.Kind;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/** Services over a transport. */
final class RpcNode implements Rpc, Transport.Receiver {

    private static final Logger LOG = System.getLogger(RpcNode.class.getName());
    private static final Kind[] KINDS = Kind.values();

    private final Transport transport;
    private final Calls calls;
    private final Incoming incoming;
    private final List<ConnectionListener> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<NodeId>> refusals = new CopyOnWriteArrayList<>();
    private final Deque<byte[]> toSelf = new ArrayDeque<>();
    private boolean drainingSelf;

    private RpcNode(Transport transport) {
        this.transport = transport;
        calls = new Calls(transport.time(), transport.incarnation(), this::sendCancel);
        incoming = new Incoming(transport.time(), this::answer);
    }

    static RpcNode start(Transport transport) {
        RpcNode node = new RpcNode(transport);
        transport.start(node);
        return node;
    }

    @Override
    public NodeId self() {
        return transport.self();
    }

    @Override
    public TimeSource time() {
        return transport.time();
    }

    @Override
    public <Q, R> Registration serve(Service<Q, R> service, Handler<Q, R> handler) {
        return incoming.serve(service, handler);
    }

    private byte[] encode(Frame.Type type, int service, NodeId origin, long request, Consumer<Encoder> payload) {
        return Frame.encode(type, transport.session(), service, origin, request, payload);
    }

    private boolean post(NodeId to, byte[] wire) {
        if (!to.equals(self())) {
            return transport.send(to, wire);
        }
        synchronized (toSelf) {
            toSelf.add(wire);
            if (drainingSelf) {
                return true;
            }
            drainingSelf = true;
        }
        time().execute(this::drainSelf);
        return true;
    }

    private void drainSelf() {
        while (true) {
            byte[] wire;
            synchronized (toSelf) {
                byte[] head = toSelf.poll();
                drainingSelf = head != null;
                if (head == null) {
                    return;
                }
                wire = head;
            }
            received(self(), Frame.decode(wire, transport.session()));
        }
    }

    @Override
    public <Q> void send(NodeId to, Service<Q, ?> service, Q request) {
        send(NodeSet.of(to), service, request);
    }

    @Override
    public <Q> void send(NodeSet to, Service<Q, ?> service, Q request) {
        byte[] wire = encode(Frame.Type.ONE_WAY, service.id(), self(), 0, out -> service.request()
                .encode(request, out));
        boolean several = to.size() > 1;
        for (NodeId node : to) {
            post(node, several ? wire.clone() : wire);
        }
    }

    @Override
    public <Q, R> CompletableFuture<R> ask(NodeId to, Service<Q, R> service, Q request, Duration deadline) {
        Calls.Call<R> call = calls.begin(to, service, deadline);
        byte[] wire;
        try {
            wire = encode(Frame.Type.REQUEST, service.id(), self(), call.number, out -> service.request()
                    .encode(request, out));
        } catch (RuntimeException bad) {
            var _ = calls.take(call.number);
            throw bad;
        }
        if (!post(to, wire)) {
            call.fail(Kind.UNREACHABLE, "not connected");
        }
        return call;
    }

    @Override
    public <Q, R> Map<NodeId, CompletableFuture<R>> ask(
            NodeSet to, Service<Q, R> service, Q request, Duration deadline) {
        Map<NodeId, CompletableFuture<R>> answers = new LinkedHashMap<>();
        to.forEach(node -> answers.put(node, ask(node, service, request, deadline)));
        return answers;
    }

    @Override
    public <Q, R> R call(NodeId to, Service<Q, R> service, Q request, Duration deadline) {
        Handling handling = incoming.current();
        if (handling != null && handling.inline()) {
            throw new IllegalStateException("the handler of " + handling.service + " runs INLINE and may not wait for "
                    + service + ": declare it BLOCKING");
        }
        CompletableFuture<R> answer = ask(to, service, request, deadline);
        if (handling != null && !answer.isDone()) {
            handling.onCancel(() -> answer.cancel(true));
        }
        try {
            return time().await(answer);
        } catch (InterruptedException _) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new RpcException(Kind.CANCELLED, to, service, "the caller was interrupted");
        } catch (CancellationException _) {
            throw new RpcException(Kind.CANCELLED, to, service, "the call was cancelled");
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RpcException cause) {
                throw new RpcException(cause.kind(), String.valueOf(cause.getMessage()));
            }
            throw new IllegalStateException(failure.getCause());
        }
    }

    @Override
    @SuppressWarnings("NullAway") // the value is dropped by the handler's caller
    public <Q, R> R forward(NodeId to, Service<Q, R> service, Q request) {
        Handling handling = incoming.current();
        if (handling == null) {
            throw new IllegalStateException("forward of " + service + " outside a handler");
        }
        NodeId origin = handling.key.origin();
        long number = handling.key.request();
        Frame.Type type = handling.wantsReply() ? Frame.Type.REQUEST : Frame.Type.ONE_WAY;
        byte[] wire = encode(
                type, service.id(), origin, number, out -> service.request().encode(request, out));
        if (!post(to, wire)) {
            throw new RpcException(Kind.UNREACHABLE, to, service, "not connected, cannot forward");
        }
        handling.forwarded();
        if (handling.wantsReply()) {
            answer(origin, Frame.Type.FORWARDED, service.id(), number, out -> out.node(to));
        }
        return null;
    }

    private void answer(NodeId origin, Frame.Type type, int service, long request, Consumer<Encoder> payload) {
        post(origin, encode(type, service, self(), request, payload));
    }

    private void sendCancel(Calls.Call<?> call) {
        post(call.target, encode(Frame.Type.CANCEL, call.service.id(), self(), call.number, _ -> {}));
    }

    @Override
    public void received(NodeId from, Frame frame) {
        switch (frame.type()) {
            case ONE_WAY, REQUEST -> incoming.request(frame);
            case CANCEL -> incoming.cancel(new Handling.Key(frame.origin(), frame.request()));
            case REPLY -> {
                Calls.Call<?> call = calls.take(frame.request());
                if (call != null) {
                    call.reply(frame.payload());
                }
            }
            case FAILURE -> failure(frame);
            case FORWARDED -> forwarded(frame);
        }
    }

    private void failure(Frame frame) {
        Calls.Call<?> call = calls.find(frame.request());
        if (call == null) {
            return;
        }
        try {
            Decoder in = new Decoder(frame.payload());
            call.fail(in.constant(KINDS), in.text(1 << 16));
        } catch (DecodeException bad) {
            call.fail(Kind.MALFORMED, "failure: " + bad.getMessage());
        }
    }

    private void forwarded(Frame frame) {
        Calls.Call<?> call = calls.find(frame.request());
        if (call == null) {
            return;
        }
        try {
            call.target = new Decoder(frame.payload()).node();
        } catch (DecodeException bad) {
            call.fail(Kind.MALFORMED, "forward: " + bad.getMessage());
            return;
        }
        if (!call.target.equals(self()) && !connected().contains(call.target)) {
            call.fail(Kind.UNREACHABLE, "forwarded to a node that is not connected");
        }
    }

    @Override
    public void connection(NodeId peer, boolean connected) {
        if (!connected) {
            calls.lost(peer);
        }
        for (ConnectionListener listener : listeners) {
            try {
                listener.changed(peer, connected);
            } catch (RuntimeException failure) {
                LOG.log(Level.WARNING, "a listener for connections failed", failure);
            }
        }
    }

    @Override
    public void refused(NodeId peer) {
        refusals.forEach(listener -> listener.accept(peer));
    }

    @Override
    public Registration onRefusal(Consumer<NodeId> listener) {
        refusals.add(listener);
        return () -> refusals.remove(listener);
    }

    @Override
    public boolean accepts(int service) {
        return incoming.accepts(service);
    }

    @Override
    public void stream(NodeId from, int service, byte[] header, ByteStream stream) {
        incoming.stream(from, service, header, stream);
    }

    @Override
    public <H> Registration accept(Service<H, ?> service, StreamAcceptor<H> acceptor) {
        return incoming.accept(service, acceptor);
    }

    @Override
    public <H> ByteStream open(NodeId to, Service<H, ?> service, H header) throws IOException {
        return transport.open(to, service.id(), service.request().toBytes(header));
    }

    @Override
    public NodeSet connected() {
        return transport.connected();
    }

    @Override
    public void disconnect(NodeId peer, String reason) {
        transport.disconnect(peer, reason);
    }

    @Override
    public Registration onConnection(ConnectionListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        transport.close();
        incoming.close();
        calls.failAll("this node has stopped");
    }
}
