package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.linuxssi.linux.Affinity;
import org.linuxssi.linux.CpuList;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.proc.CpuNumbering.OfNode;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Knows the processors of all nodes, asked for every few seconds at most; a node that does not answer keeps those it had. */
final class ClusterCpus {

    private static final Logger LOG = System.getLogger(ClusterCpus.class.getName());
    private static final Duration DEADLINE = Duration.ofMillis(700);
    private static final Duration REFRESH = Duration.ofSeconds(5);

    private final Container container;
    private final Rpc rpc;
    private final Supplier<NodeSet> online;
    private final TreeMap<NodeId, OfNode> known = new TreeMap<>();
    private NodeSet nodes = NodeSet.EMPTY;
    private OptionalLong refreshed = OptionalLong.empty();

    ClusterCpus(Container container, Rpc rpc, Supplier<NodeSet> online) {
        this.container = container;
        this.rpc = rpc;
        this.online = online;
    }

    Registration serve() {
        return rpc.serve(ProcServices.CPUS, (from, nothing) -> own(real()));
    }

    /** Returns how this node's programs see the processors; may ask the other nodes. */
    synchronized CpuNumbering numbering() {
        long now = rpc.time().nanos();
        boolean fresh = refreshed.isPresent() && now - refreshed.getAsLong() < REFRESH.toNanos();
        return fresh ? known() : ask();
    }

    /** Does the same with what the nodes told once; asks them only when they are others than before. */
    synchronized CpuNumbering known() {
        return online.get().minus(rpc.self()).equals(nodes) && refreshed.isPresent() ? current() : ask();
    }

    private CpuNumbering ask() {
        NodeSet others = online.get().minus(rpc.self());
        known.keySet().removeIf(node -> !others.contains(node));
        rpc.ask(others, ProcServices.CPUS, Codec.Nothing.NOTHING, DEADLINE).forEach(this::take);
        nodes = others;
        refreshed = OptionalLong.of(rpc.time().nanos());
        return current();
    }

    private CpuNumbering current() {
        NodeId self = rpc.self();
        List<Integer> real = real();
        return CpuNumbering.of(
                known.headMap(self).values(),
                real,
                own(real),
                known.tailMap(self).values());
    }

    private void take(NodeId node, CompletableFuture<OfNode> answer) {
        try {
            known.put(node, answer.join());
        } catch (CompletionException problem) {
            LOG.log(Level.DEBUG, "node {0} does not tell its processors: {1}", node, problem);
        }
    }

    private static List<Integer> real() {
        return new ArrayList<>(CpuList.parse(ProcFiles.systemText("devices/system/cpu/online")));
    }

    /** Init is bound to nothing but what the whole container is. */
    private OfNode own(List<Integer> real) {
        BitSet allowed = Affinity.of(container.initPid()).cpus();
        BitSet usable = new BitSet();
        for (int i = 0; i < real.size(); i++) {
            usable.set(i, allowed.get(real.get(i)));
        }
        return new OfNode(real.size(), usable);
    }
}
