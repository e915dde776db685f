package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;

/**
 * What this node has of one object and who holds it here; all fields are guarded by the copy's monitor. There may be millions: what
 * most of them do not need at a time is in {@link Traffic}.
 */
final class Copy<T> extends ObjectTable.Node {

    private static final ObjectState[] STATES = ObjectState.values();
    private static final int STATE = 0x07;
    private static final int REFUSED = 0x08;
    private static final int USED = 0x10;
    private static final int COUNTED = 0x20;
    private static final int WRITTEN = 0x40;
    private static final int LOST = 0x80;

    /**
     * The state's number, and whether the last demand was refused, it was used lately, counted as present, and written since it came, and
     * whether what is owned and not made yet is a lost object.
     */
    private byte bits;
    /** Where the directory entry goes, as messages said; used while the set is not open here. */
    private short placement = Members.MODULO;
    /** Whether there is a hold to write. */
    boolean writer;
    /** Whether the backups of this version are where they have to be in this view. */
    boolean safe;
    /** Whether the copy waits to be taken out of the table. */
    boolean idle;
    /** Holds to read. */
    int readers;
    /** The object; in a state that is not readable, data kept for the next import. */
    @Nullable
    T value;
    /** Counts the writes; travels with the data. */
    long version;
    /** The newest transaction of the home that took effect here. */
    long seq;

    private @Nullable Traffic<T> traffic;

    Copy(long object) {
        super(object);
        state(ObjectState.INV_COPY);
    }

    ObjectState state() {
        return STATES[bits & STATE];
    }

    void state(ObjectState next) {
        bits = (byte) (bits & ~STATE | next.ordinal());
    }

    /** Tells whether somebody here used it since the {@link Evictor} looked. */
    boolean used() {
        return (bits & USED) != 0;
    }

    void used(boolean now) {
        bits = (byte) (now ? bits | USED : bits & ~USED);
    }

    /** Tells whether the {@link Evictor} counts it. */
    boolean counted() {
        return (bits & COUNTED) != 0;
    }

    void counted(boolean now) {
        bits = (byte) (now ? bits | COUNTED : bits & ~COUNTED);
    }

    /** Tells whether it was held to write here since it came. */
    boolean written() {
        return (bits & WRITTEN) != 0;
    }

    void written(boolean now) {
        bits = (byte) (now ? bits | WRITTEN : bits & ~WRITTEN);
    }

    /** Tells whether the object, which is owned here and not made yet, existed before and is lost. */
    boolean lost() {
        return (bits & LOST) != 0;
    }

    void lost(boolean now) {
        bits = (byte) (now ? bits | LOST : bits & ~LOST);
    }

    /** Tells whether this transaction wanted the object at once and was told that it is held. */
    boolean refused(long transaction) {
        return seq == transaction && (bits & REFUSED) != 0;
    }

    /** This transaction took effect here, or (refused) never will. */
    void answered(long transaction, boolean refused) {
        seq = Math.max(seq, transaction);
        bits = (byte) (refused ? bits | REFUSED : bits & ~REFUSED);
    }

    int placement() {
        return placement;
    }

    void placement(int next) {
        placement = (short) next;
    }

    private Traffic<T> traffic() {
        Traffic<T> now = traffic;
        if (now == null) {
            now = new Traffic<>();
            traffic = now;
        }
        return now;
    }

    /** Drops what is no longer needed. */
    void tidy() {
        if (traffic != null && traffic.nothing()) {
            traffic = null;
        }
    }

    @Nullable
    Waiter<T> head() {
        return traffic == null ? null : traffic.head;
    }

    @Nullable
    Message demand() {
        return traffic == null ? null : traffic.demand;
    }

    @Nullable
    NodeId demander() {
        return traffic == null ? null : traffic.demander;
    }

    /** Notes what a home wants, and how many of the waiters here come before. */
    void demand(Message demand, NodeId demander, int ahead) {
        Traffic<T> now = traffic();
        now.demand = demand;
        now.demander = demander;
        now.ahead = ahead;
    }

    void noDemand() {
        if (traffic != null) {
            traffic.demand = null;
            traffic.demander = null;
            traffic.ahead = 0;
        }
    }

    int ahead() {
        return traffic == null ? 0 : traffic.ahead;
    }

    void nobodyAhead() {
        if (traffic != null) {
            traffic.ahead = 0;
        }
    }

    @Nullable
    Outstanding outstanding() {
        return traffic == null ? null : traffic.outstanding;
    }

    void outstanding(@Nullable Outstanding asked) {
        if (traffic != null || asked != null) {
            traffic().outstanding = asked;
        }
    }

    /** Returns whom ownership went to. */
    @Nullable
    NodeId heir() {
        return traffic == null ? null : traffic.heir;
    }

    /** Returns the transaction that took ownership away. */
    long heirSeq() {
        return traffic == null ? 0 : traffic.heirSeq;
    }

    void heir(NodeId node, long transaction) {
        traffic().heir = node;
        traffic().heirSeq = transaction;
    }

    void noHeir() {
        if (traffic != null) {
            traffic.heir = null;
        }
    }

    byte @Nullable [] raw() {
        return traffic == null ? null : traffic.raw;
    }

    void raw(byte @Nullable [] bytes) {
        if (traffic != null || bytes != null) {
            traffic().raw = bytes;
        }
    }

    /** Returns whose ghost has to stay until the backups are where they have to be. */
    @Nullable
    NodeId predecessor() {
        return traffic == null ? null : traffic.predecessor;
    }

    /** Returns the transaction by which ownership came from the predecessor. */
    long predecessorSeq() {
        return traffic == null ? 0 : traffic.predecessorSeq;
    }

    void predecessor(NodeId node, long transaction) {
        traffic().predecessor = node;
        traffic().predecessorSeq = transaction;
    }

    void noPredecessor() {
        if (traffic != null) {
            traffic.predecessor = null;
        }
    }

    boolean unborn() {
        return traffic != null && traffic.unborn;
    }

    /** It was touched for the first time, or came from a node that does not know whether its existence is known. */
    void born() {
        traffic().unborn = true;
        traffic().birth = seq;
        traffic().told = false;
    }

    /** Tells whether the home knows or will hear that this node made the object. */
    boolean told() {
        return traffic != null && traffic.told;
    }

    void told(boolean now) {
        if (traffic != null) {
            traffic.told = now;
        }
    }

    /** Returns the transaction that made it. */
    long birth() {
        return traffic == null ? 0 : traffic.birth;
    }

    /** Its existence is known, or it is somebody else's. */
    void known() {
        if (traffic != null) {
            traffic.unborn = false;
        }
    }

    boolean held() {
        return writer || readers > 0;
    }

    /** Tells whether nobody waits, neither here nor elsewhere. */
    boolean quiet() {
        return traffic == null || (traffic.head == null && traffic.demand == null);
    }

    boolean exists() {
        return state().readable();
    }

    boolean forgettable() {
        return state() == ObjectState.INV_COPY
                && !held()
                && quiet()
                && outstanding() == null
                && value == null
                && raw() == null;
    }

    void append(Waiter<T> waiter) {
        Traffic<T> now = traffic();
        Waiter<T> last = now.tail;
        if (last == null) {
            now.head = waiter;
        } else {
            last.next = waiter;
        }
        now.tail = waiter;
    }

    /** Takes the first waiter out. */
    void shift() {
        Traffic<T> now = traffic();
        Waiter<T> first = now.head;
        if (first != null) {
            now.head = first.next;
            now.tail = now.head == null ? null : now.tail;
            now.ahead = Math.max(0, now.ahead - 1);
        }
    }

    int waiters() {
        int count = 0;
        for (Waiter<T> w = head(); w != null; w = w.next) {
            count++;
        }
        return count;
    }

    /** Takes over the waiters of another copy of the same object. */
    void adopt(Copy<T> other) {
        Traffic<T> theirs = other.traffic;
        if (theirs != null && (theirs.head != null || theirs.outstanding != null)) {
            traffic().head = theirs.head;
            traffic().tail = theirs.tail;
            traffic().outstanding = theirs.outstanding;
        }
        other.traffic = null;
    }
}
