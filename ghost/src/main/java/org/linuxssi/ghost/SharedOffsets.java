package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFiles.Stat;

/**
 * Regular files whose offset a process shares with a relative, as the output of a shell and its children. One that is
 * written at its end is put into append mode for all who share it, so that the output lines up even when they write at the
 * same time; the offsets of others are shared across nodes by the service that relays.
 */
final class SharedOffsets {

    static final int O_APPEND = 02000;
    private static final int O_PATH = 010000000;
    private static final int O_ACCMODE = 3;
    private static final int SESSION = 6;

    private final List<Integer> relatives = new ArrayList<>();
    private final Map<Integer, List<OpenFile>> theirs = new HashMap<>();
    private final RelayedFile relayed;

    /** Looks for relatives of the process: its parent and all of its session. */
    SharedOffsets(int pid, RelayedFile relayed) {
        this.relayed = relayed;
        if (OpenFiles.list(pid).stream().noneMatch(file -> candidate(file) || offsetMatters(file))) {
            return;
        }
        Stat self = ProcFiles.stat(pid);
        for (int other : ProcFiles.processes()) {
            try {
                boolean related = other != pid
                        && (other == self.parent() || ProcFiles.stat(other).field(SESSION) == self.field(SESSION));
                if (related) {
                    relatives.add(other);
                }
            } catch (ErrnoException _) {
                // ended meanwhile
            }
        }
    }

    private static boolean candidate(OpenFile file) {
        return file.regular() && (file.flags() & O_ACCMODE) != 0 && (file.flags() & O_APPEND) == 0;
    }

    private static boolean offsetMatters(OpenFile file) {
        return file.regular() && (file.flags() & (O_APPEND | O_PATH)) == 0;
    }

    /** Tells whether the file goes with an offset that stays shared. */
    boolean goesOnShared(OpenFile file) {
        return relayed.sharesOffsets() && offsetMatters(file) && (relayed.shared(file) || shared(file));
    }

    /** Returns the descriptors to be put into append mode, with their new flags, by descriptor. */
    Map<Integer, Integer> toAppend(List<OpenFile> files) {
        Map<Integer, Integer> found = new TreeMap<>();
        for (OpenFile file : files) {
            if (candidate(file) && file.position() == OpenFiles.size(file) && shared(file)) {
                found.put(file.fd(), file.flags() | O_APPEND);
            }
        }
        return found;
    }

    private boolean shared(OpenFile file) {
        for (int relative : relatives) {
            for (OpenFile other : theirs.computeIfAbsent(relative, SharedOffsets::filesOf)) {
                if (OpenFiles.same(file, other)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<OpenFile> filesOf(int relative) {
        try {
            return OpenFiles.list(relative);
        } catch (ErrnoException ended) {
            return List.of();
        }
    }
}
