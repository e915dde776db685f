package org.linuxssi.ghost;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;

/** Finds out who else has the memory and files of a process that no directory has. */
final class Holders {

    private Holders() {}

    /**
     * Returns the processes of the machine that have some of these open or mapped, by their keys: one of each.
     *
     * @param pid the process that is known to have them
     * @param keys of {@link SharedObject}
     */
    static Map<String, Integer> others(int pid, Set<String> keys) {
        Map<String, Integer> found = new HashMap<>();
        if (keys.isEmpty()) {
            return found;
        }
        int self = (int) ProcessHandle.current().pid();
        for (int other : ProcFiles.processes()) {
            if (other != pid && other != self) {
                look(pid, other, keys, found);
            }
        }
        return found;
    }

    /** Returns those of the links, as {@code pipe:[711]}, that other processes of the machine have among their descriptors. */
    static Set<String> links(int pid, Set<String> links) {
        Set<String> found = new HashSet<>();
        for (int other : ProcFiles.processes()) {
            if (other != pid) {
                addLinks(other, links, found);
            }
        }
        return found;
    }

    private static void addLinks(int process, Set<String> links, Set<String> found) {
        for (int fd : descriptors(process)) {
            String link = link(process, fd);
            if (links.contains(link)) {
                found.add(link);
            }
        }
    }

    private static void look(int pid, int process, Set<String> keys, Map<String, Integer> found) {
        for (Mapping mapping : deletedMappings(process)) {
            if (MappingImage.isSegment(mapping) && !space(process).equals(space(pid))) {
                continue;
            }
            add(MappingImage.key(mapping), process, keys, found);
        }
        for (int fd : descriptors(process)) {
            if (link(process, fd).endsWith(SharedObject.DELETED)) {
                SharedObject.key(process, fd).ifPresent(key -> add(key, process, keys, found));
            }
        }
    }

    /** System V shared memory is numbered in each name space by itself. */
    private static String space(int process) {
        try {
            return ProcFiles.link(process, "ns/ipc");
        } catch (ErrnoException ended) {
            return "";
        }
    }

    /** A process that has ended has none. */
    private static List<Integer> descriptors(int process) {
        try {
            return ProcFiles.descriptors(process);
        } catch (ErrnoException ended) {
            return List.of();
        }
    }

    private static String link(int process, int fd) {
        try {
            return ProcFiles.link(process, "fd/" + fd);
        } catch (ErrnoException closed) {
            return "";
        }
    }

    private static void add(String key, int process, Set<String> keys, Map<String, Integer> found) {
        if (keys.contains(key)) {
            found.put(key, process);
        }
    }

    private static List<Mapping> deletedMappings(int process) {
        try {
            return ProcFilesMaps.parse(ProcFiles.text(process, "maps")
                    .lines()
                    .filter(line -> line.endsWith(SharedObject.DELETED))
                    .collect(Collectors.joining("\n")));
        } catch (ErrnoException ended) {
            return List.of();
        }
    }
}
