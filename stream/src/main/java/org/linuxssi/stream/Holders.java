package org.linuxssi.stream;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.PidNumbers;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesStat;

/** Which processes of this machine hold which pipes and terminals, as of the last look. Not safe for threads. */
final class Holders {

    private static final String PIPE = "pipe:[";

    /**
     * A descriptor of a process.
     *
     * @param pid in the name space of {@code /proc}
     * @param descriptor its number there
     */
    record Holder(int pid, int descriptor) {}

    private Map<String, List<Holder>> held = new HashMap<>();
    private Set<Integer> known = new HashSet<>();
    private String newest = "";

    /** Returns the name of what a descriptor of this process refers to, as other methods use it. */
    static String name(int descriptor) {
        return name((int) ProcessHandle.current().pid(), descriptor).orElse("");
    }

    /** Returns the name of a pipe or device; empty for other kinds of files and when it is closed. */
    static Optional<String> name(int pid, int descriptor) {
        try {
            String link = ProcFiles.link(pid, "fd/" + descriptor);
            if (link.startsWith(PIPE)) {
                return Optional.of(link);
            }
            return link.startsWith("/") ? byStatus(pid, "/proc/" + pid + "/fd/" + descriptor) : Optional.empty();
        } catch (ErrnoException _) {
            return Optional.empty();
        }
    }

    private static Optional<String> byStatus(int pid, String path) {
        return ProcFilesStat.known(path)
                .flatMap(status -> OwnTerminal.is(status.mode(), status.special())
                        ? OwnTerminal.path(pid).flatMap(ProcFilesStat::known)
                        : Optional.of(status))
                .filter(status -> (status.mode() & Descriptors.S_IFMT) == Descriptors.S_IFIFO
                        || (status.mode() & Descriptors.S_IFMT) == Descriptors.S_IFCHR)
                .map(status -> status.device() + ":" + status.inode());
    }

    /** Tells whether what has this name may be a terminal. */
    static boolean mayBeTerminal(String name) {
        return !name.startsWith(PIPE);
    }

    /** Returns the session and group of a process. */
    static Wish.Reader reader(int pid) {
        Map<String, String> status = ProcFiles.status(Integer.toString(pid));
        return new Wish.Reader(
                PidNumbers.below(status.getOrDefault("NSsid", "0")),
                PidNumbers.below(status.getOrDefault("NSpgid", "0")));
    }

    /** Looks at all processes. */
    void lookAll() {
        newest = newestProcess();
        held = new HashMap<>();
        List<Integer> all = ProcFiles.processes();
        known = new HashSet<>(all);
        all.forEach(this::look);
    }

    /** Looks at the processes that were born since the last look; cheap when there are none. */
    void lookForNew() {
        String now = newestProcess();
        if (!now.equals(newest)) {
            newest = now;
            for (int pid : ProcFiles.processes()) {
                if (known.add(pid)) {
                    look(pid);
                }
            }
        }
    }

    /** Returns the pid that the kernel gave out last: the end of {@code /proc/loadavg}. */
    private static String newestProcess() {
        String text = ProcFiles.kernelText("loadavg").strip();
        return text.substring(text.lastIndexOf(' ') + 1);
    }

    private void look(int pid) {
        try {
            for (int descriptor : ProcFiles.descriptors(pid)) {
                name(pid, descriptor).ifPresent(name -> held.computeIfAbsent(name, _ -> new ArrayList<>())
                        .add(new Holder(pid, descriptor)));
            }
        } catch (ErrnoException _) {
            known.remove(pid);
        }
    }

    /** Returns who holds the pipe or terminal. */
    List<Holder> of(String name) {
        return held.getOrDefault(name, List.of());
    }

    private List<Holder> ofOthers(String name) {
        long self = ProcessHandle.current().pid();
        return of(name).stream().filter(holder -> holder.pid() != self).toList();
    }

    /** Returns who holds it; of this process only what it could read, as the daemon keeps stand-ins open for writing. */
    List<Holder> readersOf(String name) {
        long self = ProcessHandle.current().pid();
        return of(name).stream()
                .filter(holder -> holder.pid() != self || reads(holder, name, 0))
                .toList();
    }

    /** Tells whether a process other than this one can read it. */
    boolean readByOthers(String name) {
        return other(name, 0).isPresent();
    }

    /** Returns a process other than this one that may try to read it without waiting. */
    Optional<Holder> triedWithoutWaiting(String name) {
        return other(name, Descriptors.O_NONBLOCK);
    }

    private Optional<Holder> other(String name, int flag) {
        return ofOthers(name).stream()
                .filter(holder -> reads(holder, name, flag))
                .findFirst();
    }

    /** Tells whether the descriptor still is one of this pipe or terminal, for reading and with this flag. */
    static boolean reads(Holder holder, String name, int flag) {
        try {
            int flags = ProcFiles.fdinfo(holder.pid(), holder.descriptor()).flags();
            return (flags & Descriptors.O_ACCMODE) != Descriptors.O_WRONLY
                    && (flags & flag) == flag
                    && name(holder.pid(), holder.descriptor()).equals(Optional.of(name));
        } catch (ErrnoException _) {
            return false;
        }
    }
}
