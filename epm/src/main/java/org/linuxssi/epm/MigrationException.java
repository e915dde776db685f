package org.linuxssi.epm;

import org.linuxssi.linux.Errno;

/** A migration that was refused or failed; the process runs where it ran before. */
public final class MigrationException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Errno errno;

    /** Makes the exception. */
    public MigrationException(Errno errno, String message) {
        super(message, null, false, false);
        this.errno = errno;
    }

    /** Makes the exception from a number that came over the wire; an unknown one becomes EIO. */
    MigrationException(int errno, String message) {
        this(known(errno), message);
    }

    private static Errno known(int number) {
        try {
            return Errno.of(number);
        } catch (IllegalArgumentException _) {
            return Errno.EIO;
        }
    }

    /** Returns the error number that {@code migrate} reports. */
    public Errno errno() {
        return errno;
    }
}
