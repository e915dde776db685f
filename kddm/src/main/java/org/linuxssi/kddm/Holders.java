package org.linuxssi.kddm;

import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Who has an object, as its home knows; each change makes a new one. */
sealed interface Holders {

    /** Nobody has it: who touches it first makes it. */
    record Absent() implements Holders {
        static final Absent IT = new Absent();
    }

    /** Nobody has it, since its only copy died with its node. */
    record Lost() implements Holders {
        static final Lost IT = new Lost();
    }

    /**
     * A node owns it.
     *
     * @param owner that node
     * @param copies the nodes with a copy, the owner among them unless it has just dropped its own
     * @param unsure those of them who got a copy from the owner without the home, so that it is not sure that it arrived
     * @param remaking the object was lost; the owner may make it anew and has not said yet that it did
     */
    record Owned(NodeId owner, NodeSet copies, NodeSet unsure, boolean remaking) implements Holders {
        static Owned alone(NodeId owner, boolean remaking) {
            return new Owned(owner, NodeSet.of(owner), NodeSet.EMPTY, remaking);
        }
    }

    /** Returns the owner, or null. */
    default @Nullable NodeId owner() {
        return switch (this) {
            case Absent _, Lost _ -> null;
            case Owned it -> it.owner;
        };
    }

    /** Returns the nodes with a copy. */
    default NodeSet copies() {
        return switch (this) {
            case Absent _, Lost _ -> NodeSet.EMPTY;
            case Owned it -> it.copies;
        };
    }

    /** Returns who has the data for sure. */
    default NodeSet data() {
        return switch (this) {
            case Absent _, Lost _ -> NodeSet.EMPTY;
            case Owned it -> it.copies.minus(it.unsure);
        };
    }

    /** Tells whether the object existed and nobody has said that it exists again. */
    default boolean lost() {
        return switch (this) {
            case Absent _ -> false;
            case Lost _ -> true;
            case Owned it -> it.remaking;
        };
    }

    /** The object exists, or counts as one that never did. */
    default Holders found() {
        return switch (this) {
            case Absent _, Lost _ -> Absent.IT;
            case Owned it -> it.remaking ? new Owned(it.owner, it.copies, it.unsure, false) : it;
        };
    }

    /** The node owns it and nobody else has a copy. */
    default Holders ownedBy(NodeId node) {
        return Owned.alone(node, lost());
    }

    /** Ownership was given back: there is no object. */
    default Holders givenBack() {
        return lost() ? Lost.IT : Absent.IT;
    }

    /** The node has a copy. */
    default Holders with(NodeId reader) {
        return switch (this) {
            case Absent _, Lost _ -> this;
            case Owned it -> new Owned(it.owner, it.copies.plus(reader), it.unsure.minus(reader), it.remaking);
        };
    }

    /** The node has no copy any more. */
    default Holders without(NodeId node) {
        return switch (this) {
            case Absent _, Lost _ -> this;
            case Owned it -> new Owned(it.owner, it.copies.minus(node), it.unsure.minus(node), it.remaking);
        };
    }

    /** The nodes may have a copy. */
    default Holders perhapsWith(NodeSet readers) {
        return switch (this) {
            case Absent _, Lost _ -> this;
            case Owned it ->
                new Owned(it.owner, it.copies.plus(readers), it.unsure.plus(readers.minus(it.copies)), it.remaking);
        };
    }

    /** Ownership went from a node, which has no copy any more, to another one; those who have copies keep them. */
    default Holders handedOver(NodeId from, NodeId to) {
        return switch (this) {
            case Absent _, Lost _ -> this;
            case Owned it ->
                new Owned(
                        to,
                        it.copies.minus(from).plus(to),
                        it.unsure.minus(from).minus(to),
                        it.remaking);
        };
    }
}
