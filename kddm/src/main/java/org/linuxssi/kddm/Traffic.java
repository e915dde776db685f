package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What goes on at a copy besides holds: made when something begins, dropped when nothing is left. Guarded by the copy's monitor. */
final class Traffic<T> {

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
    /** The object as bytes: not imported yet, or the ghost of what was handed over. */
    byte @Nullable [] raw;
    /** From whom ownership came, if backups are not yet where they have to be: it keeps its ghost until then. */
    @Nullable
    NodeId predecessor;
    /** The transaction by which ownership came. */
    long predecessorSeq;
    /** Who got copies from this owner, and its home has not confirmed to know of them. */
    NodeSet unconfirmed = NodeSet.EMPTY;
    /** By which number the home confirms them. */
    long unconfirmedNumber;
    /** It is new, and not yet known to exist: there are no backups, or with one copy, the home's stand-in has not confirmed it. */
    boolean unborn;
    /** Its home was told so in this view; counts while it is unborn. */
    boolean told;
    /** The transaction that made it; counts while it is unborn. */
    long birth;

    boolean nothing() {
        return head == null
                && demand == null
                && outstanding == null
                && heir == null
                && raw == null
                && predecessor == null
                && unconfirmed.isEmpty()
                && !unborn;
    }
}
