package org.linuxssi.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmSet;
import org.linuxssi.kddm.SetSpec;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A cluster in one Java machine, with the membership as it is. From three nodes on, a node that serves its users looks at the clock
 * whether a quorum has heard of it lately; a node that is a quorum by itself need not.
 */
@State(Scope.Benchmark)
public class KddmCluster {

    private record Node(Rpc rpc, Hotplug hotplug, Kddm kddm) {}

    /** How many nodes. */
    @Param({"1", "3"})
    public int nodes;

    private final SystemTime time = new SystemTime();
    private final List<Node> all = new ArrayList<>();
    private KddmSet<Long> counters;

    /** Starts the cluster. */
    @Setup(Level.Trial)
    public void start() throws InterruptedException {
        MemoryNetwork network = new MemoryNetwork(time);
        for (int id = 0; id < nodes; id++) {
            Rpc rpc = network.node(NodeId.of(id));
            HotplugConfig config = HotplugConfig.of(time.nanos()).withAutostart(nodes);
            Hotplug hotplug = Hotplug.create(rpc, config);
            all.add(new Node(rpc, hotplug, new Kddm(rpc, hotplug)));
            hotplug.start();
        }
        Node first = all.getFirst();
        counters = first.kddm()
                .open(SetSpec.of(
                        SetId.of(7, 1), "counters", Codec.of((n, out) -> out.i64(n), Decoder::i64), object -> object));
        awaitSettled(first.hotplug());
    }

    private void awaitSettled(Hotplug hotplug) throws InterruptedException {
        long until = time.nanos() + Duration.ofSeconds(20).toNanos();
        while (!hotplug.settled().members().equals(NodeSet.first(nodes))) {
            if (time.nanos() - until > 0) {
                throw new IllegalStateException("no cluster of " + nodes + " nodes after 20 s: " + hotplug.states());
            }
            Thread.sleep(10);
        }
    }

    /** Returns a set of the first node, whose objects are made by first touch. */
    public KddmSet<Long> counters() {
        return counters;
    }

    /** Ends the cluster. */
    @TearDown(Level.Trial)
    public void stop() {
        for (Node node : all) {
            node.rpc().close();
            node.hotplug().close();
            node.kddm().close();
        }
        time.close();
    }
}
