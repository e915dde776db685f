package org.linuxssi.kddm;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;

/**
 * The messages that copies get: what homes demand, what owners and homes grant.
 *
 * <p>Every message of a transaction carries its number. One with a smaller number than the newest that took effect on the
 * copy is a late duplicate and only answered again.
 */
final class CopyProtocol<T> {

    private static final Logger LOG = System.getLogger(CopyProtocol.class.getName());
    /** Version in an upgrade by the home: there is no ghost to release. */
    static final long NO_GHOST = -1;

    private static final int MOST_AHEAD = 64;

    private final Engine engine;
    private final Copies<T> copies;

    CopyProtocol(Engine engine, Copies<T> copies) {
        this.engine = engine;
        this.copies = copies;
    }

    void invalidate(NodeId home, Message.Invalidate it, Outbox out) {
        if (it.removal()) {
            boolean again = engine.replicator().backups().removed(it.set(), it.object(), it.seq() - 1);
            boolean stored = copies.durable().keeps(it.placement());
            boolean begun = stored && !again && copies.durable().beginRemoval(it.object());
            copies.backup().removed(it.object(), Backups.Tombstone.of(it));
            if (stored) {
                long epoch = engine.members().epoch();
                copies.durable()
                        .remove(
                                it.object(),
                                begun,
                                again,
                                () -> engine.transact(later -> {
                                    if (engine.members().epoch() == epoch) {
                                        invalidateHere(home, it, later);
                                    }
                                }));
                return;
            }
        }
        invalidateHere(home, it, out);
    }

    private void invalidateHere(NodeId home, Message.Invalidate it, Outbox out) {
        Copy<T> copy = copies.table().find(it.object());
        if (copy == null) {
            out.send(home, new Message.Invalidated(it.set(), it.object(), it.seq(), false));
            return;
        }
        synchronized (copy) {
            if (copy.dead || it.seq() < copy.seq) {
                out.send(home, new Message.Invalidated(it.set(), it.object(), it.seq(), false));
            } else if (it.attempt() && refuses(copy, it.seq(), copy.held())) {
                out.send(home, new Message.Invalidated(it.set(), it.object(), it.seq(), true));
            } else {
                copies.hints().beforeRemoval(copy, home, out);
                demand(copy, home, it, out);
            }
        }
    }

    void supply(NodeId home, Message.Supply it, Outbox out) {
        copies.locked(it.object(), copy -> {
            copy.placement(it.placement());
            if (it.seq() < copy.seq) {
                return;
            }
            boolean moves = it.mode() == Mode.WRITE || it.mode() == Mode.OWNERSHIP;
            if (moves && copies.hints().defers(copy, home, it.seq(), out)) {
                return;
            }
            if (it.attempt() && refuses(copy, it.seq(), copy.writer || (copy.held() && moves))) {
                out.send(it.requester(), grant(it, Outcome.BUSY, 0, null));
            } else {
                demand(copy, home, it, out);
            }
        });
    }

    /**
     * Tells whether a demand that does not wait gets BUSY. What a transaction was answered once it is answered always: the home may have
     * ended it by a refusal, and knows of no owner that a repeated demand would make.
     */
    private static boolean refuses(Copy<?> copy, long transaction, boolean held) {
        if (held && transaction > copy.seq) {
            copy.answered(transaction, true);
            copy.noDemand();
        }
        return copy.refused(transaction);
    }

    private void demand(Copy<T> copy, NodeId home, Message it, Outbox out) {
        if (!it.equals(copy.demand())) {
            int ahead = copy.state() == ObjectState.WRITE_OWNER ? Math.min(copy.waiters(), MOST_AHEAD) : 0;
            copy.demand(it, home, ahead);
        }
        copies.serve(copy, out);
        blocked(copy, out);
    }

    /** Tells the home that its demand waits for holds here; when it waits for the home itself, later. */
    void blocked(Copy<T> copy, Outbox out) {
        Message demand = copy.demand();
        NodeId home = copy.demander();
        if (demand != null && home != null && copy.unconfirmed().isEmpty()) {
            out.send(home, new Message.Blocked(demand.set(), demand.object(), seq(demand)));
        }
    }

    private static long seq(Message demand) {
        return demand instanceof Message.Invalidate it ? it.seq() : demand instanceof Message.Supply it ? it.seq() : 0;
    }

    /**
     * Tells whether the holds, and readers of whom the home has not heard, allow to obey the demand. An owner that may have been voted out
     * writes nothing to the store, where something newer may be.
     */
    boolean ready(Copy<T> copy) {
        if (copy.demand() instanceof Message.Invalidate && !copy.unconfirmed().isEmpty()) {
            return false;
        }
        if (copy.demand() instanceof Message.Supply supply && supply.mode() == Mode.SYNC && !engine.serving()) {
            return false;
        }
        boolean sharing = copy.demand() instanceof Message.Supply supply
                && (supply.mode() == Mode.READ || supply.mode() == Mode.SYNC || supply.mode() == Mode.MIGRATE);
        return sharing ? !copy.writer : !copy.held();
    }

    /** Does what the home demands. */
    void obey(Copy<T> copy, Outbox out) {
        Message demand = copy.demand();
        NodeId home = copy.demander();
        copy.noDemand();
        if (demand instanceof Message.Invalidate it && home != null) {
            copy.answered(it.seq(), false);
            drop(copy, it.removal());
            copy.hint(it.removal() || it.heir() == Message.ANY_NODE ? null : NodeId.of(it.heir()));
            out.send(home, new Message.Invalidated(it.set(), it.object(), it.seq(), false));
        } else if (demand instanceof Message.Supply it && home != null) {
            copy.answered(it.seq(), false);
            supplied(copy, home, it, out);
        }
    }

    private void drop(Copy<T> copy, boolean removal) {
        copy.known();
        copy.noPredecessor();
        CopyData<T> data = copies.data();
        if (removal) {
            data.removed(copy);
            copy.state(ObjectState.INV_COPY);
            copy.version = 0;
            copy.safe = false;
        } else {
            data.state(copy, ObjectState.INV_COPY);
            data.invalidated(copy);
        }
        copy.noHeir();
    }

    private void supplied(Copy<T> copy, NodeId home, Message.Supply it, Outbox out) {
        try {
            CopyState.of(copy).supply(this, copy, home, it, out);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "supply of object " + it.object() + " of set " + copies.id() + " failed", e);
            out.send(it.requester(), grant(it, Outcome.FAILED, 0, text(String.valueOf(e))));
        }
    }

    /** Sends what the home demands. */
    void serve(Copy<T> copy, Message.Supply it, Outbox out) {
        switch (it.mode()) {
            case READ -> share(copy, it, out);
            case WRITE -> move(copy, it, out);
            case MIGRATE -> {
                if (migrates(copy)) {
                    move(copy, it, out);
                } else {
                    share(copy, it, out);
                }
            }
            case OWNERSHIP -> {
                boolean safe = safe(copy);
                bequeath(copy, it);
                Outcome outcome = it.shared() ? Outcome.SHARED_OWNER : Outcome.UPGRADE;
                out.send(it.requester(), grant(it, outcome, copy.version, null, safe));
            }
            case SYNC -> {
                copies.data().synced(copy);
                out.send(it.requester(), grant(it, Outcome.COMPLETED, copy.version, null));
            }
        }
    }

    /** Tells whether the next user of an object that nodes write in turn gets it with ownership; asked again, the answer is the same. */
    private static boolean migrates(Copy<?> copy) {
        return copy.state() == ObjectState.WRITE_GHOST
                || (copy.state() == ObjectState.WRITE_OWNER && copy.written() && !copy.held() && copy.head() == null);
    }

    private void share(Copy<T> copy, Message.Supply it, Outbox out) {
        byte[] bytes = copies.data().exported(copy);
        copies.data().state(copy, ObjectState.READ_OWNER);
        copy.migrated(false);
        out.send(it.requester(), grant(it, Outcome.READ_COPY, copy.version, bytes));
    }

    private void move(Copy<T> copy, Message.Supply it, Outbox out) {
        boolean safe = safe(copy);
        byte[] bytes = bequeath(copy, it);
        out.send(it.requester(), grant(it, Outcome.OWNER, copy.version, bytes, safe));
    }

    private boolean safe(Copy<T> copy) {
        return copies.backup().waits() ? copies.backup().safe(copy) : !copy.unborn();
    }

    /** Turns the copy into the ghost of the requester's and returns the data. */
    private byte[] bequeath(Copy<T> copy, Message.Supply it) {
        CopyData<T> data = copies.data();
        byte[] bytes = data.exported(copy);
        if (it.request() == 0) {
            data.flushed(copy, it.requester());
        }
        copies.backup().handedOver(copy, it.requester(), bytes);
        data.state(copy, ObjectState.WRITE_GHOST);
        data.invalidated(copy);
        copy.known();
        copy.raw(bytes);
        copy.heir(it.requester(), it.seq());
        copy.hint(it.mode() == Mode.WRITE ? it.requester() : null);
        engine.ghost(copies, copy, it.seq());
        return bytes;
    }

    private static Message.Grant grant(Message.Supply it, Outcome outcome, long version, byte @Nullable [] data) {
        return grant(it, outcome, version, data, true);
    }

    private static Message.Grant grant(
            Message.Supply it, Outcome outcome, long version, byte @Nullable [] data, boolean safe) {
        return new Message.Grant(
                it.set(), it.object(), it.seq(), it.request(), outcome, version, it.placement(), safe, data);
    }

    static byte[] text(String error) {
        return MessageCodec.error(error).getBytes(StandardCharsets.UTF_8);
    }

    void granted(NodeId from, Message.Grant it, Outbox out) {
        if (it.outcome() == Outcome.LOAD) {
            copies.durable().load(it);
            return;
        }
        Outstanding asked = engine.outstanding(it.request());
        if (asked != null && asked.operation != null) {
            finished(asked, it, out);
            return;
        }
        copies.locked(it.object(), copy -> granted(copy, from, it, out));
    }

    private void finished(Outstanding asked, Message.Grant it, Outbox out) {
        engine.answered(asked);
        KddmException error = error(it);
        out.later(() -> {
            if (asked.operation != null && error == null) {
                asked.operation.complete(null);
            } else if (asked.operation != null && error != null) {
                asked.operation.completeExceptionally(error);
            }
        });
        done(it, true, false, false, "", out);
    }

    private void done(Message.Grant it, boolean present, boolean taken, boolean owns, String error, Outbox out) {
        if (it.seq() != 0) {
            engine.home(it.placement(), it.object())
                    .ifPresent(home -> out.send(
                            home, new Message.Done(it.set(), it.object(), it.seq(), present, taken, owns, error)));
        }
    }

    private void granted(Copy<T> copy, NodeId from, Message.Grant it, Outbox out) {
        copy.placement(it.placement());
        boolean upgrade = it.outcome() == Outcome.UPGRADE && it.version() == NO_GHOST;
        if (upgrade && it.seq() >= copy.seq && copies.hints().defers(copy, from, it.seq(), out)) {
            return;
        }
        Outstanding asked = copy.outstanding();
        boolean mine = asked != null && asked.request.request() == it.request();
        if (mine && asked != null && it.seq() > copy.seq && lacksData(copy, it)) {
            engine.askForData(copy, asked, out);
            return;
        }
        if (mine && asked != null) {
            copy.outstanding(null);
            engine.answered(asked);
        }
        if (it.seq() != 0 && it.seq() <= copy.seq) {
            copies.serve(copy, out);
            done(it, copy.exists(), true, copy.state().owner(), "", out);
            return;
        }
        String error = "";
        boolean taken = true;
        switch (it.outcome()) {
            case READ_COPY -> taken = read(copy, it, mine);
            case OWNER -> {
                boolean wasRead = copy.state() == ObjectState.READ_COPY
                        || (mine && asked != null && asked.request.want() == Message.Want.READ);
                own(copy, it, ObjectState.WRITE_OWNER);
                copy.migrated(wasRead);
            }
            case UPGRADE -> upgrade(copy, it, ObjectState.WRITE_OWNER);
            case SHARED_OWNER -> upgrade(copy, it, ObjectState.READ_OWNER);
            case FIRST_TOUCH -> untouched(copy, it);
            case REMAKE -> {
                taken = mine && asked != null && copy.head() == asked.initiator;
                if (taken) {
                    untouched(copy, it);
                }
            }
            case TOUCH -> {
                String problem = touch(copy, it);
                if (problem == null) {
                    return;
                }
                error = problem;
            }
            case ABSENT, LOAD, BUSY, LOST, COMPLETED, FAILED -> {
                taken = false;
                refuse(copy, asked, mine, it, out);
            }
        }
        if (copy.heir() == null && taken && it.version() != NO_GHOST && owns(it.outcome())) {
            arrived(copy, from, it, out);
        }
        copies.serve(copy, out);
        boolean safelyMade = !makes(it.outcome())
                || it.outcome() == Outcome.TOUCH
                || !copy.unborn()
                || !copies.backup().waits();
        if (makes(it.outcome()) && copy.exists() && safelyMade) {
            copy.told(true);
        }
        done(it, copy.exists() && safelyMade, taken, taken && copy.state().owner(), error, out);
    }

    /** Tells whether ownership comes without data to a node that has lost its copy since it asked. */
    private static boolean lacksData(Copy<?> copy, Message.Grant it) {
        return it.outcome() == Outcome.UPGRADE && it.version() != NO_GHOST && !copy.exists();
    }

    /** Releases the ghost, with several copies not before the backups are where they have to be. */
    private void arrived(Copy<T> copy, NodeId from, Message.Grant it, Outbox out) {
        CopyBackup<T> backup = copies.backup();
        if (backup.lacking(copy.object, from, it.safe())) {
            Backups.Backup snapshot = backup.snapshot(copy);
            copy.predecessor(from, it.seq());
            copy.safe = false;
            out.later(() -> {
                var _ = backup.push(copy, snapshot);
            });
        } else {
            copy.safe = true;
            out.send(from, new Message.Received(it.set(), it.object(), it.seq()));
            if (!it.safe()) {
                copy.born();
                copies.births().tell(copy, out);
            }
        }
    }

    /** Lets the predecessor's ghost go: what is here is in as many places as it has to be. */
    void releasePredecessor(Copy<T> copy, Outbox out) {
        NodeId predecessor = copy.predecessor();
        if (predecessor != null) {
            out.send(predecessor, new Message.Received(copies.key(), copy.object, copy.predecessorSeq()));
            copy.noPredecessor();
        }
    }

    private static boolean owns(Outcome outcome) {
        return outcome == Outcome.OWNER || outcome == Outcome.UPGRADE || outcome == Outcome.SHARED_OWNER;
    }

    private static boolean makes(Outcome outcome) {
        return outcome == Outcome.FIRST_TOUCH || outcome == Outcome.REMAKE || outcome == Outcome.TOUCH;
    }

    private boolean read(Copy<T> copy, Message.Grant it, boolean mine) {
        byte[] bytes = it.data();
        if (!mine || copy.state().owner() || bytes == null) {
            return false;
        }
        own(copy, it, ObjectState.READ_COPY);
        return true;
    }

    private void own(Copy<T> copy, Message.Grant it, ObjectState state) {
        byte[] bytes = it.data();
        arrived(copy, it.seq(), it.version(), state, bytes == null ? new byte[0] : bytes);
    }

    /** Takes an object that was sent. */
    void arrived(Copy<T> copy, long seq, long version, ObjectState state, byte[] bytes) {
        copy.answered(seq, false);
        copy.version = version;
        copy.state(state);
        copy.written(false);
        copy.noHeir();
        copies.data().arrived(copy, bytes);
    }

    private void upgrade(Copy<T> copy, Message.Grant it, ObjectState state) {
        copy.answered(it.seq(), false);
        copy.migrated(it.version() != NO_GHOST);
        if (!copy.state().readable()) {
            LOG.log(Level.ERROR, "object " + it.object() + " of set " + copies.id() + ": ownership without data");
            untouched(copy, it);
            return;
        }
        copy.noHeir();
        copies.data().state(copy, state);
    }

    private void untouched(Copy<T> copy, Message.Grant it) {
        copy.seq = it.seq();
        copy.version = 0;
        copy.safe = false;
        copy.known();
        copy.lost(it.outcome() == Outcome.REMAKE);
        copy.state(ObjectState.INV_OWNER);
        copy.value = null;
        copy.raw(null);
        copy.noHeir();
    }

    /** Touches the object now; returns what went wrong, or null when the set has to be opened first. */
    private @Nullable String touch(Copy<T> copy, Message.Grant it) {
        if (copies.data().spec() == null) {
            String problem = engine.opening(copies.key());
            if (problem == null) {
                return null;
            }
            copy.seq = it.seq();
            return problem;
        }
        untouched(copy, it);
        try {
            copies.data().firstTouch(copy);
            copy.born();
            if (copies.backup().waits()) {
                engine.rpc().time().execute(() -> copies.backup().refresh(copy));
            }
            return "";
        } catch (RuntimeException e) {
            copy.state(ObjectState.INV_COPY);
            return MessageCodec.error("first touch at the default owner failed: " + e);
        }
    }

    private void refuse(Copy<T> copy, @Nullable Outstanding asked, boolean mine, Message.Grant it, Outbox out) {
        Waiter<T> first = copy.head();
        if (!mine || asked == null || first == null || first != asked.initiator) {
            return;
        }
        KddmException error = error(it);
        if (error == null) {
            copies.absent(copy, first, out);
        } else {
            copies.fail(copy, first, error, out);
        }
    }

    private @Nullable KddmException error(Message.Grant it) {
        String object = "object " + it.object() + " of set " + copies.id();
        return switch (it.outcome()) {
            case LOST -> lost(it.object());
            case BUSY -> new KddmException(Kind.BUSY, object + " is held by another node");
            case FAILED -> {
                byte[] data = it.data();
                yield new KddmException(
                        Kind.LINKER,
                        object + ": " + (data == null ? "failed" : new String(data, StandardCharsets.UTF_8)));
            }
            case READ_COPY, OWNER, UPGRADE, SHARED_OWNER, FIRST_TOUCH, REMAKE, TOUCH, LOAD, ABSENT, COMPLETED -> null;
        };
    }

    KddmException lost(long object) {
        return new KddmException(
                Kind.LOST,
                "object " + object + " of set " + copies.id()
                        + " is lost: its only copy died with its node; set or remove it to go on");
    }

    /** Asks whether ownership arrived, as long as nobody has said so. */
    void askHeir(Copy<?> copy, long seq, Outbox out) {
        synchronized (copy) {
            NodeId heir = copy.heir();
            if (!copy.dead && copy.state() == ObjectState.WRITE_GHOST && copy.heirSeq() == seq && heir != null) {
                out.send(heir, new Message.Probe(copies.key(), copy.object, seq));
                engine.ghost(copies, copy, seq);
            }
        }
    }

    void received(Message.Received it, Outbox out) {
        release(it.object(), it.seq(), out);
    }

    /** Takes an answer to a probe as the word that ownership arrived. */
    void confirmed(Message.Done it, Outbox out) {
        if (it.taken() && !copies.backup().waits()) {
            release(it.object(), it.seq(), out);
        }
    }

    /** Drops the ghost of this transaction. */
    private void release(long object, long seq, Outbox out) {
        Copy<T> copy = copies.table().find(object);
        if (copy == null) {
            return;
        }
        synchronized (copy) {
            CopyState.of(copy).received(this, copy, seq, out);
        }
    }

    /** The new owner has it. */
    void dropGhost(Copy<T> copy, Outbox out) {
        copy.state(ObjectState.INV_COPY);
        copy.raw(null);
        copy.noHeir();
        releasePredecessor(copy, out);
        copies.forget(copy);
    }

    void probe(NodeId home, Message.Probe it, Outbox out) {
        Copy<T> copy = copies.table().find(it.object());
        if (copy == null) {
            return;
        }
        synchronized (copy) {
            if (copy.deferred(it.seq())) {
                copies.hints().defers(copy, home, it.seq(), out);
            } else if (copy.seq >= it.seq()) {
                out.send(
                        home,
                        new Message.Done(
                                it.set(),
                                it.object(),
                                it.seq(),
                                copy.exists(),
                                true,
                                copy.state().owner(),
                                ""));
                if (copy.predecessor() == null) {
                    out.send(home, new Message.Received(it.set(), it.object(), it.seq()));
                }
            }
        }
    }
}
