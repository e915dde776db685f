package org.linuxssi.daemon;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

    private final Rpc rpc;
    private final ProcessTable table;
    private final Supplier<NodeSet> members;
    private final Set<NodeId> ending = ConcurrentHashMap.newKeySet();
    private final Map<NodeId, Set<Integer>> missing = new ConcurrentHashMap<>();
    private final List<Registration> registrations;

    /**
     * Starts to answer other nodes.
     *
     * @param members the nodes of the cluster
     */
    Absences(Rpc rpc, ProcessTable table, Supplier<NodeSet> members) {
        this.rpc = rpc;
        this.table = table;
        this.members = members;
        registrations = List.of(
                rpc.serve(HERE, (from, nothing) -> table.here()),
                rpc.serve(STRAYS, table::strays),
                rpc.serve(ENDING, (from, nothing) -> {
                    ending.add(from);
                    return nothing;
                }));
    }

    /** A node failed. */
    void lost(NodeId node) {
        Set<Integer> pids = new HashSet<>(table.held(node));
        boolean silent = rpc.connected().contains(node);
        if (ending.remove(node) || silent) {
            table.giveUp(pids);
        } else {
            missing.put(node, pids);
            rpc.time().after(PATIENCE, () -> {
                if (missing.remove(node, pids)) {
                    table.giveUp(pids);
                }
            });
        }
    }

    /** A node joined: what it has no more of what it had is given up. */
    void back(NodeId node) {
        ending.remove(node);
        Set<Integer> pids = missing.remove(node);
        if (pids == null) {
            return;
        }
        try {
            List<Integer> there = rpc.call(node, HERE, Codec.Nothing.NOTHING, ANSWER);
            pids.removeAll(Set.copyOf(there));
        } catch (RpcException problem) {
            LOG.log(Level.WARNING, "the processes of node {0} are given up: {1}", node, problem.getMessage());
        }
        table.giveUp(pids);
    }

    /** This node joined: what was given up while it was away ends. */
    void joined() {
        Map<NodeId, List<Integer>> guests =
                new HashMap<>(table.here().stream().collect(Collectors.groupingBy(ProcessTable::homeOf)));
        guests.remove(rpc.self());
        guests.forEach((home, pids) -> {
            if (rpc.connected().contains(home)) {
                endStrays(home, pids);
            }
        });
    }

    private void endStrays(NodeId home, List<Integer> pids) {
        try {
            List<Integer> strays = rpc.call(home, STRAYS, pids, ANSWER);
            strays.forEach(
                    pid -> LOG.log(Level.INFO, "pid {0} was given up by its home, node {1}: it ends", pid, home));
            table.kill(strays);
        } catch (RpcException problem) {
            LOG.log(
                    Level.WARNING,
                    "node {0} does not tell whether it gave up {1}: {2}",
                    home,
                    pids,
                    problem.getMessage());
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
