package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;

/**
 * What ties a process to its node from outside: name spaces that are not the container's, which it would silently lose,
 * and processes that it traces, which would stop for ever when their tracer is gone.
 */
final class Surroundings {

    private static final List<String> NAMESPACES = List.of(
            "mnt", "pid", "pid_for_children", "net", "ipc", "uts", "user", "cgroup", "time", "time_for_children");
    private static final String TRACER = "TracerPid:\t";

    private Surroundings() {}

    /**
     * Returns all that cannot move.
     *
     * @param init the first process of the container
     */
    static List<String> obstacles(int pid, int init) {
        List<String> obstacles = new ArrayList<>();
        for (String space : NAMESPACES) {
            if (!link(pid, "ns/" + space).equals(link(init, "ns/" + space))) {
                obstacles.add("it has a name space of its own: " + space);
            }
        }
        tracee(pid, init).ifPresent(tracee -> obstacles.add("it traces process " + inside(tracee)));
        return obstacles;
    }

    /** Returns the pid that a process has for itself. */
    static String inside(int pid) {
        String numbers = ProcFiles.status(Integer.toString(pid)).getOrDefault("NSpid", Integer.toString(pid));
        return numbers.substring(numbers.lastIndexOf('\t') + 1);
    }

    /** A name space for children that has no process yet has no link. */
    private static String link(int pid, String name) {
        try {
            return ProcFiles.link(pid, name);
        } catch (ErrnoException _) {
            return "";
        }
    }

    private static Optional<Integer> tracee(int pid, int init) {
        Set<String> tracers = ProcFiles.threads(pid).stream()
                .map(thread -> TRACER + thread + "\n")
                .collect(Collectors.toSet());
        String container = link(init, "ns/pid");
        return ProcFiles.processes().stream()
                .filter(other -> link(other, "ns/pid").equals(container))
                .filter(other -> isTraced(other, tracers))
                .findFirst();
    }

    private static boolean isTraced(int process, Set<String> tracers) {
        try {
            return ProcFiles.threads(process).stream()
                    .map(thread -> ProcFiles.text(process, "task/" + thread + "/status"))
                    .anyMatch(status -> tracers.contains(tracer(status)));
        } catch (ErrnoException _) {
            return false; // ended meanwhile
        }
    }

    private static String tracer(String status) {
        int start = Math.max(status.indexOf(TRACER), 0);
        return status.substring(start, status.indexOf('\n', start) + 1);
    }
}
