package org.linuxssi.kddm;

/** An operation on shared objects that did not succeed. */
public final class KddmException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Why it did not. */
    public enum Kind {
        /** The deadline passed; whether a write-side operation took effect is unknown. */
        DEADLINE,
        /** The thread was interrupted; its flag is set again. */
        INTERRUPTED,
        /** Somebody else holds the object (EBUSY). */
        BUSY,
        /** The only copy died with its node: set or remove the object to go on. */
        LOST,
        /** The linker failed; the cause or the message is its own. */
        LINKER,
        /** The set does not exist, was destroyed, or is not open where it must be. */
        NO_SET,
        /** The set exists with other properties. */
        MISMATCH,
        /** This node was voted out while the object was held here: what the hold wrote is not in the cluster. */
        FENCED,
        /** KDDM is closed, or the node leaves the cluster. */
        CLOSED
    }

    private final Kind kind;

    /** Makes the exception. */
    public KddmException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Makes the exception with its cause. */
    public KddmException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Returns why the operation did not succeed. */
    public Kind kind() {
        return kind;
    }
}
