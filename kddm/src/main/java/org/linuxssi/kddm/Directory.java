package org.linuxssi.kddm;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.linuxssi.kddm.Message.Request;
import org.linuxssi.tools.NodeId;

/**
 * The home's side: for each object whose home this node is, who owns it, who has copies, and the one transaction that is
 * going on. Requests that come meanwhile queue in the order of their arrival.
 */
final class Directory {

    private final Engine engine;
    private final ConcurrentHashMap<Long, DirectoryTable> sets = new ConcurrentHashMap<>();
    private final Answered removals = new Answered();
    private final StandIns standIns;

    Directory(Engine engine) {
        this.engine = engine;
        this.standIns = new StandIns(engine);
    }

    private DirectoryTable table(long set) {
        DirectoryTable table = sets.get(set);
        return table != null ? table : sets.computeIfAbsent(set, DirectoryTable::new);
    }

    void locked(long set, long object, Consumer<DirectoryEntry> step) {
        table(set).locked(object, step);
    }

    /** Visits all entries; the visitor locks. */
    void forEach(Consumer<DirectoryEntry> visitor) {
        sets.values().forEach(table -> table.forEach(visitor));
    }

    void forEach(long set, Consumer<DirectoryEntry> visitor) {
        table(set).forEach(visitor);
    }

    /** Visits the entries at which something goes on, and perhaps others; the visitor locks. */
    void forEachActive(Consumer<DirectoryEntry> visitor) {
        sets.values().forEach(table -> table.forEachActive(visitor));
    }

    void clear() {
        sets.clear();
        removals.clear();
    }

    /** Returns how many objects of a set are known here. */
    int size(long set) {
        return table(set).size();
    }

    void clear(long set) {
        sets.remove(set);
    }

    /** Handles what came before the directory was there. */
    void handle(NodeId from, Message message, Outbox out) {
        if (message instanceof Message.Created it) {
            created(from, it, out);
        } else if (message instanceof Request it) {
            request(from, it, out);
        }
    }

    private void turn(long set, long object, Outbox out, Consumer<Turn> step) {
        locked(set, object, entry -> step.accept(turn(entry, out)));
    }

    private Turn turn(DirectoryEntry entry, Outbox out) {
        return new Turn(engine, removals, standIns, entry, out);
    }

    void request(NodeId from, Request request, Outbox out) {
        turn(request.set(), request.object(), out, turn -> {
            Transaction asked = new Transaction(from, request);
            long removal = removals.seq(from, request.request());
            if (removal != Answered.NONE) {
                answerAgain(turn, asked, removal);
            } else {
                turn.entry.state.requested(turn, asked);
            }
        });
    }

    /** A removal that goes on in the store is answered when it has ended, and asked for again till then. */
    private void answerAgain(Turn turn, Transaction asked, long removal) {
        if (!engine.copies(turn.entry.set).durable().removing(turn.entry.object)) {
            turn.answerAgain(asked, removal);
        }
    }

    /** Returns the removals that were carried out and not confirmed. */
    Answered removals() {
        return removals;
    }

    /** Sends again for transactions that take longer than this: when the requester has what it wants, only the home misses the end. */
    void remind(long nanos, Outbox out) {
        long now = engine.rpc().time().nanos();
        forEachActive(entry -> {
            synchronized (entry) {
                if (!entry.dead) {
                    entry.state.transaction().filter(t -> now - t.since > nanos).ifPresent(t -> {
                        t.since = now;
                        entry.state.again(turn(entry, out));
                    });
                }
            }
        });
    }

    void invalidated(NodeId from, Message.Invalidated it, Outbox out) {
        turn(it.set(), it.object(), out, turn -> turn.entry.state.invalidated(turn, from, it));
    }

    /** Notes who got copies from the owner. */
    void readers(NodeId from, Message.Readers it, Outbox out) {
        turn(it.set(), it.object(), out, turn -> {
            if (from.equals(turn.entry.owner())) {
                turn.entry.state.readers(turn, it);
            }
        });
    }

    void blocked(NodeId from, Message.Blocked it, Outbox out) {
        turn(it.set(), it.object(), out, turn -> turn.entry.state.blocked(turn, from, it));
    }

    void relinquished(NodeId from, Message.Relinquished it, Outbox out) {
        turn(it.set(), it.object(), out, turn -> turn.entry.state.relinquished(turn, from, it));
    }

    void done(NodeId from, Message.Done it, Outbox out) {
        removals.confirmed(it.seq());
        turn(it.set(), it.object(), out, turn -> turn.entry.state.done(turn, from, it));
    }

    void created(NodeId from, Message.Created it, Outbox out) {
        turn(it.set(), it.object(), out, turn -> {
            if (from.equals(turn.entry.owner())) {
                turn.created(from, it.seq());
            } else {
                turn.entry.state.createdByOther(from, it);
            }
        });
    }
}
