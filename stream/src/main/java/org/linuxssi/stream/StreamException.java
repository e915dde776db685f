package org.linuxssi.stream;

/** A descriptor that cannot be moved to another node, or a stream that is gone. */
public final class StreamException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the descriptor and why. */
    public StreamException(String message) {
        super(message);
    }
}
