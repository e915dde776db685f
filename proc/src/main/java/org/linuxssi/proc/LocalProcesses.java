package org.linuxssi.proc;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
    private final Map<Integer, Watched> byPid = new HashMap<>();
    private final Map<Integer, NodeSet> ending = new HashMap<>();

    LocalProcesses(Container container, TimeSource time, Ends ends) {
        this.container = container;
        this.time = time;
        this.ends = ends;
    }

    synchronized boolean contains(int pid) {
        return byPid.containsKey(pid);
    }

    synchronized boolean isEmpty() {
        return byPid.isEmpty();
    }

    synchronized NodeSet holders(int pid) {
        return Optional.ofNullable(byPid.get(pid)).map(Watched::holders).orElse(NodeSet.EMPTY);
    }

    /**
     * Starts to watch a process, or gives one that is watched more holders.
     *
     * @return false when there is no such process
     */
    synchronized boolean add(int pid, int hostPid, NodeSet holders) {
        Watched known = byPid.get(pid);
        if (known != null) {
            byPid.put(pid, known.with(known.holders().plus(holders)));
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
    synchronized boolean addHolder(int pid, NodeId holder) {
        return byPid.computeIfPresent(
                                pid,
                                (_, watched) -> watched.with(watched.holders().plus(holder)))
                        != null
                || ending.computeIfPresent(pid, (_, holders) -> holders.plus(holder)) != null;
    }

    /** The end of a process is told now; returns the nodes that have proxies of it. */
    synchronized NodeSet told(int pid) {
        return Optional.ofNullable(ending.remove(pid)).orElse(NodeSet.EMPTY);
    }

    /** A node has no proxy of the process any more. */
    synchronized void dropHolder(int pid, NodeId holder) {
        byPid.computeIfPresent(
                pid, (_, watched) -> watched.with(watched.holders().minus(holder)));
    }

    /** A node is lost and all its proxies with it. */
    synchronized void dropHolder(NodeId holder) {
        byPid.replaceAll((_, watched) -> watched.with(watched.holders().minus(holder)));
    }

    /** Stops watching a process that leaves; returns its holders. */
    NodeSet remove(int pid) {
        return take(pid).map(Watched::holders).orElse(NodeSet.EMPTY);
    }

    /** Its descriptor is closed here only: the number of a closed one is soon that of another process. */
    private synchronized Optional<Watched> take(int pid) {
        Optional<Watched> watched = Optional.ofNullable(byPid.remove(pid));
        watched.ifPresent(one -> {
            container.poller().forget(one.process().descriptor());
            one.process().close();
        });
        return watched;
    }

    /** Its zombie still tells how it ended, or else the kernel that it did, or else its parent's wait, if the parent is ours. */
    private void exited(int pid, Watched watched) {
        Optional<WaitStatus> status = Member.of(container.numbers(), watched.hostPid())
                .filter(Member::zombie)
                .map(zombie -> new WaitStatus(zombie.exitCode()))
                .or(watched.process()::exitStatus);
        if (status.isPresent()) {
            ended(pid, watched, status.get());
        } else {
            time.after(PATIENCE, () -> ended(pid, watched, WaitStatus.ofExit(0)));
        }
    }

    /** The process has ended; only the first report counts. */
    void ended(int pid, WaitStatus status) {
        if (end(pid, _ -> true)) {
            ends.ended(pid, status);
        }
    }

    /** The same, unless the number is another process's by now. */
    private void ended(int pid, Watched meant, WaitStatus status) {
        if (end(pid, now -> now.process() == meant.process())) {
            ends.ended(pid, status);
        }
    }

    private synchronized boolean end(int pid, Predicate<Watched> meant) {
        Watched now = byPid.get(pid);
        if (now == null || !meant.test(now)) {
            return false;
        }
        ending.put(pid, now.holders());
        take(pid);
        return true;
    }
}
