package org.linuxssi.linux;

/** A system call that failed. It has no stack trace, so that failing is as cheap as in C. */
public final class ErrnoException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Errno errno;

    /**
     * Makes the exception.
     *
     * @param operation the call and its object, for example {@code open /etc/passwd}
     * @param errno why it failed
     */
    public ErrnoException(String operation, Errno errno) {
        super(operation + ": " + errno.text() + " (" + errno + ")", null, false, false);
        this.errno = errno;
    }

    /** Returns why the call failed. */
    public Errno errno() {
        return errno;
    }
}
