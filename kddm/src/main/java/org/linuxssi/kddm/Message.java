package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * What nodes say to each other about one object; {@code docs/architecture/kddm.md} has the table.
 *
 * <p>{@code seq} numbers the transactions of an object upwards; {@code request} numbers the requests of one node.
 */
sealed interface Message {

    /** Key of the set, see {@link SetId#key()}. */
    long set();

    /** Number of the object in its set. */
    long object();

    /** What a request asks for. */
    enum Want {
        /** A copy to read. */
        READ,
        /** The only copy, with ownership. */
        WRITE,
        /** No copy anywhere any more. */
        REMOVE,
        /** That the asking node has no copy any more, without loss. */
        FLUSH,
        /** That the owner writes it to its store. */
        SYNC
    }

    /** The request must not touch an absent object. */
    int NO_FIRST_TOUCH = 1;
    /** The requester fills an absent object itself. */
    int MANUAL = 2;
    /** Fail with BUSY instead of waiting for a hold. */
    int TRY = 4;
    /** A lost object counts as absent. */
    int REPLACE = 8;
    /** The first touch runs at the home. */
    int TOUCH_AT_HOME = 16;
    /** Nodes without a copy may have backups. */
    int REPLICATED = 32;
    /** An absent object may be in the store of its default owner. */
    int DURABLE = 64;
    /** The requester, which wants to write, has a copy, perhaps one of which the home is not sure. */
    int HAS_COPY = 128;

    /** No destination in a flush, no known owner. */
    int ANY_NODE = 0xffff;

    /** Requester to home. */
    record Request(long set, long object, long request, Want want, int flags, int placement, int destination)
            implements Message {
        boolean has(int flag) {
            return (flags & flag) != 0;
        }
    }

    /** Requester to the node that it takes for the owner, or from there to the home: a copy to read is wanted. */
    record Hinted(long set, long object, NodeId requester, long request, int flags, int placement) implements Message {}

    /** Owner to a requester that asked it without the home: a copy to read. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Shared(long set, long object, long seq, long request, long version, int placement, byte[] data)
            implements Message {}

    /**
     * Owner to home: these nodes got copies without you; confirm it by the number. With a deferred transaction, not 0: this is why it has
     * no effect, begin it anew.
     */
    record Readers(long set, long object, long number, NodeSet readers, long deferred) implements Message {}

    /** Home to owner: I know of these readers. */
    record Registered(long set, long object, long number) implements Message {}

    /** Home to a node with a copy: drop it; who will own it, if that is known; of a removal, who asked for it, and by which request. */
    record Invalidate(
            long set, long object, long seq, boolean removal, boolean attempt, int placement, int heir, long request)
            implements Message {}

    /** A node with a copy to home: dropped, or (busy) held and not dropped. */
    record Invalidated(long set, long object, long seq, boolean busy) implements Message {}

    /** A node with a copy to home: the holds here have to end first. */
    record Blocked(long set, long object, long seq) implements Message {}

    /** How the owner supplies. */
    enum Mode {
        /** Send a copy, keep ownership. */
        READ,
        /** Send the data and ownership. */
        WRITE,
        /** Send ownership to a node that has a copy. */
        OWNERSHIP,
        /** Write to the store. */
        SYNC,
        /** As WRITE if you wrote it and nobody uses it, else as READ: the requester, who wants to read, will probably write. */
        MIGRATE
    }

    /** Home to owner: serve this requester. */
    record Supply(
            long set,
            long object,
            long seq,
            Mode mode,
            NodeId requester,
            long request,
            int placement,
            boolean shared,
            boolean attempt)
            implements Message {}

    /** Owner to home: there is no object, ownership is given back. */
    record Relinquished(long set, long object, long seq) implements Message {}

    /** What a requester is given. */
    enum Outcome {
        /** A copy to read, with data. */
        READ_COPY,
        /** Ownership with data, and nobody else has a copy. */
        OWNER,
        /** Ownership for a node that has the data; nobody else has a copy. */
        UPGRADE,
        /** Ownership for a node that has the data; others have copies too. */
        SHARED_OWNER,
        /** Ownership of an absent object: touch it when somebody needs it. */
        FIRST_TOUCH,
        /** The same, touch it now. */
        TOUCH,
        /** Look into your store whether there is an object. */
        LOAD,
        /** There is no object. */
        ABSENT,
        /** Somebody holds it. */
        BUSY,
        /** Its only copy died. */
        LOST,
        /** The operation is done. */
        COMPLETED,
        /** The linker failed; the data is its message. */
        FAILED,
        /** Ownership of a lost object, for the user who asked for it to set it anew. */
        REMAKE
    }

    /** Supplier or home to requester. Without a transaction the seq is 0 and nothing is to be confirmed; safe: backups are in place. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Grant(
            long set,
            long object,
            long seq,
            long request,
            Outcome outcome,
            long version,
            int placement,
            boolean safe,
            byte @Nullable [] data)
            implements Message {}

    /** Requester to home: the grant arrived; whether the object exists now, whether the copy was taken, and with ownership. */
    record Done(long set, long object, long seq, boolean present, boolean taken, boolean owns, String error)
            implements Message {}

    /** Requester to supplier: ownership arrived, drop the ghost. */
    record Received(long set, long object, long seq) implements Message {}

    /** Home to requester: did the grant of this transaction arrive? */
    record Probe(long set, long object, long seq) implements Message {}

    /**
     * Home to its stand-in: the object exists, and the owner waits for your word; or it exists no longer. What the home says of an object in
     * one view has growing numbers, since its steps may overtake each other on their way.
     */
    record Exists(long set, long object, boolean present, int placement, NodeId owner, long seq, long number)
            implements Message {}

    /** Stand-in to owner: I know that the object exists. */
    record Witnessed(long set, long object, long seq) implements Message {}

    /** Owner to home: an object exists now that was touched for the first time by this transaction; tell your stand-in. */
    record Created(long set, long object, long seq) implements Message {}

    /** Owner to a node that keeps a backup: keep this; durable: in the store, if you are the default owner. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Backup(long set, long object, long push, long version, long seq, int placement, boolean durable, byte[] data)
            implements Message {}

    /** A node that keeps a backup to the owner: kept. */
    record BackedUp(long set, long object, long push) implements Message {}

    /** What becomes of what a node announced. */
    enum Verdict {
        /** Forget it. */
        DISCARD,
        /** The object was removed: forget it, backups and all. */
        PURGE,
        /** It is a copy to read now. */
        COPY,
        /** It is the only copy, you own it. */
        OWNER,
        /** You own it and others have copies. */
        SHARED_OWNER,
        /** Your backup of it is older than this version: forget it. */
        OUTDATED
    }

    /** Home to a node that announced something: what to do with it. */
    record Settle(long set, long object, long seq, long version, Verdict verdict) implements Message {}
}
