package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.linuxssi.linux.Mounts;
import org.linuxssi.linux.NetNamespace;
import org.linuxssi.linux.ProcessIdentity;

/**
 * Ends what a test bed started and removes what it made. It knows processes by pid and start time, or by membership in
 * a network name space that the test bed holds, never by name.
 *
 * @param directory the test bed's
 */
record Cleaner(RunDirectory directory) {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long PAUSE = Duration.ofMillis(5).toNanos();

    /** Kills every process of a node at once, the given daemon first, and waits until they are gone. */
    void killNode(int node, Optional<ProcessIdentity> daemon) {
        Set<ProcessIdentity> first = new LinkedHashSet<>();
        daemon.ifPresent(first::add);
        NetNamespace.find(directory.network(node)).ifPresent(network -> first.addAll(members(network)));
        Set<Path> cgroups = Cgroups.of(first);
        killAll(first);
        NetNamespace.find(directory.network(node)).ifPresent(this::killMembers);
        Cgroups.remove(cgroups);
    }

    /** Removes everything but the lock: processes, name spaces, directories. */
    void removeAll() {
        Optional<BedState> state = BedState.load(directory.stateFile());
        Set<ProcessIdentity> known = new LinkedHashSet<>();
        state.ifPresent(old -> {
            known.addAll(old.daemons().values());
            old.relay().ifPresent(known::add);
        });
        for (Path file : directory.networks()) {
            NetNamespace.find(file).ifPresent(network -> known.addAll(members(network)));
        }
        Set<Path> cgroups = Cgroups.of(known);
        cgroups.addAll(Cgroups.named(
                NodeConfig.cgroups(directory, state.map(BedState::nodes).orElse(0))));
        killAll(known);
        for (Path file : directory.networks()) {
            removeNetwork(file);
        }
        Cgroups.remove(cgroups);
        unmountBelow(directory.root());
        directory.delete();
        NodeDirectory.remove();
    }

    private void removeNetwork(Path file) {
        Optional<NetNamespace> network = NetNamespace.find(file);
        try {
            if (network.isPresent()) {
                killMembers(network.get());
                network.get().delete();
            } else {
                Files.deleteIfExists(file);
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + file, problem);
        }
    }

    /** Kills round after round, as members may make children while they are being listed. */
    private void killMembers(NetNamespace network) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (List<ProcessIdentity> rest = members(network); !rest.isEmpty(); rest = members(network)) {
            killAll(rest);
            if (System.nanoTime() > end) {
                throw new TestBedException("processes of " + network.file() + " do not die: " + rest);
            }
        }
    }

    /** Returns the living processes of a name space, without the caller. */
    static List<ProcessIdentity> members(NetNamespace network) {
        long id = network.id();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Integer::valueOf)
                    .filter(pid -> pid != ProcessHandle.current().pid())
                    .filter(pid ->
                            NetNamespace.idOf(pid).filter(its -> its == id).isPresent())
                    .flatMap(pid -> ProcessIdentity.of(pid).stream())
                    .filter(ProcessIdentity::alive)
                    .toList();
        } catch (IOException problem) {
            throw new UncheckedIOException("list /proc", problem);
        }
    }

    /** Kills processes and waits until they are gone; those that are children of the caller are reaped. */
    static void killAll(Collection<ProcessIdentity> processes) {
        processes.forEach(process -> process.signal(ProcessIdentity.SIGKILL));
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (ProcessIdentity process : processes) {
            while (process.alive()) {
                if (System.nanoTime() > end) {
                    throw new TestBedException("process " + process.pid() + " does not die after SIGKILL");
                }
                LockSupport.parkNanos(PAUSE);
            }
            process.reap();
        }
    }

    private static void unmountBelow(Path root) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            List<String> points = lines.map(line -> line.split(" ")[4])
                    .filter(point -> Path.of(point).startsWith(root))
                    .toList();
            points.reversed().forEach(point -> Mounts.unmount(Path.of(point)));
        } catch (IOException problem) {
            throw new UncheckedIOException("read /proc/self/mountinfo", problem);
        }
    }
}
