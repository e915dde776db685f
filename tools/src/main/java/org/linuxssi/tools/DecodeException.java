package org.linuxssi.tools;

/** Bytes from outside that are not what they should be. */
public final class DecodeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long offset;

    /** Makes the exception for bytes at this offset from the start of the message. */
    public DecodeException(long offset, String problem) {
        super("at byte " + offset + ": " + problem, null, false, false);
        this.offset = offset;
    }

    /** Returns the offset of the bad bytes from the start of the message. */
    public long offset() {
        return offset;
    }
}
