package org.linuxssi.checkpoint;

import org.linuxssi.linux.Errno;

/** An application was not saved, or not started again; all is as it was. */
public final class CheckpointException extends Exception {

    private static final long serialVersionUID = 1;

    private final Errno errno;

    /**
     * Says why.
     *
     * @param errno the kind
     * @param text operation, object, cause, next step
     */
    public CheckpointException(Errno errno, String text) {
        super(text);
        this.errno = errno;
    }

    /** Returns the kind. */
    public Errno errno() {
        return errno;
    }
}
