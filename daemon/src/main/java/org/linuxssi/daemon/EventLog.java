package org.linuxssi.daemon;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;
import org.linuxssi.control.Reply;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** What happened on this node lately: views, migrations, failures. The oldest is forgotten first. */
final class EventLog {

    private static final int KEPT = 1000;

    private final NodeId self;
    private final Deque<Reply.Event> events = new ArrayDeque<>();
    private final Set<Consumer<Reply.Event>> followers = new CopyOnWriteArraySet<>();

    EventLog(NodeId self) {
        this.self = self;
    }

    /** Adds one line, now. */
    void add(String kind, String text) {
        Reply.Event event = new Reply.Event(System.currentTimeMillis(), self, kind, text);
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
}
