package org.linuxssi.kddm;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.kddm.Message.Request;
import org.linuxssi.kddm.Transaction.Phase;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

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

    void request(NodeId from, Request request, Outbox out) {
        locked(request.set(), request.object(), entry -> {
            Transaction active = entry.active;
            long removal = removals.seq(from, request.request());
            if (removal != Answered.NONE) {
                reply(entry, new Transaction(from, request), Outcome.COMPLETED, removal, null, out);
            } else if (active == null) {
                begin(entry, new Transaction(from, request), out);
            } else if (active.is(from, request) || entry.queue.stream().anyMatch(t -> t.is(from, request))) {
                again(entry, active, out);
            } else if (request.has(Message.TRY) && active.blocked) {
                answer(entry, new Transaction(from, request), Outcome.BUSY, out);
            } else {
                entry.queue.add(new Transaction(from, request));
            }
        });
    }

    private void begin(DirectoryEntry entry, Transaction first, Outbox out) {
        for (Transaction t = first; t != null; t = entry.active == null ? entry.queue.poll() : null) {
            entry.placement = t.request.placement();
            entry.replicated = t.request.has(Message.REPLICATED);
            start(entry, t, out);
        }
    }

    /** Ends the active transaction and starts the next. */
    private void end(DirectoryEntry entry, Outbox out) {
        entry.active = null;
        Transaction next = entry.queue.poll();
        if (next != null) {
            begin(entry, next, out);
        }
    }

    private void start(DirectoryEntry entry, Transaction t, Outbox out) {
        t.seq = engine.nextSeq();
        t.since = engine.rpc().time().nanos();
        t.blocked = false;
        t.created = Transaction.NOT_YET;
        entry.active = t;
        if (entry.lost && entry.owner == null && !startLost(entry, t, out)) {
            return;
        }
        switch (t.request.want()) {
            case READ -> read(entry, t, out);
            case WRITE -> write(entry, t, out);
            case REMOVE -> remove(entry, t, out);
            case FLUSH -> flush(entry, t, out);
            case SYNC -> sync(entry, t, out);
        }
    }

    /** Tells whether the transaction on an object of which no copy is left goes on. */
    private boolean startLost(DirectoryEntry entry, Transaction t, Outbox out) {
        if (t.request.want() == Message.Want.REMOVE) {
            entry.lost = false;
        } else if (maybeStored(entry, t)) {
            t.wasLost = true;
        } else if (holds(t) && t.request.has(Message.DURABLE) && !storeIsHere(entry)) {
            fail(entry, t, DurableCopies.unreachable(entry.object, entry.set, entry.placement), out);
            return false;
        } else if (!t.request.has(Message.REPLACE)) {
            answer(entry, t, Outcome.LOST, out);
            return false;
        }
        return true;
    }

    private static boolean holds(Transaction t) {
        return t.request.want() == Message.Want.READ || t.request.want() == Message.Want.WRITE;
    }

    private void read(DirectoryEntry entry, Transaction t, Outbox out) {
        if (entry.owner == null) {
            absent(entry, t, out);
        } else {
            boolean migrates = entry.migratory && entry.copies.size() == 1 && !t.requester.equals(entry.owner);
            Mode mode = migrates ? Mode.MIGRATE : Mode.READ;
            supply(entry, t, mode, t.requester, t.request.request(), false, out);
        }
    }

    private void write(DirectoryEntry entry, Transaction t, Outbox out) {
        NodeId owner = entry.owner;
        if (owner == null) {
            absent(entry, t, out);
            return;
        }
        NodeSet others = entry.copies.minus(owner).minus(t.requester);
        boolean afterReading = !owner.equals(t.requester) && entry.copies.contains(t.requester);
        entry.migratory = others.isEmpty() && (entry.migratory || afterReading);
        if (others.isEmpty()) {
            handOver(entry, t, owner, out);
        } else {
            invalidate(entry, t, others, false, out);
        }
    }

    private void handOver(DirectoryEntry entry, Transaction t, NodeId owner, Outbox out) {
        if (owner.equals(t.requester)) {
            grant(entry, t, Outcome.UPGRADE, t.requester, t.request.request(), Phase.SUPPLYING, out);
        } else {
            Mode mode = entry.data().contains(t.requester) ? Mode.OWNERSHIP : Mode.WRITE;
            supply(entry, t, mode, t.requester, t.request.request(), false, out);
        }
    }

    private void remove(DirectoryEntry entry, Transaction t, Outbox out) {
        NodeSet holders = t.request.has(Message.REPLICATED) ? engine.members().set() : entry.copies;
        if (t.request.has(Message.DURABLE)
                && (!storeIsHere(entry) || !engine.copies(entry.set).durable().ready())) {
            fail(entry, t, DurableCopies.unreachable(entry.object, entry.set, entry.placement), out);
            return;
        }
        standIns.shadow(entry, false, out);
        if (holders.isEmpty()) {
            removed(entry, t, out);
        } else {
            invalidate(entry, t, holders, true, out);
        }
    }

    private void removed(DirectoryEntry entry, Transaction t, Outbox out) {
        entry.absent();
        standIns.shadow(entry, false, out);
        entry.lost = false;
        removals.add(t.requester, t.request.request(), t.seq);
        reply(entry, t, Outcome.COMPLETED, t.seq, null, out);
    }

    private void sync(DirectoryEntry entry, Transaction t, Outbox out) {
        if (entry.owner == null) {
            answer(entry, t, Outcome.COMPLETED, out);
        } else {
            supply(entry, t, Mode.SYNC, t.requester, t.request.request(), false, out);
        }
    }

    private void flush(DirectoryEntry entry, Transaction t, Outbox out) {
        NodeSet others = entry.copies.minus(t.requester);
        NodeSet readers = entry.data().minus(t.requester);
        if (!entry.copies.contains(t.requester)) {
            answer(entry, t, Outcome.COMPLETED, out);
        } else if (!t.requester.equals(entry.owner)) {
            invalidate(entry, t, NodeSet.of(t.requester), false, out);
        } else if (readers.isEmpty() && !others.isEmpty()) {
            // then it begins anew: one of them may become the owner, by a transaction newer than the one that took its
            // copy
            invalidate(entry, t, others, false, out);
        } else {
            NodeSet heirs = readers.isEmpty() ? engine.staying().minus(t.requester) : readers;
            NodeId heir = heir(entry, t, heirs);
            if (heir == null) {
                fail(entry, t, "no other node can take it", out);
            } else {
                Mode mode = readers.isEmpty() ? Mode.WRITE : Mode.OWNERSHIP;
                supply(entry, t, mode, heir, 0, others.size() > 1, out);
            }
        }
    }

    private @Nullable NodeId heir(DirectoryEntry entry, Transaction t, NodeSet heirs) {
        int wish = t.request.destination();
        if (wish != Message.ANY_NODE && heirs.contains(NodeId.of(wish))) {
            return NodeId.of(wish);
        }
        if (heirs.isEmpty()) {
            return null;
        }
        return engine.among(heirs, entry.placement, entry.object);
    }

    /** Tells whether what nobody has in memory may still be in the store. */
    private boolean maybeStored(DirectoryEntry entry, Transaction t) {
        return holds(t) && t.request.has(Message.DURABLE) && !t.looked && storeIsHere(entry);
    }

    private boolean storeIsHere(DirectoryEntry entry) {
        return entry.placement == engine.self().value();
    }

    /** Looks into the store first, where there is one. */
    private void absent(DirectoryEntry entry, Transaction t, Outbox out) {
        if (!t.request.has(Message.DURABLE) || t.looked) {
            untouched(entry, t, out);
        } else if (storeIsHere(entry)) {
            grant(entry, t, Outcome.LOAD, engine.self(), 0, Phase.TOUCHING_HERE, out);
            t.looked = true;
        } else {
            fail(entry, t, DurableCopies.unreachable(entry.object, entry.set, entry.placement), out);
        }
    }

    private void untouched(DirectoryEntry entry, Transaction t, Outbox out) {
        boolean manual = t.request.has(Message.MANUAL);
        if (t.request.has(Message.NO_FIRST_TOUCH) && !manual) {
            answer(entry, t, Outcome.ABSENT, out);
        } else if (t.request.has(Message.TOUCH_AT_HOME)
                && !manual
                && !t.requester.equals(engine.self())
                && engine.staying().contains(engine.self())) {
            grant(entry, t, Outcome.TOUCH, engine.self(), 0, Phase.TOUCHING_HERE, out);
        } else {
            Outcome outcome = entry.lost ? Outcome.REMAKE : Outcome.FIRST_TOUCH;
            grant(entry, t, outcome, t.requester, t.request.request(), Phase.TOUCHING, out);
        }
    }

    private void invalidate(DirectoryEntry entry, Transaction t, NodeSet holders, boolean removal, Outbox out) {
        t.phase = Phase.INVALIDATING;
        t.waiting = holders;
        t.busy = false;
        Message message = new Message.Invalidate(
                entry.set,
                entry.object,
                t.seq,
                removal,
                t.request.has(Message.TRY) && !removal,
                entry.placement,
                t.request.want() == Message.Want.WRITE ? t.requester.value() : Message.ANY_NODE);
        t.sent = message;
        holders.forEach(holder -> out.send(holder, message));
        engine.copies(entry.set).counting().invalidations.add(holders.size());
    }

    private void supply(
            DirectoryEntry entry, Transaction t, Mode mode, NodeId heir, long request, boolean shared, Outbox out) {
        NodeId owner = entry.owner;
        if (owner != null) {
            Message message = new Message.Supply(
                    entry.set,
                    entry.object,
                    t.seq,
                    mode,
                    heir,
                    request,
                    entry.placement,
                    shared,
                    t.request.has(Message.TRY));
            expect(t, Phase.SUPPLYING, heir, owner, message, out);
        }
    }

    private void grant(
            DirectoryEntry entry, Transaction t, Outcome outcome, NodeId to, long request, Phase phase, Outbox out) {
        Message message = new Message.Grant(
                entry.set, entry.object, t.seq, request, outcome, CopyProtocol.NO_GHOST, entry.placement, true, null);
        expect(t, phase, to, to, message, out);
    }

    private static void expect(Transaction t, Phase phase, NodeId target, NodeId to, Message message, Outbox out) {
        t.phase = phase;
        t.target = target;
        t.sent = message;
        t.sentTo = to;
        out.send(to, message);
    }

    /** Sends again for transactions that take longer than this: when the requester has what it wants, only the home misses the end. */
    void remind(long nanos, Outbox out) {
        long now = engine.rpc().time().nanos();
        forEachActive(entry -> {
            synchronized (entry) {
                Transaction active = entry.active;
                if (!entry.dead && active != null && now - active.since > nanos) {
                    active.since = now;
                    again(entry, active, out);
                }
            }
        });
    }

    /** Sends again what may have been lost. */
    private void again(DirectoryEntry entry, Transaction t, Outbox out) {
        Message sent = t.sent;
        NodeId target = t.target;
        NodeId to = t.sentTo;
        if (sent == null) {
            return;
        }
        if (t.phase == Phase.INVALIDATING) {
            t.waiting.forEach(holder -> out.send(holder, sent));
        } else if (target != null && to != null) {
            out.send(to, sent);
            out.send(target, new Message.Probe(entry.set, entry.object, t.seq));
        }
    }

    private void answer(DirectoryEntry entry, Transaction t, Outcome outcome, Outbox out) {
        reply(entry, t, outcome, 0, null, out);
    }

    private void fail(DirectoryEntry entry, Transaction t, String problem, Outbox out) {
        reply(entry, t, Outcome.FAILED, 0, CopyProtocol.text(problem), out);
    }

    private void reply(
            DirectoryEntry entry, Transaction t, Outcome outcome, long seq, byte @Nullable [] text, Outbox out) {
        out.send(
                t.requester,
                new Message.Grant(
                        entry.set,
                        entry.object,
                        seq,
                        t.request.request(),
                        outcome,
                        0,
                        t.request.placement(),
                        true,
                        text));
        if (entry.active == t) {
            entry.active = null;
        }
    }

    void invalidated(NodeId from, Message.Invalidated it, Outbox out) {
        locked(it.set(), it.object(), entry -> {
            Transaction t = entry.active;
            if (t == null || t.seq != it.seq() || t.phase != Phase.INVALIDATING || !t.waiting.contains(from)) {
                return;
            }
            t.waiting = t.waiting.minus(from);
            t.busy |= it.busy();
            if (!it.busy()) {
                entry.dropped(from);
            }
            if (t.waiting.isEmpty()) {
                allInvalidated(entry, t, out);
                continueAfter(entry, out);
            }
        });
    }

    private void continueAfter(DirectoryEntry entry, Outbox out) {
        if (entry.active == null) {
            end(entry, out);
        }
    }

    private void allInvalidated(DirectoryEntry entry, Transaction t, Outbox out) {
        NodeId owner = entry.owner;
        switch (t.request.want()) {
            case REMOVE -> {
                if (entry.copies.isEmpty()) {
                    removed(entry, t, out);
                } else {
                    invalidate(entry, t, entry.copies, true, out);
                }
            }
            case FLUSH -> {
                if (t.requester.equals(owner)) {
                    begin(entry, t, out);
                } else {
                    answer(entry, t, Outcome.COMPLETED, out);
                }
            }
            case READ, SYNC -> answer(entry, t, Outcome.COMPLETED, out);
            case WRITE -> {
                if (t.busy) {
                    answer(entry, t, Outcome.BUSY, out);
                } else if (owner != null) {
                    invalidated(entry, t, owner, out);
                }
            }
        }
    }

    /** Goes on when all copies are gone that were known when the transaction began; the owner may have made others meanwhile. */
    private void invalidated(DirectoryEntry entry, Transaction t, NodeId owner, Outbox out) {
        NodeSet left = entry.copies.minus(owner).minus(t.requester);
        if (left.isEmpty()) {
            handOver(entry, t, owner, out);
        } else {
            invalidate(entry, t, left, false, out);
        }
    }

    /**
     * Notes who got copies from the owner. While ownership is about to move that is too late: the owner, who has not heard that they are
     * known, will not let it go and say so, and then the transaction begins anew.
     */
    void readers(NodeId from, Message.Readers it, Outbox out) {
        locked(it.set(), it.object(), entry -> {
            Transaction t = entry.active;
            Transaction moving = t != null && t.moves() ? t : null;
            if (!from.equals(entry.owner) || (moving != null && moving.seq != it.deferred())) {
                return;
            }
            entry.readers(it.readers());
            out.send(from, new Message.Registered(it.set(), it.object(), it.number()));
            if (moving != null) {
                begin(entry, moving, out);
            }
        });
    }

    /** Those who do not want to wait for holds need not. */
    void blocked(NodeId from, Message.Blocked it, Outbox out) {
        locked(it.set(), it.object(), entry -> {
            Transaction t = entry.active;
            if (t != null && t.seq == it.seq() && (t.waiting.contains(from) || from.equals(t.sentTo))) {
                t.blocked = true;
                entry.queue.removeIf(queued -> {
                    boolean attempt = queued.request.has(Message.TRY);
                    if (attempt) {
                        answer(entry, queued, Outcome.BUSY, out);
                    }
                    return attempt;
                });
            }
        });
    }

    void relinquished(NodeId from, Message.Relinquished it, Outbox out) {
        locked(it.set(), it.object(), entry -> {
            Transaction t = entry.active;
            if (t != null && t.seq == it.seq() && from.equals(entry.owner)) {
                entry.absent();
                standIns.shadow(entry, entry.lost, out);
                begin(entry, t, out);
            }
        });
    }

    void done(NodeId from, Message.Done it, Outbox out) {
        removals.confirmed(it.seq());
        locked(it.set(), it.object(), entry -> {
            Transaction t = entry.active;
            if (t == null || t.seq != it.seq() || !from.equals(t.target)) {
                return;
            }
            switch (t.phase) {
                case QUEUED, INVALIDATING -> {}
                case SUPPLYING -> {
                    supplied(entry, t, from, it, out);
                    nowCreated(entry, t, from, out);
                    end(entry, out);
                }
                case TOUCHING -> {
                    if (it.taken()) {
                        entry.own(from);
                    }
                    entry.lost &= !it.present();
                    if (it.present()) {
                        standIns.exists(entry, from, t.seq, out);
                    } else {
                        standIns.shadow(entry, entry.lost, out);
                    }
                    nowCreated(entry, t, from, out);
                    end(entry, out);
                }
                case TOUCHING_HERE -> touched(entry, t, it, out);
            }
        });
    }

    private void touched(DirectoryEntry entry, Transaction t, Message.Done it, Outbox out) {
        if (it.present()) {
            entry.own(engine.self());
            if (!entry.replicated) {
                standIns.exists(entry, engine.self(), t.seq, out);
            }
            entry.lost = false;
            begin(entry, t, out);
        } else if (it.error().isEmpty()) {
            entry.lost = t.wasLost;
            begin(entry, t, out);
        } else {
            fail(entry, t, it.error(), out);
            end(entry, out);
        }
    }

    private void supplied(DirectoryEntry entry, Transaction t, NodeId from, Message.Done it, Outbox out) {
        entry.lost &= !it.present();
        switch (t.request.want()) {
            case READ -> {
                if (it.taken() && t.migrates() && it.owns()) {
                    entry.own(from);
                } else if (it.taken()) {
                    entry.reader(from);
                    entry.migratory &= !t.migrates();
                }
            }
            case WRITE -> {
                if (it.taken()) {
                    entry.own(from);
                }
            }
            case FLUSH -> {
                if (it.taken()) {
                    entry.owner = from;
                    entry.dropped(t.requester);
                    entry.reader(from);
                    answer(entry, t, Outcome.COMPLETED, out);
                } else {
                    fail(entry, t, "the owner could not send it", out);
                }
            }
            case REMOVE, SYNC -> {}
        }
    }

    void created(NodeId from, Message.Created it, Outbox out) {
        locked(it.set(), it.object(), entry -> {
            Transaction t = entry.active;
            if (from.equals(entry.owner)) {
                entry.lost = false;
                standIns.exists(entry, from, it.seq(), out);
            } else if (t != null && from.equals(t.target)) {
                t.created = Math.max(t.created, it.seq());
            }
        });
    }

    /** The new owner's word that it made the object may be faster than the one that ownership arrived. */
    private void nowCreated(DirectoryEntry entry, Transaction t, NodeId from, Outbox out) {
        if (t.created != Transaction.NOT_YET && from.equals(entry.owner)) {
            entry.lost = false;
            standIns.exists(entry, from, t.created, out);
        }
    }
}
