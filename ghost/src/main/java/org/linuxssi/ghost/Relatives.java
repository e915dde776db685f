package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFiles.Stat;

/** The processes that may have inherited open files together with one: its parent, its children and all of its session. */
final class Relatives {

    private static final int SESSION = 6;

    private final int pid;
    private final Predicate<OpenFile> concerns;
    private final Stat self;
    private final Set<Integer> seen = new HashSet<>();
    private final List<Integer> relatives = new ArrayList<>();
    private final Map<Integer, List<OpenFile>> theirs = new HashMap<>();

    /**
     * Looks for the relatives of a process that may run.
     *
     * @param concerns the files that somebody will ask about; nobody is looked for when there are none
     */
    Relatives(int pid, Predicate<OpenFile> concerns) {
        this.pid = pid;
        this.concerns = concerns;
        self = ProcFiles.stat(pid);
        seen.add(pid);
        look(OpenFiles.list(pid));
    }

    /**
     * Looks for those that there are now besides; a frozen process makes no more children.
     *
     * @param open the files that the process has now
     */
    void look(List<OpenFile> open) {
        if (open.stream().noneMatch(concerns)) {
            return;
        }
        for (int other : ProcFiles.processes()) {
            if (seen.add(other) && related(other)) {
                relatives.add(other);
            }
        }
    }

    private boolean related(int other) {
        try {
            Stat stat = ProcFiles.stat(other);
            return other == self.parent() || stat.parent() == pid || stat.field(SESSION) == self.field(SESSION);
        } catch (ErrnoException ended) {
            return false;
        }
    }

    /** Tells whether one of them has the open file too, as of the first time that this was asked. */
    boolean share(OpenFile file) {
        for (int relative : relatives) {
            for (OpenFile other : theirs.computeIfAbsent(relative, Relatives::filesOf)) {
                if (OpenFiles.same(file, other)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Has their files looked at anew. */
    void forgetFiles() {
        theirs.clear();
    }

    private static List<OpenFile> filesOf(int relative) {
        try {
            return OpenFiles.list(relative);
        } catch (ErrnoException ended) {
            return List.of();
        }
    }
}
