package org.linuxssi.kddm;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What an object's home knows of it. All fields are guarded by the entry's monitor. */
final class DirectoryEntry extends ObjectTable.Node {

    final long set;
    int placement = Members.MODULO;

    @Nullable
    NodeId owner;
    /** The nodes with a copy, the owner among them. */
    NodeSet copies = NodeSet.EMPTY;
    /** Those of them who got a copy from the owner without the home, so that it is not sure that it arrived. */
    NodeSet unsure = NodeSet.EMPTY;
    /** The only copy died with its node; if there is an owner, one that may make it anew and has not said yet that it did. */
    boolean lost;
    /** The set has several copies: what is not shadowed was never written by a put that has ended. */
    boolean replicated;
    /** The stand-in knows that the object exists. */
    boolean shadowed;
    /** Nodes read and then write it in turn, so that who wants to read it gets it with ownership. */
    boolean migratory;

    @Nullable
    Transaction active;

    final ArrayDeque<Transaction> queue = new ArrayDeque<>(1);

    DirectoryEntry(long set, long object) {
        super(object);
        this.set = set;
    }

    boolean empty() {
        return owner == null && !lost && active == null && queue.isEmpty();
    }

    /** Tells whether copies of it are being removed. */
    boolean removing() {
        Transaction t = active;
        return t != null && t.request.want() == Message.Want.REMOVE && t.phase == Transaction.Phase.INVALIDATING;
    }

    /** Returns who may own the object already without having confirmed it. */
    @Nullable
    NodeId heir() {
        Transaction t = active;
        if (t == null) {
            return null;
        }
        return switch (t.phase) {
            case TOUCHING -> replicated ? null : t.target;
            case SUPPLYING ->
                t.request.want() == Message.Want.WRITE || t.request.want() == Message.Want.FLUSH || t.migrates()
                        ? t.target
                        : null;
            case QUEUED, INVALIDATING, TOUCHING_HERE -> null;
        };
    }

    /** Returns who has the data for sure. */
    NodeSet data() {
        return copies.minus(unsure);
    }

    void own(NodeId node) {
        owner = node;
        copies = NodeSet.of(node);
        unsure = NodeSet.EMPTY;
    }

    void absent() {
        owner = null;
        copies = NodeSet.EMPTY;
        unsure = NodeSet.EMPTY;
    }

    /** The node has a copy. */
    void reader(NodeId node) {
        copies = copies.plus(node);
        unsure = unsure.minus(node);
    }

    /** The node has no copy any more. */
    void dropped(NodeId node) {
        copies = copies.minus(node);
        unsure = unsure.minus(node);
    }

    /** The nodes may have a copy. */
    void readers(NodeSet nodes) {
        unsure = unsure.plus(nodes.minus(copies));
        copies = copies.plus(nodes);
    }
}
