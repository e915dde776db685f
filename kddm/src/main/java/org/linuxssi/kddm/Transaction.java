package org.linuxssi.kddm;

import org.linuxssi.tools.NodeId;

/** One request at the object's home, from its arrival until everybody concerned has confirmed; how far it is tells {@link HomeState}. */
final class Transaction {

    /** No object was made. */
    static final long NOT_YET = 0;

    final NodeId requester;
    final Message.Request request;
    long seq;
    /** When it began or was last looked at because it takes long. */
    long since;
    /** Whether it waits for a hold to end. */
    boolean blocked;
    /** The requester says that it has a copy. */
    boolean hasCopy;
    /** The default owner's store was looked into. */
    boolean looked;
    /** The transaction that made the object, when its new owner said so before this one has ended. */
    long created = NOT_YET;

    Transaction(NodeId requester, Message.Request request) {
        this.requester = requester;
        this.request = request;
        this.hasCopy = request.has(Message.HAS_COPY);
    }

    /** The requester asks again: what it had it may have no more. */
    void repeated(Transaction again) {
        hasCopy &= again.hasCopy;
    }

    /** It begins, perhaps not for the first time. */
    void begin(long number, long now) {
        seq = number;
        since = now;
        blocked = false;
        created = NOT_YET;
    }

    Message.Want want() {
        return request.want();
    }

    boolean has(int flag) {
        return request.has(flag);
    }

    /** Tells whether it asks for a hold. */
    boolean holds() {
        return want() == Message.Want.READ || want() == Message.Want.WRITE;
    }

    boolean is(Transaction other) {
        return requester.equals(other.requester) && request.request() == other.request.request();
    }
}
