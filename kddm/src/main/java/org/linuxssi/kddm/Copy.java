package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;

/** What this node has of one object, who holds it here, and who waits. All fields are guarded by the copy's monitor. */
final class Copy<T> extends ObjectTable.Node {

    ObjectState state = ObjectState.INV_COPY;
    /** The object; in a state that is not readable, data kept for the next import. */
    @Nullable
    T value;
    /** The object as bytes: not imported yet, or the ghost of what was handed over. */
    byte @Nullable [] raw;
    /** Counts the writes; travels with the data. */
    long version;
    /** The newest transaction of the home that took effect here. */
    long seq;

    /** Where the directory entry goes, as messages said; used while the set is not open here. */
    int placement = Members.MODULO;

    /** Holds to read. */
    int readers;
    /** Whether there is a hold to write. */
    boolean writer;

    @Nullable
    Waiter<T> head;

    @Nullable
    Waiter<T> tail;
    /** How many of the first waiters came before the demand. */
    int ahead;
    /** What the home wants of this copy once the holds have ended. */
    @Nullable
    Message demand;
    /** Where answers to the demand go. */
    @Nullable
    NodeId demander;

    @Nullable
    Outstanding outstanding;
    /** Whom ownership went to. */
    @Nullable
    NodeId heir;
    /** The transaction that took ownership away. */
    long heirSeq;
    /** Ownership came, but backups are not yet where they have to be. */
    boolean unprotected;
    /** The epoch in which the backups of this version were where they have to be. */
    long safe;
    /** It is new, and not yet known to exist: there are no backups, or with one copy, the home's stand-in has not confirmed it. */
    boolean unborn;
    /** The transaction that made it; counts while it is unborn. */
    long birth;
    /** Whether the copy waits to be taken out of the table. */
    boolean idle;

    Copy(long object) {
        super(object);
    }

    boolean held() {
        return writer || readers > 0;
    }

    /** Tells whether nobody waits, neither here nor elsewhere. */
    boolean quiet() {
        return head == null && demand == null;
    }

    /** It was touched for the first time, or came from a node that does not know whether its existence is known. */
    void born() {
        unborn = true;
        birth = seq;
    }

    boolean exists() {
        return state.readable();
    }

    boolean forgettable() {
        return state == ObjectState.INV_COPY
                && !held()
                && quiet()
                && outstanding == null
                && value == null
                && raw == null;
    }

    void append(Waiter<T> waiter) {
        if (tail == null) {
            head = waiter;
        } else {
            tail.next = waiter;
        }
        tail = waiter;
    }

    /** Takes the first waiter out. */
    void shift() {
        Waiter<T> first = head;
        if (first != null) {
            head = first.next;
            tail = head == null ? null : tail;
            ahead = Math.max(0, ahead - 1);
        }
    }

    int waiters() {
        int count = 0;
        for (Waiter<T> w = head; w != null; w = w.next) {
            count++;
        }
        return count;
    }

    /** Takes over the waiters of another copy of the same object. */
    void adopt(Copy<T> other) {
        head = other.head;
        tail = other.tail;
        outstanding = other.outstanding;
        other.head = null;
        other.tail = null;
        other.outstanding = null;
    }
}
