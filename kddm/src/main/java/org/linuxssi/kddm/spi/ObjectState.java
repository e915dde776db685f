package org.linuxssi.kddm.spi;

/** What a node has of an object. */
public enum ObjectState {
    /** Nothing, or kept data that is out of date. */
    INV_COPY,
    /** A copy that may be read; the owner is another node. */
    READ_COPY,
    /** Ownership of an object that does not exist yet: the first touch failed or was left to the caller. */
    INV_OWNER,
    /** Ownership while other nodes have copies to read. */
    READ_OWNER,
    /** The only copy: it may be read and written without asking anybody. */
    WRITE_OWNER,
    /** Handed to another node and kept until that node says that it arrived. */
    WRITE_GHOST;

    /** Tells whether the data here may be read. */
    public boolean readable() {
        return this == READ_COPY || this == READ_OWNER || this == WRITE_OWNER;
    }

    /** Tells whether this node owns the object. */
    public boolean owner() {
        return this == INV_OWNER || this == READ_OWNER || this == WRITE_OWNER;
    }
}
