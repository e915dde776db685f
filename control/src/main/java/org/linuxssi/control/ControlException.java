package org.linuxssi.control;

import org.linuxssi.linux.Errno;

/** A request that failed, on either side of the socket. */
public final class ControlException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Errno errno;

    /**
     * Makes the exception.
     *
     * @param errno the kind
     * @param text operation, object, cause, next step
     */
    public ControlException(Errno errno, String text) {
        super(text, null, false, false);
        this.errno = errno;
    }

    /** Returns the kind. */
    public Errno errno() {
        return errno;
    }

    /** Returns the text. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
