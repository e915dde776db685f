package org.linuxssi.control;

import org.linuxssi.linux.Errno;

/** Nobody listens at the control socket. */
public final class NotRunningException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Errno errno;

    /**
     * Makes the exception.
     *
     * @param path where the socket should be
     * @param errno why connecting failed
     */
    public NotRunningException(String path, Errno errno) {
        super("LinuxSSI is not running (" + errno + ": no daemon at " + path + ")", null, false, false);
        this.errno = errno;
    }

    /** Returns why connecting failed. */
    public Errno errno() {
        return errno;
    }
}
