package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Holders.Absent;
import org.linuxssi.kddm.Holders.Lost;
import org.linuxssi.kddm.Holders.Owned;
import org.linuxssi.kddm.HomeState.Invalidating;
import org.linuxssi.kddm.HomeState.Supplying;
import org.linuxssi.kddm.HomeState.Touching;
import org.linuxssi.kddm.HomeState.TouchingHere;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** One step of a home on the entry of one object, which is locked: how requests begin and end. */
final class Turn {

    final DirectoryEntry entry;
    final Outbox out;
    private final Engine engine;
    private final Answered removals;
    private final StandIns standIns;

    Turn(Engine engine, Answered removals, StandIns standIns, DirectoryEntry entry, Outbox out) {
        this.engine = engine;
        this.removals = removals;
        this.standIns = standIns;
        this.entry = entry;
        this.out = out;
    }

    /** Starts a request, and those behind it as long as they end at once. */
    void begin(Transaction first) {
        start(first);
        next();
    }

    /** What went on has ended. */
    void leave() {
        entry.state = HomeState.Resting.IT;
    }

    /** Starts those that queue, if nothing goes on. */
    void next() {
        while (entry.state == HomeState.Resting.IT) {
            Transaction queued = entry.queue.poll();
            if (queued == null) {
                return;
            }
            start(queued);
        }
    }

    private void start(Transaction t) {
        entry.placement = t.request.placement();
        entry.replicated = t.has(Message.REPLICATED);
        t.begin(engine.nextSeq(), engine.rpc().time().nanos());
        switch (t.want()) {
            case READ -> read(t);
            case WRITE -> write(t);
            case REMOVE -> remove(t);
            case FLUSH -> flush(t);
            case SYNC -> sync(t);
        }
    }

    private void read(Transaction t) {
        switch (entry.holders) {
            case Absent _ -> absent(t);
            case Lost _ -> lost(t);
            case Owned it -> {
                boolean migrates = entry.migratory && it.copies().size() == 1 && !t.requester.equals(it.owner());
                supply(t, it.owner(), migrates ? Mode.MIGRATE : Mode.READ, t.requester, t.request.request(), false);
            }
        }
    }

    private void write(Transaction t) {
        switch (entry.holders) {
            case Absent _ -> absent(t);
            case Lost _ -> lost(t);
            case Owned it -> {
                NodeSet others = it.copies().minus(it.owner()).minus(t.requester);
                boolean afterReading =
                        !it.owner().equals(t.requester) && it.copies().contains(t.requester);
                entry.migratory = others.isEmpty() && (entry.migratory || afterReading);
                writeAlone(t, it.owner());
            }
        }
    }

    /** Goes on with a write, after the others have dropped the copies that were known; the owner may have made more meanwhile. */
    void writeAlone(Transaction t, NodeId owner) {
        NodeSet others = entry.copies().minus(owner).minus(t.requester);
        if (!others.isEmpty()) {
            invalidate(t, others, false);
        } else if (owner.equals(t.requester)) {
            Message.Grant upgrade = grant(t, Outcome.UPGRADE, t.request.request());
            enter(new Supplying(t, t.requester, t.requester, upgrade), t.requester, upgrade);
        } else {
            supply(t, owner, hasData(t) ? Mode.OWNERSHIP : Mode.WRITE, t.requester, t.request.request(), false);
        }
    }

    /** Tells whether the requester needs no data: the home is sure that it has a copy, or knows that it may and it says so. */
    boolean hasData(Transaction t) {
        return entry.holders.data().contains(t.requester)
                || (t.hasCopy && entry.copies().contains(t.requester));
    }

    /** Has the owner, or who was it, send the data. */
    void supplyData(Transaction t, NodeId owner) {
        supply(t, owner, Mode.WRITE, t.requester, t.request.request(), false);
    }

    private void remove(Transaction t) {
        if (entry.holders instanceof Lost) {
            entry.holders = Holders.Absent.IT;
        }
        NodeSet holders = t.has(Message.REPLICATED) ? engine.members().set() : entry.copies();
        if (t.has(Message.DURABLE)
                && (!storeIsHere() || !engine.copies(entry.set).durable().ready())) {
            unreachable(t);
            return;
        }
        standIns.shadow(entry, false, t.seq, out);
        if (holders.isEmpty()) {
            removed(t);
        } else {
            invalidate(t, holders, true);
        }
    }

    /** Goes on with a removal, after those have dropped their copies that were known to have one. */
    void removedAll(Transaction t) {
        if (entry.copies().isEmpty()) {
            removed(t);
        } else {
            invalidate(t, entry.copies(), true);
        }
    }

    /** A home that may have been voted out meanwhile does not say so: it is asked again, and then knows. */
    private void removed(Transaction t) {
        entry.holders = Holders.Absent.IT;
        standIns.shadow(entry, false, t.seq, out);
        removals.add(entry, t.requester, t.request.request(), t.seq);
        if (engine.serving()) {
            reply(t, Outcome.COMPLETED, t.seq, null);
        }
    }

    private void sync(Transaction t) {
        switch (entry.holders) {
            case Absent _ -> answer(t, Outcome.COMPLETED);
            case Lost _ -> answer(t, t.has(Message.REPLACE) ? Outcome.COMPLETED : Outcome.LOST);
            case Owned it -> supply(t, it.owner(), Mode.SYNC, t.requester, t.request.request(), false);
        }
    }

    private void flush(Transaction t) {
        switch (entry.holders) {
            case Absent _ -> answer(t, Outcome.COMPLETED);
            case Lost _ -> answer(t, t.has(Message.REPLACE) ? Outcome.COMPLETED : Outcome.LOST);
            case Owned it -> {
                if (!it.copies().contains(t.requester)) {
                    answer(t, Outcome.COMPLETED);
                } else if (t.requester.equals(it.owner())) {
                    flushOwner(t, it);
                } else {
                    invalidate(t, NodeSet.of(t.requester), false);
                }
            }
        }
    }

    private void flushOwner(Transaction t, Owned it) {
        NodeSet others = it.copies().minus(t.requester);
        NodeSet readers = it.data().minus(t.requester);
        if (readers.isEmpty() && !others.isEmpty()) {
            // then it begins anew: one of them may become the owner, by a transaction newer than the one that took its
            // copy
            invalidate(t, others, false);
            return;
        }
        NodeSet heirs = readers.isEmpty() ? engine.staying().minus(t.requester) : readers;
        NodeId heir = heir(t, heirs);
        if (heir == null) {
            fail(t, "no other node can take it");
        } else {
            Mode mode = readers.isEmpty() ? Mode.WRITE : Mode.OWNERSHIP;
            supply(t, it.owner(), mode, heir, 0, others.size() > 1);
        }
    }

    private @Nullable NodeId heir(Transaction t, NodeSet heirs) {
        int wish = t.request.destination();
        if (wish != Message.ANY_NODE && heirs.contains(NodeId.of(wish))) {
            return NodeId.of(wish);
        }
        if (heirs.isEmpty()) {
            return null;
        }
        return engine.among(heirs, entry.placement, entry.object);
    }

    /** Looks into the store first, where there is one. */
    private void absent(Transaction t) {
        if (!t.has(Message.DURABLE) || t.looked) {
            untouched(t);
        } else if (storeIsHere()) {
            look(t);
        } else {
            unreachable(t);
        }
    }

    /** What nobody has in memory may still be in the store. */
    private void lost(Transaction t) {
        boolean durable = t.has(Message.DURABLE);
        if (durable && !t.looked && storeIsHere()) {
            look(t);
        } else if (durable && !storeIsHere()) {
            unreachable(t);
        } else if (t.has(Message.REPLACE)) {
            untouched(t);
        } else {
            answer(t, Outcome.LOST);
        }
    }

    private void look(Transaction t) {
        t.looked = true;
        touchHere(t, Outcome.LOAD);
    }

    private boolean storeIsHere() {
        return entry.placement == engine.self().value();
    }

    private void unreachable(Transaction t) {
        fail(t, DurableCopies.unreachable(entry.object, entry.set, entry.placement));
    }

    private void untouched(Transaction t) {
        boolean manual = t.has(Message.MANUAL);
        if (t.has(Message.NO_FIRST_TOUCH) && !manual) {
            answer(t, Outcome.ABSENT);
        } else if (t.has(Message.TOUCH_AT_HOME)
                && !manual
                && !t.requester.equals(engine.self())
                && engine.staying().contains(engine.self())) {
            touchHere(t, Outcome.TOUCH);
        } else {
            Message.Grant touch =
                    grant(t, entry.holders.lost() ? Outcome.REMAKE : Outcome.FIRST_TOUCH, t.request.request());
            enter(new Touching(t, t.requester, touch), t.requester, touch);
        }
    }

    private void touchHere(Transaction t, Outcome how) {
        Message.Grant touch = grant(t, how, 0);
        enter(new TouchingHere(t, engine.self(), touch), engine.self(), touch);
    }

    private void invalidate(Transaction t, NodeSet holders, boolean removal) {
        Message.Invalidate message = new Message.Invalidate(
                entry.set,
                entry.object,
                t.seq,
                removal,
                t.has(Message.TRY) && !removal,
                entry.placement,
                removal || t.want() == Message.Want.WRITE ? t.requester.value() : Message.ANY_NODE,
                t.request.request());
        entry.state = new Invalidating(t, holders, message);
        holders.forEach(holder -> out.send(holder, message));
        engine.copies(entry.set).counting().invalidations.add(holders.size());
    }

    private void supply(Transaction t, NodeId owner, Mode mode, NodeId heir, long request, boolean shared) {
        Message.Supply message = new Message.Supply(
                entry.set, entry.object, t.seq, mode, heir, request, entry.placement, shared, t.has(Message.TRY));
        enter(new Supplying(t, heir, owner, message), owner, message);
    }

    private Message.Grant grant(Transaction t, Outcome outcome, long request) {
        return new Message.Grant(
                entry.set, entry.object, t.seq, request, outcome, CopyProtocol.NO_GHOST, entry.placement, true, null);
    }

    private void enter(HomeState next, NodeId to, Message message) {
        entry.state = next;
        out.send(to, message);
    }

    /** Answers a request that needs no more. */
    void answer(Transaction t, Outcome outcome) {
        reply(t, outcome, 0, null);
    }

    void fail(Transaction t, String problem) {
        reply(t, Outcome.FAILED, 0, CopyProtocol.text(problem));
    }

    private void reply(Transaction t, Outcome outcome, long seq, byte @Nullable [] text) {
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
    }

    /** Answers a removal once more that was carried out by this transaction. */
    void answerAgain(Transaction asked, long removal) {
        reply(asked, Outcome.COMPLETED, removal, null);
    }

    /** Notes who got copies from the owner and says so. */
    void register(Message.Readers it) {
        NodeId owner = entry.owner();
        if (owner != null) {
            entry.holders = entry.holders.perhapsWith(it.readers());
            out.send(owner, new Message.Registered(it.set(), it.object(), it.number()));
        }
    }

    /** The owner gave ownership of nothing back, so that the request starts again as for an absent object. */
    void relinquished(Transaction t) {
        entry.holders = entry.holders.givenBack();
        standIns.shadow(entry, entry.holders.lost(), t.seq, out);
        begin(t);
    }

    /** Who may make the object has said whether it did. */
    void touched(Transaction t, NodeId maker, Message.Done it) {
        if (it.taken()) {
            entry.holders = entry.holders.ownedBy(maker);
        }
        if (it.present()) {
            entry.holders = entry.holders.found();
            standIns.exists(entry, maker, t.seq, out);
        } else {
            standIns.shadow(entry, entry.holders.lost(), t.seq, out);
        }
    }

    /** The object was made or loaded here. */
    void touchedHere(Transaction t, NodeId self) {
        entry.holders = entry.holders.ownedBy(self).found();
        if (!entry.replicated) {
            standIns.exists(entry, self, t.seq, out);
        }
    }

    /** The owner says that the object exists. */
    void created(NodeId owner, long birth) {
        entry.holders = entry.holders.found();
        standIns.exists(entry, owner, birth, out);
    }

    /** Takes note of what the new owner said before its confirmation came. */
    void nowCreated(Transaction t, NodeId from) {
        if (t.created != Transaction.NOT_YET && from.equals(entry.owner())) {
            created(from, t.created);
        }
    }
}
