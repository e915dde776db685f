package org.linuxssi.ghost;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;

/**
 * Regular files whose offset a process shares with a relative, as the output of a shell and its children, or with a
 * program outside of the container, as the shell that had it started. One that is written at its end is put into append mode
 * for all who share it, so that the output lines up even when they write at the same time; the offsets of others are shared
 * across nodes by the service that relays.
 */
final class SharedOffsets {

    static final int O_APPEND = 02000;
    private static final int O_PATH = 010000000;
    private static final int O_ACCMODE = 3;

    private final Relatives relatives;
    private final RelayedFile relayed;

    SharedOffsets(Relatives relatives, RelayedFile relayed) {
        this.relatives = relatives;
        this.relayed = relayed;
    }

    /** Tells whether it has an offset that others may share. */
    static boolean concerns(OpenFile file) {
        return candidate(file) || offsetMatters(file);
    }

    private static boolean candidate(OpenFile file) {
        return file.regular() && (file.flags() & O_ACCMODE) != 0 && (file.flags() & O_APPEND) == 0;
    }

    private static boolean offsetMatters(OpenFile file) {
        return file.regular() && (file.flags() & (O_APPEND | O_PATH)) == 0;
    }

    /** Tells whether the file goes with an offset that stays shared. */
    boolean goesOnShared(OpenFile file) {
        return relayed.sharesOffsets() && offsetMatters(file) && (relayed.shared(file) || relatives.share(file));
    }

    /** Returns the descriptors to be put into append mode, with their new flags, by descriptor. */
    Map<Integer, Integer> toAppend(List<OpenFile> files) {
        Map<Integer, Integer> found = new TreeMap<>();
        for (OpenFile file : files) {
            if (candidate(file) && OpenFiles.atEnd(file) && hasOtherWriters(file)) {
                found.put(file.fd(), file.flags() | O_APPEND);
            }
        }
        return found;
    }

    private boolean hasOtherWriters(OpenFile file) {
        return relatives.share(file) || relayed.sharedOutside(file);
    }
}
