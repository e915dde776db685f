package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** One request at the object's home, from its arrival until everybody concerned has confirmed. */
final class Transaction {

    /** How far it is. */
    enum Phase {
        /** Others are before it. */
        QUEUED,
        /** Copies are being dropped; each holder confirms. */
        INVALIDATING,
        /** The owner or the home grants; the one that is granted confirms. */
        SUPPLYING,
        /** The object does not exist; the requester makes it and confirms. */
        TOUCHING,
        /** The object does not exist; the home makes it, then the request starts again. */
        TOUCHING_HERE
    }

    /** No object was made. */
    static final long NOT_YET = 0;

    final NodeId requester;
    final Message.Request request;
    Phase phase = Phase.QUEUED;
    long seq;
    /** When it began or was last looked at because it takes long. */
    long since;
    /** Who has not confirmed an invalidation yet. */
    NodeSet waiting = NodeSet.EMPTY;
    /** Whether it waits for a hold to end. */
    boolean blocked;
    /** The default owner's store was looked into. */
    boolean looked;
    /** The object counted as lost before. */
    boolean wasLost;
    /** The transaction that made the object, when its new owner said so before this one has ended. */
    long created = NOT_YET;
    /** Whether a holder refused. */
    boolean busy;
    /** Whose confirmation ends the phase. */
    @Nullable
    NodeId target;
    /** What was sent for this phase, to be sent again. */
    @Nullable
    Message sent;

    @Nullable
    NodeId sentTo;

    Transaction(NodeId requester, Message.Request request) {
        this.requester = requester;
        this.request = request;
    }

    /** Tells whether ownership may go to a requester that wants to read. */
    boolean migrates() {
        return sent instanceof Message.Supply supply && supply.mode() == Message.Mode.MIGRATE;
    }

    /** Tells whether ownership is on its way: the owner was asked to give it away, or is becoming the only one with a copy. */
    boolean moves() {
        if (phase != Phase.SUPPLYING) {
            return false;
        }
        return !(sent instanceof Message.Supply supply)
                || supply.mode() == Message.Mode.WRITE
                || supply.mode() == Message.Mode.OWNERSHIP;
    }

    boolean is(NodeId node, Message.Request other) {
        return requester.equals(node) && request.request() == other.request();
    }
}
