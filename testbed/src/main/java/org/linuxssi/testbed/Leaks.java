package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Counts of what must not grow: processes and zombies of each node, mounts of the host, of each daemon and of each
 * container, descriptors of each daemon and each container's first process.
 *
 * @param counts by a name for people, for example {@code node 0 daemon descriptors}
 */
public record Leaks(Map<String, Long> counts) {

    /** Keeps a sorted copy. */
    public Leaks {
        counts = new TreeMap<>(counts);
    }

    /** Counts now. */
    static Leaks count(TestBed bed, int nodes) {
        Map<String, Long> counts = new TreeMap<>();
        counts.put("host mounts", hostMounts(bed.directory().root()));
        for (int node = 0; node < nodes; node++) {
            int number = node;
            counts.put("node " + node + " processes", (long) bed.processes(node).size());
            bed.daemon(node).ifPresent(daemon -> addProcess(counts, "node " + number + " daemon ", daemon.pid()));
            bed.processes(node).stream()
                    .filter(process -> isInit(process.pid()))
                    .forEach(init -> addProcess(counts, "node " + number + " init ", init.pid()));
        }
        return new Leaks(counts);
    }

    /** Returns what is more than it was before, by name; zero and less are left out. */
    public Map<String, Long> since(Leaks before) {
        Map<String, Long> growth = new TreeMap<>();
        counts.forEach((name, count) -> {
            long more = count - before.counts.getOrDefault(name, 0L);
            if (more > 0) {
                growth.put(name, more);
            }
        });
        return growth;
    }

    /** Name spaces elsewhere belong to test beds that come and go beside this one. */
    private static long hostMounts(Path own) {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return mounts.filter(mount -> !mount.contains(" - nsfs ")
                            || Path.of(mount.split(" ")[4]).startsWith(own))
                    .count();
        } catch (IOException | UncheckedIOException gone) {
            return 0;
        }
    }

    /** The first process of a container has number 1 in the innermost of several pid name spaces. */
    private static boolean isInit(int pid) {
        try (Stream<String> status = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return status.filter(line -> line.startsWith("NSpid:"))
                    .anyMatch(line -> line.matches("NSpid:(\\s+\\d+)+\\s+1"));
        } catch (IOException | UncheckedIOException gone) {
            return false;
        }
    }

    private static void addProcess(Map<String, Long> counts, String prefix, int pid) {
        counts.put(prefix + "mounts", lines(Path.of("/proc/" + pid + "/mountinfo")));
        counts.put(prefix + "children", children(pid));
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            counts.put(prefix + "descriptors", descriptors.count());
        } catch (IOException gone) {
            counts.put(prefix + "descriptors", 0L);
        }
    }

    /** Counts children with zombies, which have left their name spaces. */
    private static long children(int pid) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return tasks.map(task -> task.resolve("children"))
                    .mapToLong(file -> words(file))
                    .sum();
        } catch (IOException gone) {
            return 0;
        }
    }

    private static long words(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.isEmpty() ? 0 : text.split(" ").length;
        } catch (IOException gone) {
            return 0;
        }
    }

    private static long lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        } catch (IOException | UncheckedIOException gone) {
            return 0;
        }
    }
}
