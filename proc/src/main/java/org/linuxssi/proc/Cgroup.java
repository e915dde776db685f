package org.linuxssi.proc;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The container's directory in the cgroup v2 hierarchy ({@code cgroups(7)}), where the machine has one. */
final class Cgroup {

    private static final Logger LOG = System.getLogger(Cgroup.class.getName());

    private Cgroup() {}

    /** Makes the directory and moves a process into it; nothing when this machine does not allow it. */
    static Optional<Path> enter(String name, int hostPid) {
        Optional<Path> root = root();
        if (root.isEmpty()) {
            return Optional.empty();
        }
        Path directory = root.get().resolve(name);
        try {
            Files.deleteIfExists(frozen(directory));
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("cgroup.procs"), Integer.toString(hostPid));
            return Optional.of(directory);
        } catch (IOException problem) {
            LOG.log(Level.INFO, "the container has no cgroup {0}: {1}", directory, problem.getMessage());
            return Optional.empty();
        }
    }

    /** Returns the directory below it whose processes stand still, when there is one. */
    static Path frozen(Path directory) {
        return directory.resolve("frozen");
    }

    /** Removes the directory, which must be without processes. */
    static void remove(Path directory) {
        try {
            Files.deleteIfExists(frozen(directory));
            Files.deleteIfExists(directory);
        } catch (IOException problem) {
            LOG.log(Level.INFO, "cgroup {0} stays: {1}", directory, problem.getMessage());
        }
    }

    private static Optional<Path> root() {
        try (var lines = Files.lines(Path.of("/proc/self/mounts"))) {
            return lines.map(line -> line.split(" "))
                    .filter(fields -> fields[2].equals("cgroup2"))
                    .map(fields -> Path.of(fields[1]))
                    .findFirst();
        } catch (IOException problem) {
            return Optional.empty();
        }
    }
}
