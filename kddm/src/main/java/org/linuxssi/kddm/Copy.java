package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

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
    private static final int DEFERRED = 0x100;
    private static final int MIGRATED = 0x200;
    private static final int PLACEMENT = 10;
    private static final int HINT = 19;
    private static final int NINE_BITS = 0x1ff;

    /**
     * The state's number, then a bit each for what the methods below tell; from {@link #PLACEMENT} on where the directory entry goes, from
     * {@link #HINT} on one more than the node that is taken for the owner.
     */
    private int bits = Members.MODULO << PLACEMENT;
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

    private void set(int bit, boolean now) {
        bits = now ? bits | bit : bits & ~bit;
    }

    ObjectState state() {
        return STATES[bits & STATE];
    }

    void state(ObjectState next) {
        bits = bits & ~STATE | next.ordinal();
    }

    /** Tells whether somebody here used it since the {@link Evictor} looked. */
    boolean used() {
        return (bits & USED) != 0;
    }

    void used(boolean now) {
        set(USED, now);
    }

    /** Tells whether the {@link Evictor} counts it. */
    boolean counted() {
        return (bits & COUNTED) != 0;
    }

    void counted(boolean now) {
        set(COUNTED, now);
    }

    /** Tells whether it was held to write here since it came. */
    boolean written() {
        return (bits & WRITTEN) != 0;
    }

    void written(boolean now) {
        set(WRITTEN, now);
    }

    /** Tells whether the object, which is owned here and not made yet, existed before and is lost. */
    boolean lost() {
        return (bits & LOST) != 0;
    }

    void lost(boolean now) {
        set(LOST, now);
    }

    /** Tells whether this transaction wanted the object at once and was told that it is held. */
    boolean refused(long transaction) {
        return seq == transaction && (bits & REFUSED) != 0;
    }

    /** This transaction took effect here, or (refused) never will. */
    void answered(long transaction, boolean refused) {
        seq = Math.max(seq, transaction);
        set(REFUSED, refused);
        set(DEFERRED, false);
    }

    /** Tells whether this transaction was told that the home has to hear of readers first. */
    boolean deferred(long transaction) {
        return seq == transaction && (bits & DEFERRED) != 0;
    }

    /** This transaction never takes effect here: the home has to hear of readers first, and begin anew. */
    void defer(long transaction) {
        answered(transaction, false);
        set(DEFERRED, true);
    }

    /** Tells whether the last demand had no effect, so that it or another one will come soon. */
    boolean wanted() {
        return (bits & (REFUSED | DEFERRED)) != 0;
    }

    /** Tells whether it came with ownership to a node that read it or wanted to read it: the next reader may get it in the same way. */
    boolean migrated() {
        return (bits & MIGRATED) != 0;
    }

    void migrated(boolean now) {
        set(MIGRATED, now);
    }

    /** Where the directory entry goes, as messages said; used while the set is not open here. */
    int placement() {
        return bits >>> PLACEMENT & NINE_BITS;
    }

    void placement(int next) {
        bits = bits & ~(NINE_BITS << PLACEMENT) | next << PLACEMENT;
    }

    /** Returns the node that was about to own it when it was lost here, in this view; null when that is not known. */
    @Nullable
    NodeId hint() {
        int hint = bits >>> HINT & NINE_BITS;
        return hint == 0 ? null : NodeId.of(hint - 1);
    }

    void hint(@Nullable NodeId owner) {
        int hint = owner == null ? 0 : owner.value() + 1;
        bits = bits & ~(NINE_BITS << HINT) | hint << HINT;
    }

    /** Returns who got copies from here that the home has not confirmed to know of. */
    NodeSet unconfirmed() {
        return traffic == null ? NodeSet.EMPTY : traffic.unconfirmed;
    }

    /** Returns by which number the home confirms {@link #unconfirmed}. */
    long unconfirmedNumber() {
        return traffic == null ? 0 : traffic.unconfirmedNumber;
    }

    void unconfirmed(NodeSet readers, long number) {
        if (traffic != null || !readers.isEmpty()) {
            traffic().unconfirmed = readers;
            traffic().unconfirmedNumber = number;
        }
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
