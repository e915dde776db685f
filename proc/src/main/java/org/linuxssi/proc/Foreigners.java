package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * Processes that are not at home, after nodes were lost or came back: those of this node are entered in the directory again,
 * whose entries may be lost, and the numbers of those that left this node are reserved again.
 */
final class Foreigners {

    private static final Logger LOG = System.getLogger(Foreigners.class.getName());
    private static final Duration LATER = Duration.ofSeconds(1);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int TRIES = 20;

    private final ProcessTable table;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final LocalProcesses locals;
    private final Set<Integer> departing;
    private final ReentrantLock places = new ReentrantLock();

    /**
     * Looks after the processes of a table.
     *
     * @param departing the processes that are about to leave
     */
    Foreigners(ProcessTable table, Rpc rpc, PidDirectory directory, LocalProcesses locals, Set<Integer> departing) {
        this.table = table;
        this.rpc = rpc;
        this.directory = directory;
        this.locals = locals;
        this.departing = departing;
    }

    /** Enters a process in the directory that moves. */
    void moved(int pid, NodeId to) {
        places.lock();
        try {
            directory.moved(pid, to);
        } finally {
            places.unlock();
        }
    }

    /** Enters a process that is here, unless it is about to leave. */
    private void enter(int pid) {
        places.lock();
        try {
            if (locals.contains(pid) && !departing.contains(pid)) {
                directory.moved(pid, rpc.self());
            }
        } finally {
            places.unlock();
        }
    }

    /** Returns the processes that are here and came from another node. */
    private List<Relations.Numbers> all() {
        return table.reals().stream()
                .map(Member::numbers)
                .filter(numbers -> locals.contains(numbers.pid()))
                .filter(numbers -> !PidRange.homeOf(numbers.pid()).equals(rpc.self()))
                .toList();
    }

    Registration serve() {
        return rpc.serve(ProcServices.FOREIGN, (from, home) -> of(home));
    }

    private List<Relations.Numbers> of(NodeId home) {
        return all().stream()
                .filter(numbers -> PidRange.homeOf(numbers.pid()).equals(home))
                .toList();
    }

    /** Enters all in the directory; what fails is tried again later. */
    void enterAll() {
        Thread.startVirtualThread(() -> enter(all(), TRIES));
    }

    private void enter(List<Relations.Numbers> missing, int tries) {
        List<Relations.Numbers> failed =
                missing.stream().filter(numbers -> !entered(numbers.pid())).toList();
        if (!failed.isEmpty() && tries > 0) {
            rpc.time().after(LATER, () -> Thread.startVirtualThread(() -> enter(failed, tries - 1)));
        }
    }

    private boolean entered(int pid) {
        try {
            enter(pid);
            return true;
        } catch (RuntimeException later) {
            LOG.log(Level.WARNING, "pid {0} is not in the directory yet: {1}", pid, later.getMessage());
            return false;
        }
    }

    /** Makes proxies of all processes on these nodes whose home is this one. */
    void reserveAll(NodeSet nodes) {
        for (NodeId node : nodes.minus(rpc.self())) {
            try {
                rpc.call(node, ProcServices.FOREIGN, rpc.self(), DEADLINE).forEach(this::reserve);
            } catch (RpcException lost) {
                LOG.log(Level.WARNING, "node {0} does not tell which processes of this node it has", node);
            }
        }
    }

    /** Drops the entries of processes of this node that ended while nobody could drop them, later. */
    void dropEndedLater() {
        List<Integer> away = directory.away();
        if (!away.isEmpty()) {
            Thread.startVirtualThread(() -> dropEnded(away));
        }
    }

    /** Does the same at once, for those that have no proxy here. */
    void dropEnded() {
        dropEnded(directory.away().stream().filter(pid -> !table.isProxy(pid)).toList());
    }

    /** Such an entry would send whoever looks for the next process with this pid to the wrong node. */
    private void dropEnded(List<Integer> away) {
        for (int pid : away) {
            try {
                if (PidRange.homeOf(pid).equals(rpc.self()) && ended(pid)) {
                    directory.gone(pid);
                    LOG.log(Level.INFO, "pid {0} ended elsewhere: its entry in the directory is dropped", pid);
                }
            } catch (RuntimeException unknown) {
                LOG.log(Level.DEBUG, "the entry of pid {0} is left: {1}", pid, unknown.getMessage());
            }
        }
    }

    /** A process that leaves a node while that is asked is entered on the next one before. */
    private boolean ended(int pid) {
        NodeId node = directory.where(pid);
        if (node.equals(rpc.self())) {
            return false;
        }
        boolean absent = rpc.call(node, ProcServices.DESCRIBE, pid, DEADLINE).isEmpty();
        return absent && !departing.contains(pid) && directory.where(pid).equals(node);
    }

    private void reserve(Relations.Numbers numbers) {
        try {
            table.reserve(numbers);
        } catch (ErrnoException problem) {
            LOG.log(Level.WARNING, "pid {0}, which lives elsewhere, is not reserved: {1}", numbers.pid(), problem);
        }
    }
}
