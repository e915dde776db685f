package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
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
    private static final int LOOKS = 10;
    private static final long PAUSE = 3_000_000;

    private final int pid;
    private final RelayedFile relayed;
    private final Stat self;
    private final Set<Integer> seen = new HashSet<>();
    private final List<Integer> relatives = new ArrayList<>();
    private final Map<Integer, List<OpenFile>> theirs = new HashMap<>();

    /** Looks for relatives of a process that may run: {@link #frozen()} has less to do then. */
    SharedOffsets(int pid, RelayedFile relayed) {
        this.pid = pid;
        this.relayed = relayed;
        self = ProcFiles.stat(pid);
        seen.add(pid);
        look();
    }

    /** The process makes no more children: looks for those that it made since it was looked for relatives. */
    void frozen() {
        look();
    }

    /** Relatives are the parent, the children and all of the session. */
    private void look() {
        if (OpenFiles.list(pid).stream().noneMatch(SharedOffsets::concerns)) {
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

    private static boolean concerns(OpenFile file) {
        return candidate(file) || offsetMatters(file) || AnonymousFile.is(file);
    }

    /**
     * Returns why an anonymous file can't move, when it can't. Some reasons pass at once: a child that is about to execute a program
     * has all files of its parent, and a process that runs closes them between two looks.
     */
    Optional<String> refusal(OpenFile file) {
        Optional<String> refusal = lookFor(file);
        for (int look = 0; refusal.isPresent() && look < LOOKS; look++) {
            LockSupport.parkNanos(PAUSE);
            theirs.clear();
            try {
                OpenFile now = OpenFiles.of(pid, file.fd());
                refusal = AnonymousFile.is(now) ? lookFor(now) : Optional.empty();
            } catch (ErrnoException _) {
                return Optional.empty();
            }
        }
        return refusal;
    }

    private Optional<String> lookFor(OpenFile file) {
        Optional<String> refusal = AnonymousFile.refusal(file);
        return refusal.isPresent() || !AnonymousFile.changes(file) || !shared(file)
                ? refusal
                : Optional.of(AnonymousFile.name(file) + ": it is shared with another process");
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
