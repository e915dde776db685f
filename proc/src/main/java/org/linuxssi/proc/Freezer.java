package org.linuxssi.proc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.TimeSource;

/**
 * Lets the programs of a container stand still, by a cgroup below the container's own that is frozen ({@code cgroup.freeze}
 * of {@code Documentation/admin-guide/cgroup-v2.rst}): they notice nothing but that time has passed, and can be killed.
 *
 * <p>Agents stay outside and go on, and so does a process that is being moved, until that is over.
 */
final class Freezer {

    private static final Logger LOG = System.getLogger(Freezer.class.getName());
    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final int PASSES = 100;
    private static final String PROCESSES = "cgroup.procs";

    private final Path outside;
    private final Path inside;
    private final Supervisor supervisor;
    private final TimeSource time;
    private boolean frozen;

    private Freezer(Path cgroup, Supervisor supervisor, TimeSource time) {
        outside = cgroup;
        inside = Cgroup.frozen(cgroup);
        this.supervisor = supervisor;
        this.time = time;
    }

    /** Returns the freezer of a container; what a former daemon froze stays so. */
    static Optional<Freezer> of(ContainerState container, Supervisor supervisor, TimeSource time) {
        if (container.cgroup().isEmpty()) {
            return Optional.empty();
        }
        Freezer freezer = new Freezer(Path.of(container.cgroup()), supervisor, time);
        if (Files.isDirectory(freezer.inside)) {
            freezer.freeze();
        }
        return Optional.of(freezer);
    }

    /** Stops all programs, also those that start later. */
    synchronized boolean freeze() {
        if (!frozen) {
            try {
                Files.createDirectories(inside);
                Files.writeString(inside.resolve("cgroup.freeze"), "1");
            } catch (IOException problem) {
                LOG.log(Level.WARNING, "programs run on: {0}", problem.toString());
                return false;
            }
            frozen = true;
            watch();
        }
        return true;
    }

    private synchronized void watch() {
        if (frozen) {
            moveAll(outside, inside);
            time.after(AGAIN, this::watch);
        }
    }

    /** Lets all go on. */
    synchronized void thaw() {
        if (!frozen) {
            return;
        }
        frozen = false;
        try {
            Files.writeString(inside.resolve("cgroup.freeze"), "0");
            moveAll(inside, outside);
            Files.delete(inside);
        } catch (IOException problem) {
            LOG.log(Level.INFO, "cgroup {0} stays: {1}", inside, problem.toString());
        }
    }

    /** Children that are born meanwhile are met in the next pass. */
    private void moveAll(Path from, Path to) {
        int passes = 0;
        while (passes < PASSES
                && processes(from).stream().filter(pid -> move(pid, to)).count() > 0) {
            passes++;
        }
    }

    private boolean move(int hostPid, Path to) {
        if (supervisor.isAgent(hostPid) || NotifiedThreads.agent(hostPid) || tracedHere(hostPid)) {
            return false;
        }
        try {
            Files.writeString(to.resolve(PROCESSES), Integer.toString(hostPid));
            return true;
        } catch (IOException gone) {
            return false;
        }
    }

    private static boolean tracedHere(int hostPid) {
        try {
            String tracer = ProcFiles.status(Integer.toString(hostPid)).getOrDefault("TracerPid", "0");
            return Files.exists(Path.of("/proc/self/task", tracer));
        } catch (ErrnoException gone) {
            return true;
        }
    }

    private static List<Integer> processes(Path cgroup) {
        try {
            return Files.readAllLines(cgroup.resolve(PROCESSES)).stream()
                    .map(Integer::valueOf)
                    .toList();
        } catch (IOException | UncheckedIOException gone) {
            return List.of();
        }
    }
}
