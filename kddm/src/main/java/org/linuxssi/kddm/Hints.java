package org.linuxssi.kddm;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Reads that go straight to the owner. A node that loses its copy remembers who will own the object ({@link Copy#hint}) and asks that
 * node next time. The owner sends a copy and tells the home of the reader; until the home has confirmed that, the owner neither lets
 * ownership go nor writes.
 */
final class Hints<T> {

    /** The most objects with readers whom their homes have not confirmed. */
    private static final int MOST_PENDING = 4096;

    private final Engine engine;
    private final Copies<T> copies;
    /** When the home was last told of the readers of an object. */
    private final ConcurrentHashMap<Long, Long> pending = new ConcurrentHashMap<>();

    Hints(Engine engine, Copies<T> copies) {
        this.engine = engine;
        this.copies = copies;
    }

    /** Asks the node that is taken for the owner; false when the home is to be asked. The copy is locked. */
    boolean ask(Copy<T> copy, Outstanding asked, Outbox out) {
        NodeId owner = copy.hint();
        copy.hint(null);
        Message.Request it = asked.request;
        NodeId home = home(it.placement(), it.object());
        NodeId self = engine.self();
        if (owner == null || home == null || owner.equals(self) || home.equals(self) || home.equals(owner)) {
            return false;
        }
        out.send(owner, new Message.Hinted(it.set(), it.object(), self, it.request(), it.flags(), it.placement()));
        return true;
    }

    private @Nullable NodeId home(int placement, long object) {
        return engine.home(placement, object).orElse(null);
    }

    /** Sends a copy if this node is the owner and can do so at once; else lets the home see to it. */
    void asked(Message.Hinted it, Outbox out) {
        NodeId home = home(it.placement(), it.object());
        if (engine.self().equals(home)) {
            engine.requested(it.requester(), request(it), out);
        } else if (home != null && !share(it, home, out)) {
            out.send(home, it);
        }
    }

    private static Message.Request request(Message.Hinted it) {
        return new Message.Request(
                it.set(), it.object(), it.request(), Message.Want.READ, it.flags(), it.placement(), Message.ANY_NODE);
    }

    private boolean share(Message.Hinted it, NodeId home, Outbox out) {
        Copy<T> copy = copies.table().find(it.object());
        if (copy == null) {
            return false;
        }
        synchronized (copy) {
            byte[] bytes = mayShare(copy) ? exported(copy) : null;
            if (bytes == null) {
                return false;
            }
            copies.data().state(copy, ObjectState.READ_OWNER);
            copy.unconfirmed(copy.unconfirmed().plus(it.requester()), engine.nextNumber());
            out.send(
                    it.requester(),
                    new Message.Shared(
                            it.set(), it.object(), copy.seq, it.request(), copy.version, it.placement(), bytes));
            tell(copy, home, 0, out);
        }
        return true;
    }

    /**
     * Tells whether the owner may send a copy without the home. Not when the home has not confirmed the ownership in this view; when
     * somebody waits or the home was put off, since readers would overtake it; nor when the next reader may get ownership.
     */
    private boolean mayShare(Copy<T> copy) {
        boolean owns = !copy.dead
                && copy.exists()
                && copy.state().owner()
                && copy.seq > engine.firstSeq(engine.members().epoch());
        boolean rests = !copy.writer && copy.quiet() && copy.outstanding() == null && !copy.wanted();
        boolean settled = !copy.unborn() && copy.predecessor() == null && !copy.migrated();
        return owns && rests && settled && copies.data().spec() != null && pending.size() < MOST_PENDING;
    }

    private byte @Nullable [] exported(Copy<T> copy) {
        try {
            return copies.data().exported(copy);
        } catch (RuntimeException refused) {
            return null;
        }
    }

    /** Tells the home of the readers that it has not confirmed; the copy is locked. */
    private void tell(Copy<T> copy, NodeId home, long deferred, Outbox out) {
        NodeSet readers = copy.unconfirmed();
        if (!readers.isEmpty()) {
            pending.put(copy.object, engine.rpc().time().nanos());
        }
        out.send(home, new Message.Readers(copies.key(), copy.object, copy.unconfirmedNumber(), readers, deferred));
    }

    /**
     * Tells whether a transaction by which others lose their copies must not take effect, since the home has to hear of readers first; it
     * is told so. Asked again, the answer is the same. The copy is locked.
     */
    boolean defers(Copy<T> copy, NodeId home, long transaction, Outbox out) {
        boolean deferred = copy.deferred(transaction);
        if (!deferred && (transaction <= copy.seq || copy.unconfirmed().isEmpty())) {
            return false;
        }
        if (!deferred) {
            copy.defer(transaction);
        }
        tell(copy, home, transaction, out);
        return true;
    }

    /** Tells the home at once of readers that it has not confirmed, since the object is being removed; the copy is locked. */
    void beforeRemoval(Copy<T> copy, NodeId home, Outbox out) {
        if (!copy.unconfirmed().isEmpty()) {
            tell(copy, home, 0, out);
        }
    }

    /** The home knows of all readers up to now. */
    void registered(Message.Registered it, Outbox out) {
        Copy<T> copy = copies.table().find(it.object());
        if (copy == null) {
            return;
        }
        synchronized (copy) {
            if (!copy.dead && !copy.unconfirmed().isEmpty() && copy.unconfirmedNumber() == it.number()) {
                copy.unconfirmed(NodeSet.EMPTY, 0);
                pending.remove(it.object());
                copies.serve(copy, out);
                copies.protocol().blocked(copy, out);
            }
        }
    }

    /** Takes a copy, unless the object may have been written since it was sent: then the home is asked. */
    void shared(Message.Shared it, Outbox out) {
        copies.locked(it.object(), copy -> {
            Outstanding asked = copy.outstanding();
            if (asked == null || asked.request.request() != it.request()) {
                copies.forget(copy);
                return;
            }
            if (it.seq() < copy.seq) {
                engine.send(asked, out);
                return;
            }
            copy.outstanding(null);
            engine.answered(asked);
            copy.placement(it.placement());
            if (!copy.state().owner()) {
                copies.protocol().arrived(copy, it.seq(), it.version(), ObjectState.READ_COPY, it.data());
            }
            copies.serve(copy, out);
        });
    }

    boolean idle() {
        return pending.isEmpty();
    }

    /** Tells the homes once more of readers that they have not confirmed since that moment. */
    void again(long moment, Outbox out) {
        pending.forEach((object, since) -> {
            if (since - moment < 0) {
                again(object, since, out);
            }
        });
    }

    private void again(long object, Long since, Outbox out) {
        Copy<T> copy = copies.table().find(object);
        if (copy == null) {
            pending.remove(object, since);
            return;
        }
        synchronized (copy) {
            NodeId home = home(copies.placement(copy), object);
            if (copy.dead || copy.unconfirmed().isEmpty() || home == null) {
                pending.remove(object, since);
            } else {
                tell(copy, home, 0, out);
            }
        }
    }
}
