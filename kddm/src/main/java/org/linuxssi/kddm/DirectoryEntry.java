package org.linuxssi.kddm;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What an object's home knows of it. All fields are guarded by the entry's monitor. */
final class DirectoryEntry extends ObjectTable.Node {

    final long set;
    int placement = Members.MODULO;
    Holders holders = Holders.Absent.IT;
    /** The set has several copies: what is not shadowed was never written by a put that has ended. */
    boolean replicated;
    /** The stand-in knows that the object exists. */
    boolean shadowed;
    /** Nodes read and then write it in turn, so that who wants to read it gets it with ownership. */
    boolean migratory;
    /** What goes on. */
    HomeState state = HomeState.Resting.IT;

    /** Requests that came while something went on. */
    final ArrayDeque<Transaction> queue = new ArrayDeque<>(1);

    DirectoryEntry(long set, long object) {
        super(object);
        this.set = set;
    }

    /** Tells whether nothing goes on. */
    boolean rests() {
        return state == HomeState.Resting.IT && queue.isEmpty();
    }

    boolean empty() {
        return holders.equals(Holders.Absent.IT) && rests();
    }

    @Nullable
    NodeId owner() {
        return holders.owner();
    }

    NodeSet copies() {
        return holders.copies();
    }
}
