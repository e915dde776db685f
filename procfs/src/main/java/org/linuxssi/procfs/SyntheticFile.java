package org.linuxssi.procfs;

import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;

/** A file in {@code /proc} that another module makes, for example {@code /proc/kerrighed/kddm/sets}. */
@FunctionalInterface
public interface SyntheticFile {

    /**
     * Returns the contents for one open of the file; may block, but never touches {@code /proc} of the container.
     *
     * @param uid the user who opens it
     * @throws ErrnoException EACCES when this user may not
     */
    byte[] read(int uid);

    /**
     * Takes one write(2).
     *
     * @param uid the user who writes
     * @throws ErrnoException EACCES when this user may not, EINVAL when the text is wrong
     */
    default void write(int uid, byte[] bytes) {
        throw new ErrnoException("write " + bytes.length + " bytes", Errno.EACCES);
    }

    /** Returns the permissions, 0444 unless overridden. */
    default int permissions() {
        return 0444;
    }
}
