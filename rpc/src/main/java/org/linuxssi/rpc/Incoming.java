package org.linuxssi.rpc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.linuxssi.rpc.RpcException.Kind;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;

/** The services of this node and the requests they work on. */
final class Incoming {

    /** The request that the current thread handles. */
    static final ScopedValue<Handling> CURRENT = ScopedValue.newInstance();

    private static final Logger LOG = System.getLogger(Incoming.class.getName());

    private record Served<Q, R>(Service<Q, R> service, Handler<Q, R> handler) {}

    private record Accepted<H>(Service<H, ?> service, Rpc.StreamAcceptor<H> acceptor) {}

    /** Sends answers. */
    interface Answers {
        void answer(NodeId origin, Frame.Type type, int service, long request, Consumer<Encoder> payload);
    }

    private final Map<Integer, Served<?, ?>> services = new ConcurrentHashMap<>();
    private final Map<Integer, Accepted<?>> acceptors = new ConcurrentHashMap<>();
    private final Map<Handling.Key, Handling> running = new ConcurrentHashMap<>();
    private final TimeSource time;
    private final Answers answers;

    Incoming(TimeSource time, Answers answers) {
        this.time = time;
        this.answers = answers;
    }

    <Q, R> Registration serve(Service<Q, R> service, Handler<Q, R> handler) {
        return register(services, service, new Served<>(service, handler));
    }

    <H> Registration accept(Service<H, ?> service, Rpc.StreamAcceptor<H> acceptor) {
        return register(acceptors, service, new Accepted<>(service, acceptor));
    }

    private static <V> Registration register(Map<Integer, V> map, Service<?, ?> service, V value) {
        V other = map.putIfAbsent(service.id(), value);
        if (other != null) {
            throw new IllegalStateException("service " + service + " is served already, as " + other);
        }
        return () -> map.remove(service.id(), value);
    }

    boolean accepts(int service) {
        return acceptors.containsKey(service);
    }

    void request(Frame frame) {
        Served<?, ?> served = services.get(frame.service());
        if (served == null) {
            if (frame.request() != 0) {
                fail(frame.origin(), frame.service(), frame.request(), Kind.NO_SERVICE, "not served there");
            }
            return;
        }
        dispatch(served, frame);
    }

    private <Q, R> void dispatch(Served<Q, R> served, Frame frame) {
        Handling handling = new Handling(new Handling.Key(frame.origin(), frame.request()), served.service());
        if (handling.inline()) {
            run(served, frame, handling);
            return;
        }
        if (handling.wantsReply()) {
            running.put(handling.key, handling);
        }
        time.execute(() -> run(served, frame, handling));
    }

    private <Q, R> void run(Served<Q, R> served, Frame frame, Handling handling) {
        try {
            if (handling.begin()) {
                ScopedValue.where(CURRENT, handling).run(() -> handle(served, frame, handling));
            }
        } finally {
            handling.end();
            if (!handling.inline()) {
                running.remove(handling.key, handling);
            }
        }
    }

    private <Q, R> void handle(Served<Q, R> served, Frame frame, Handling handling) {
        Q question;
        try {
            question = served.service().request().fromBytes(frame.payload());
        } catch (RuntimeException bad) {
            failed(handling, Kind.MALFORMED, "request: " + bad.getMessage(), bad);
            return;
        }
        try {
            R value = served.handler().handle(frame.origin(), question);
            if (handling.answersItself()) {
                answers.answer(
                        frame.origin(), Frame.Type.REPLY, frame.service(), frame.request(), out -> served.service()
                                .reply()
                                .encode(value, out));
            }
        } catch (InterruptedException stopped) {
            failed(handling, Kind.CANCELLED, "the handler was interrupted", stopped);
        } catch (Exception | LinkageError | AssertionError | StackOverflowError failure) {
            failed(handling, Kind.REMOTE, text(failure), failure);
        }
    }

    private void failed(Handling handling, Kind kind, String message, Throwable cause) {
        NodeId origin = handling.key.origin();
        if (handling.answersItself()) {
            LOG.log(Level.DEBUG, () -> handling.service + " asked by node " + origin + ": " + message, cause);
            fail(origin, handling.service.id(), handling.key.request(), kind, message);
        } else {
            LOG.log(Level.WARNING, () -> handling.service + " sent by node " + origin + ": " + message, cause);
        }
    }

    private void fail(NodeId origin, int service, long request, Kind kind, String message) {
        String limited = message.length() > 2000 ? message.substring(0, 2000) : message;
        answers.answer(origin, Frame.Type.FAILURE, service, request, out -> out.constant(kind)
                .text(limited));
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    void cancel(Handling.Key key) {
        Handling handling = running.get(key);
        if (handling != null) {
            handling.cancel();
        }
    }

    /** Interrupts all handlers. */
    void close() {
        services.clear();
        acceptors.clear();
        running.values().forEach(Handling::cancel);
    }

    void stream(NodeId from, int service, byte[] header, ByteStream stream) {
        Accepted<?> accepted = acceptors.get(service);
        try (stream) {
            if (accepted != null) {
                serveStream(accepted, from, header, stream);
            }
        } catch (IOException broken) {
            LOG.log(Level.DEBUG, () -> "stream of service " + service + " from node " + from, broken);
        } catch (Exception | LinkageError | AssertionError | StackOverflowError failure) {
            LOG.log(Level.WARNING, () -> "stream of service " + service + " from node " + from, failure);
        }
    }

    private static <H> void serveStream(Accepted<H> accepted, NodeId from, byte[] header, ByteStream stream)
            throws Exception {
        accepted.acceptor().accept(from, accepted.service().request().fromBytes(header), stream);
    }

    @Nullable
    Handling current() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }
}
