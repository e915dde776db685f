package org.linuxssi.daemon;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * Nodes that failed, and what became of their processes. When a daemon dies alone its connections end at once and its
 * container lives on for the next daemon: its processes are given up only when none comes. A node that fell silent, or
 * said that it ends, takes its processes along.
 *
 * <p>The next daemon, for its part, ends the processes that were given up meanwhile.
 */
final class Absences implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Absences.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LATELY = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int MOST = 1 << 22;

    private static final Codec<Integer> PID = Codec.of((pid, out) -> out.i32(pid), in -> in.i32());
    private static final Codec<List<Integer>> PIDS =
            Codec.of((pids, out) -> out.list(pids, PID), in -> in.list(MOST, PID));

    private static final Service<Codec.Nothing, List<Integer>> HERE =
            Service.of(403, "daemon.here", Codec.NOTHING, PIDS, Service.Dispatch.BLOCKING);
    private static final Service<Codec.Nothing, Codec.Nothing> ENDING =
            Service.of(404, "daemon.ending", Codec.NOTHING, Codec.NOTHING, Service.Dispatch.INLINE);
    private static final Service<List<Integer>, List<Integer>> STRAYS =
            Service.of(405, "daemon.strays", PIDS, PIDS, Service.Dispatch.BLOCKING);

    /** One time that a node was lost; no two are equal, so that the patience of an earlier one ends nothing. */
    private static final class Absence {
        private final Set<Integer> pids;

        Absence(Set<Integer> pids) {
            this.pids = pids;
        }
    }

    private final Rpc rpc;
    private final ProcessTable table;
    private final Supplier<NodeSet> members;
    private final Predicate<NodeId> fellSilent;
    private final Set<NodeId> ending = ConcurrentHashMap.newKeySet();
    private final Map<NodeId, Absence> missing = new ConcurrentHashMap<>();
    private final Map<NodeId, Long> brokenAt = new ConcurrentHashMap<>();
    private final List<Registration> registrations;

    /**
     * Starts to answer other nodes.
     *
     * @param members the nodes of the cluster
     * @param fellSilent tells of a node that is no longer connected whether it is so for silence
     */
    Absences(Rpc rpc, ProcessTable table, Supplier<NodeSet> members, Predicate<NodeId> fellSilent) {
        this.rpc = rpc;
        this.table = table;
        this.members = members;
        this.fellSilent = fellSilent;
        registrations = List.of(
                rpc.onConnection(this::connection),
                rpc.serve(HERE, (from, nothing) -> table.here()),
                rpc.serve(STRAYS, (node, pids) -> table.abandoned().strays(node, pids)),
                rpc.serve(ENDING, (from, nothing) -> {
                    ending.add(from);
                    return nothing;
                }));
    }

    private void connection(NodeId peer, boolean connected) {
        if (!connected) {
            brokenAt.put(peer, rpc.time().nanos());
        }
    }

    /** A node failed. */
    void lost(NodeId node) {
        Set<Integer> pids = new HashSet<>(table.abandoned().held(node));
        if (ending.remove(node) || silent(node)) {
            table.abandoned().giveUp(pids);
        } else {
            Absence absence = new Absence(pids);
            missing.put(node, absence);
            rpc.time().after(PATIENCE, () -> {
                if (missing.remove(node, absence)) {
                    table.abandoned().giveUp(pids);
                }
            });
        }
    }

    /**
     * Nothing was heard of it for too long; or others found so and its connection stands, and is not that of a daemon that came so quickly
     * that the one before was not missed yet.
     */
    private boolean silent(NodeId node) {
        if (fellSilent.test(node)) {
            return true;
        }
        Long end = brokenAt.get(node);
        boolean lately = end != null && rpc.time().nanos() - end < LATELY.toNanos();
        return rpc.connected().contains(node) && !lately;
    }

    /** Tells whether a node failed whose next daemon is waited for. */
    boolean awaits(NodeId node) {
        return missing.containsKey(node);
    }

    /** A node joined: what it has no more of what it had is given up. */
    void back(NodeId node) {
        ending.remove(node);
        Absence absence = missing.remove(node);
        if (absence == null) {
            return;
        }
        Set<Integer> pids = absence.pids;
        try {
            List<Integer> there = rpc.call(node, HERE, Codec.Nothing.NOTHING, ANSWER);
            pids.removeAll(Set.copyOf(there));
        } catch (RpcException problem) {
            LOG.log(Level.WARNING, "the processes of node {0} are given up: {1}", node, problem.getMessage());
        }
        table.abandoned().giveUp(pids);
    }

    /** This node joined these: what was given up while it was away ends. */
    void joined(NodeSet others) {
        List<Integer> here = table.here().stream()
                .filter(pid -> !table.leaving().contains(pid))
                .toList();
        if (!here.isEmpty()) {
            others.forEach(node -> endStrays(node, here));
        }
    }

    private void endStrays(NodeId node, List<Integer> here) {
        try {
            List<Integer> strays = rpc.call(node, STRAYS, here, ANSWER);
            strays.forEach(pid -> LOG.log(Level.INFO, "pid {0} was given up, as node {1} tells: it ends", pid, node));
            table.kill(strays);
        } catch (RpcException problem) {
            LOG.log(Level.WARNING, "node {0} does not tell what it gave up: {1}", node, problem.getMessage());
        }
    }

    /** Tells all nodes that this one ends with its programs. */
    void sayEnding() {
        rpc.send(members.get().minus(rpc.self()), ENDING, Codec.Nothing.NOTHING);
    }

    @Override
    public void close() {
        registrations.forEach(Registration::close);
    }
}
