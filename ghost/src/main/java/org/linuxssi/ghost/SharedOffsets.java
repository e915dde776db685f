package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFiles.Stat;

/**
 * Regular files that a process writes at their end through an offset that it shares with a relative, as the output of a
 * shell and its children. The offset can't be shared across nodes, so such an open file is put into append mode for all who
 * share it: their output still lines up.
 */
final class SharedOffsets {

    static final int O_APPEND = 02000;
    private static final int O_ACCMODE = 3;
    private static final int SESSION = 6;

    private final List<Integer> relatives = new ArrayList<>();

    /** Looks for relatives of the process: its parent and all of its session. */
    SharedOffsets(int pid) {
        if (OpenFiles.list(pid).stream().noneMatch(SharedOffsets::candidate)) {
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
            for (OpenFile theirs : filesOf(relative)) {
                if (OpenFiles.same(file, theirs)) {
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
