package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.linuxssi.hotplug.HotplugEvent;
import org.linuxssi.hotplug.HotplugEvent.Phase;
import org.linuxssi.hotplug.Stage;
import org.linuxssi.hotplug.View;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;
import org.linuxssi.tools.TimeSource;

/** Several nodes in one process, with a membership that the test drives. */
final class TestCluster implements AutoCloseable {

    static final Codec<Long> LONG = Codec.of((n, out) -> out.i64(n), Decoder::i64);
    static final SetId COUNTERS = SetId.of(7, 1);

    record Node(Rpc rpc, FakeHotplug hotplug, Kddm kddm) {}

    final MemoryNetwork network;
    final Map<NodeId, Node> nodes = new TreeMap<>();
    private View view = View.NONE;

    private final SystemTime clock = new SystemTime();
    private final UnaryOperator<Rpc> wrapper;

    TestCluster(int count) {
        this(count, rpc -> rpc);
    }

    /** Makes nodes that see their messages through something that may lose some. */
    TestCluster(int count, UnaryOperator<Rpc> wrapper) {
        this(count, wrapper, time -> time);
    }

    /** Makes nodes whose time is not that of the machine. */
    TestCluster(int count, UnaryOperator<Rpc> wrapper, UnaryOperator<TimeSource> time) {
        this.wrapper = wrapper;
        this.network = new MemoryNetwork(time.apply(clock));
        for (int i = 0; i < count; i++) {
            boot(i);
        }
        awaitConnected(NodeSet.first(count));
        add(NodeSet.first(count));
    }

    void boot(int id) {
        NodeId node = NodeId.of(id);
        Rpc rpc = wrapper.apply(network.node(node));
        FakeHotplug hotplug = new FakeHotplug(node);
        nodes.put(node, new Node(rpc, hotplug, new Kddm(rpc, hotplug)));
    }

    private void awaitConnected(NodeSet all) {
        for (NodeId id : all) {
            Rpc rpc = node(id).rpc();
            CompletableFuture<Void> done = new CompletableFuture<>();
            Runnable look = () -> {
                if (rpc.connected().plus(id).containsAll(all)) {
                    done.complete(null);
                }
            };
            try (var _ = rpc.onConnection((_, _) -> look.run())) {
                look.run();
                join(done);
            }
        }
    }

    private Node node(NodeId id) {
        return Objects.requireNonNull(nodes.get(id));
    }

    private Node removed(NodeId id) {
        return Objects.requireNonNull(nodes.remove(id));
    }

    View view() {
        return view;
    }

    Kddm kddm(int id) {
        return node(NodeId.of(id)).kddm();
    }

    FakeHotplug hotplug(int id) {
        return node(NodeId.of(id)).hotplug();
    }

    /** Opens the set on all nodes. */
    <T> List<KddmSet<T>> open(IntFunction<SetSpec<T>> spec) {
        List<KddmSet<T>> sets = new ArrayList<>();
        nodes.forEach((id, node) -> sets.add(node.kddm().open(spec.apply(id.value()))));
        return sets;
    }

    /** Opens a set of counters that begin at 0 on all nodes. */
    List<KddmSet<Long>> counters(DefaultOwner owner) {
        return open(_ -> counterSpec().owner(owner));
    }

    static SetSpec<Long> counterSpec() {
        return SetSpec.of(COUNTERS, "counters", LONG, _ -> 0L);
    }

    void add(NodeSet more) {
        awaitConnected(view.members().plus(more));
        View before = view;
        view = new View(before.epoch() + 1, before.members().plus(more));
        install();
        handle(view.members(), new HotplugEvent.Add(before, view, more));
    }

    /** Takes the nodes' power away and lets the others notice. */
    void fail(NodeSet dead) {
        dead.forEach(id -> crash(removed(id)));
        expel(dead);
    }

    /** The same, and returns before those that are left have sorted out what they have. */
    void lose(NodeSet dead) {
        dead.forEach(id -> crash(removed(id)));
        view = new View(view.epoch() + 1, view.members().minus(dead));
        install();
    }

    /** Votes nodes out that may be alive. */
    void expel(NodeSet dead) {
        View before = view;
        view = new View(before.epoch() + 1, before.members().minus(dead));
        install();
        handle(view.members(), new HotplugEvent.Fail(before, view, dead));
    }

    void remove(NodeSet gone) {
        View before = view;
        View after = new View(before.epoch() + 1, before.members().minus(gone));
        handle(after.members(), new HotplugEvent.Remove(Phase.ADVERT, before, after, gone));
        handle(gone, new HotplugEvent.Remove(Phase.LOCAL, before, after, gone));
        view = after;
        install();
        handle(after.members(), new HotplugEvent.Remove(Phase.DISTANT, before, after, gone));
        handle(gone, new HotplugEvent.Remove(Phase.ACK, before, after, gone));
    }

    private void install() {
        view.members().forEach(id -> node(id).hotplug().install(view));
    }

    private void handle(NodeSet where, HotplugEvent event) {
        List<Stage> stages = List.of(Stage.values());
        for (Stage stage : event instanceof HotplugEvent.Remove ? stages.reversed() : stages) {
            List<CompletableFuture<?>> all = new ArrayList<>();
            where.forEach(id -> all.add(node(id).hotplug().handle(stage, event)));
            all.forEach(TestCluster::join);
        }
    }

    static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static void crash(Node node) {
        node.rpc().close();
        node.kddm().close();
    }

    @Override
    public void close() {
        nodes.values().forEach(TestCluster::crash);
        clock.close();
    }
}
