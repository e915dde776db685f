package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.linuxssi.linux.ProcessIdentity;

/** The cgroups that containers made for themselves ({@code cgroups(7)}, version 2). */
final class Cgroups {

    private Cgroups() {}

    /** Returns the directories of the processes' cgroups that are not the caller's own. */
    static Set<Path> of(Collection<ProcessIdentity> processes) {
        Optional<Path> root = root();
        Set<Path> directories = new TreeSet<>();
        if (root.isPresent()) {
            processes.forEach(process -> path(Integer.toString(process.pid()))
                    .ifPresent(path -> directories.add(root.get().resolve(path))));
            path("self").ifPresent(path -> directories.remove(root.get().resolve(path)));
            directories.remove(root.get());
        }
        return directories;
    }

    /** Returns the directories of cgroups below the root that are there. */
    static Set<Path> named(Collection<String> names) {
        Set<Path> directories = new TreeSet<>();
        root().ifPresent(root ->
                names.stream().map(root::resolve).filter(Files::isDirectory).forEach(directories::add));
        return directories;
    }

    /** Removes directories without processes and what is in them; the kernel refuses for others, which then stay. */
    static void remove(Set<Path> directories) {
        List<Path> deepestFirst = directories.stream()
                .flatMap(directory -> Stream.concat(Stream.of(directory), below(directory).stream()))
                .distinct()
                .sorted(Comparator.comparing(Path::getNameCount).reversed())
                .toList();
        for (Path directory : deepestFirst) {
            try {
                Files.deleteIfExists(directory);
            } catch (IOException inUse) {
                System.getLogger(Cgroups.class.getName())
                        .log(System.Logger.Level.INFO, "cgroup {0} stays: {1}", directory, inUse.getMessage());
            }
        }
    }

    private static List<Path> below(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isDirectory).toList();
        } catch (IOException gone) {
            return List.of();
        }
    }

    /** Returns the path below the root from the line {@code 0::/PATH}. */
    private static Optional<Path> path(String process) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", process, "cgroup"))) {
            return lines.filter(line -> line.startsWith("0::/"))
                    .map(line -> Path.of(line.substring(4)))
                    .findFirst();
        } catch (IOException | UncheckedIOException gone) {
            return Optional.empty();
        }
    }

    private static Optional<Path> root() {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            return mounts.map(line -> line.split(" "))
                    .filter(fields -> fields[2].equals("cgroup2"))
                    .map(fields -> Path.of(fields[1]))
                    .findFirst();
        } catch (IOException problem) {
            return Optional.empty();
        }
    }
}
