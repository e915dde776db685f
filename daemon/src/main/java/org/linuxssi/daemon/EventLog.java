package org.linuxssi.daemon;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.linuxssi.control.Reply;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** What happened lately: views, failures, and the migrations that any node was asked for. The oldest is forgotten first. */
final class EventLog implements AutoCloseable {

    private static final int KEPT = 1000;
    private static final Service<Reply, Codec.Nothing> EVENT =
            Service.of(408, "daemon.event", Reply.CODEC, Codec.NOTHING, Service.Dispatch.INLINE);

    private final Rpc rpc;
    private final Supplier<NodeSet> members;
    private final Registration served;
    private final Deque<Reply.Event> events = new ArrayDeque<>();
    private final Set<Consumer<Reply.Event>> followers = new CopyOnWriteArraySet<>();

    EventLog(Rpc rpc, Supplier<NodeSet> members) {
        this.rpc = rpc;
        this.members = members;
        served = rpc.serve(EVENT, (_, told) -> {
            if (told instanceof Reply.Event event) {
                keep(event);
            }
            return Codec.Nothing.NOTHING;
        });
    }

    /** Adds one line, now, of what other nodes see for themselves or need not know. */
    void add(String kind, String text) {
        keep(event(kind, text));
    }

    /** Adds one line here and on the other nodes. */
    void tell(String kind, String text) {
        Reply.Event event = event(kind, text);
        keep(event);
        rpc.send(members.get().minus(rpc.self()), EVENT, event);
    }

    private Reply.Event event(String kind, String text) {
        return new Reply.Event(System.currentTimeMillis(), rpc.self(), kind, text);
    }

    private void keep(Reply.Event event) {
        synchronized (events) {
            if (events.size() == KEPT) {
                events.removeFirst();
            }
            events.addLast(event);
        }
        followers.forEach(follower -> follower.accept(event));
    }

    /** Returns the newest events, oldest first. */
    List<Reply.Event> newest(int limit) {
        synchronized (events) {
            List<Reply.Event> all = new ArrayList<>(events);
            return List.copyOf(all.subList(Math.max(0, all.size() - limit), all.size()));
        }
    }

    /** Has the follower called with each new event. */
    Registration follow(Consumer<Reply.Event> follower) {
        followers.add(follower);
        return () -> followers.remove(follower);
    }

    @Override
    public void close() {
        served.close();
    }
}
