package org.linuxssi.proc;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/**
 * The processes of this node that have proxies on other nodes or came from there, and the nodes that hold those proxies.
 * Each is watched for its end.
 */
final class LocalProcesses {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Hears of ends, once for each process. */
    @FunctionalInterface
    interface Ends {
        /** The process has ended; {@link #told} says whom to tell when it is told. */
        void ended(int pid, WaitStatus status);
    }

    private record Watched(int hostPid, PidFd process, NodeSet holders) {
        Watched with(NodeSet others) {
            return new Watched(hostPid, process, others);
        }
    }

    private final Container container;
    private final TimeSource time;
    private final Ends ends;
    private final Map<Integer, Watched> byPid = new ConcurrentHashMap<>();
    private final Map<Integer, NodeSet> ending = new ConcurrentHashMap<>();

    LocalProcesses(Container container, TimeSource time, Ends ends) {
        this.container = container;
        this.time = time;
        this.ends = ends;
    }

    boolean contains(int pid) {
        return byPid.containsKey(pid);
    }

    boolean isEmpty() {
        return byPid.isEmpty();
    }

    NodeSet holders(int pid) {
        return Optional.ofNullable(byPid.get(pid)).map(Watched::holders).orElse(NodeSet.EMPTY);
    }

    /**
     * Starts to watch a process, or gives one that is watched more holders.
     *
     * @return false when there is no such process
     */
    synchronized boolean add(int pid, int hostPid, NodeSet holders) {
        boolean known = byPid.computeIfPresent(
                        pid, (key, watched) -> watched.with(watched.holders().plus(holders)))
                != null;
        if (known) {
            return true;
        }
        try {
            Watched watched = new Watched(hostPid, PidFd.open(hostPid), holders);
            byPid.put(pid, watched);
            container.poller().watch(watched.process().descriptor(), () -> exited(pid, watched));
            return true;
        } catch (ErrnoException gone) {
            return false;
        }
    }

    /** Gives a process that is watched, or whose end has not been told yet, one more holder; false when there is none such. */
    boolean addHolder(int pid, NodeId holder) {
        return byPid.computeIfPresent(
                                pid,
                                (key, watched) -> watched.with(watched.holders().plus(holder)))
                        != null
                || ending.computeIfPresent(pid, (key, holders) -> holders.plus(holder)) != null;
    }

    /** The end of a process is told now; returns the nodes that have proxies of it. */
    NodeSet told(int pid) {
        return Optional.ofNullable(ending.remove(pid)).orElse(NodeSet.EMPTY);
    }

    /** A node has no proxy of the process any more. */
    void dropHolder(int pid, NodeId holder) {
        byPid.computeIfPresent(
                pid, (key, watched) -> watched.with(watched.holders().minus(holder)));
    }

    /** A node is lost and all its proxies with it. */
    void dropHolder(NodeId holder) {
        byPid.keySet().forEach(pid -> dropHolder(pid, holder));
    }

    /** Stops watching a process that leaves; returns its holders. */
    NodeSet remove(int pid) {
        Watched watched = byPid.remove(pid);
        if (watched == null) {
            return NodeSet.EMPTY;
        }
        letGo(watched);
        return watched.holders();
    }

    /** Only who takes it out of the map does this: the number of a closed descriptor is soon that of another process. */
    private void letGo(Watched watched) {
        container.poller().forget(watched.process().descriptor());
        watched.process().close();
    }

    /** Its zombie still tells how it ended, or else the kernel that it did, or else its parent's wait, if the parent is ours. */
    private void exited(int pid, Watched watched) {
        Optional<WaitStatus> status = Member.of(container.numbers(), watched.hostPid())
                .filter(Member::zombie)
                .map(zombie -> new WaitStatus(zombie.exitCode()))
                .or(watched.process()::exitStatus);
        if (status.isPresent()) {
            ended(pid, status.get(), now -> now.process() == watched.process());
        } else {
            time.after(PATIENCE, () -> ended(pid, WaitStatus.ofExit(0), now -> now.process() == watched.process()));
        }
    }

    /** The process has ended; only the first report counts. */
    void ended(int pid, WaitStatus status) {
        ended(pid, status, _ -> true);
    }

    private void ended(int pid, WaitStatus status, Predicate<Watched> meant) {
        AtomicReference<Watched> found = new AtomicReference<>();
        byPid.computeIfPresent(pid, (key, watched) -> {
            if (!meant.test(watched)) {
                return watched;
            }
            found.set(watched);
            ending.put(pid, watched.holders());
            return null;
        });
        Watched watched = found.get();
        if (watched != null) {
            letGo(watched);
            ends.ended(pid, status);
        }
    }
}
