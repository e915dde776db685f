package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.hotplug.View;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.VirtualTime;

/** Up to 256 nodes with rpc, hotplug and kddm as in daemons, on virtual time, and one set of counters. */
final class ManyNodes implements AutoCloseable {

    private record Node(Rpc rpc, Hotplug hotplug, Kddm kddm, KddmSet<Long> set) {
        void close() {
            hotplug.close();
            rpc.close();
            kddm.close();
        }
    }

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Duration LATENCY = Duration.ofNanos(50_000);
    private static final int AT_ONCE = 1000;

    private final VirtualTime time = new VirtualTime();
    private final MemoryNetwork network = new MemoryNetwork(time);
    private final Map<NodeId, Node> nodes = new TreeMap<>();
    private long lives = 1;
    private long envelopes;

    ManyNodes(int count) {
        network.latency((_, _) -> LATENCY);
        NodeSet all = NodeSet.first(count);
        boot(all);
        done(node(NodeId.of(0)).hotplug.startCluster(all));
        await(all);
    }

    /** Has these nodes come up; they are no members yet. */
    void boot(NodeSet more) {
        for (NodeId id : more) {
            Rpc rpc = WatchedRpc.of(network.node(id), (_, _) -> envelopes++);
            Hotplug hotplug = Hotplug.create(rpc, HotplugConfig.of(lives++));
            Kddm kddm = new Kddm(rpc, hotplug);
            nodes.put(id, new Node(rpc, hotplug, kddm, kddm.open(TestCluster.counterSpec())));
            hotplug.start();
        }
        time.advance(Duration.ofMillis(1500));
    }

    private Node node(NodeId id) {
        return Objects.requireNonNull(nodes.get(id));
    }

    private void done(CompletableFuture<?> future) {
        time.runUntil(LIMIT, future::isDone);
        future.join();
    }

    /** Returns the members that node 0 sees. */
    NodeSet members() {
        return node(NodeId.of(0)).hotplug.view().members();
    }

    /** Adds nodes that are up; returns how long it took until all were through with it. */
    Duration add(NodeSet more) {
        return change(
                members().plus(more), () -> done(node(NodeId.of(0)).hotplug.add(more)));
    }

    /** Has members leave, after they have handed over what they own. */
    Duration remove(NodeSet less) {
        return change(
                members().minus(less), () -> done(node(NodeId.of(0)).hotplug.remove(less)));
    }

    /** Has the processes of members end at once; returns how long it took until the others were through with it. */
    Duration kill(NodeSet dead) {
        return change(
                members().minus(dead),
                () -> dead.forEach(
                        id -> Objects.requireNonNull(nodes.remove(id)).close()));
    }

    private Duration change(NodeSet members, Runnable begin) {
        long before = time.nanos();
        begin.run();
        await(members);
        return Duration.ofNanos(time.nanos() - before);
    }

    private void await(NodeSet members) {
        time.runUntil(
                LIMIT,
                () -> members().equals(members) && members.stream().allMatch(id -> settled(node(id).hotplug, members)));
    }

    private static boolean settled(Hotplug hotplug, NodeSet members) {
        View view = hotplug.settled();
        return view.equals(hotplug.view()) && view.members().equals(members);
    }

    /** Does something to objects, many at once, each in a task of its own: an operation may wait. */
    private void all(long from, long to, LongConsumer operation) {
        for (long first = from; first < to; first += AT_ONCE) {
            List<CompletableFuture<?>> some = new ArrayList<>();
            for (long object = first; object < Math.min(to, first + AT_ONCE); object++) {
                some.add(task(operation, object));
            }
            done(CompletableFuture.allOf(some.toArray(CompletableFuture<?>[]::new)));
        }
    }

    private CompletableFuture<?> task(LongConsumer operation, long object) {
        CompletableFuture<Long> end = new CompletableFuture<>();
        time.execute(() -> {
            try {
                operation.accept(object);
                end.complete(object);
            } catch (RuntimeException problem) {
                end.completeExceptionally(problem);
            }
        });
        return end;
    }

    private KddmSet<Long> someones(List<NodeId> members, long object, long turn) {
        return node(members.get((int) ((object * 31 + turn * 7) % members.size()))).set;
    }

    /** Changes the objects from one number to another, each on a node that depends on its number and on the turn. */
    void update(long from, long to, long turn, UnaryOperator<Long> change) {
        List<NodeId> members = members().toList();
        all(from, to, object -> someones(members, object, turn).update(object, change));
    }

    /** Returns the sum of so many objects, each read on a node that depends on its number and on the turn. */
    long sum(long objects, long turn) {
        List<NodeId> members = members().toList();
        LongAdder sum = new LongAdder();
        all(0, objects, object -> sum.add(someones(members, object, turn).read(object)));
        return sum.sum();
    }

    /** Lets what is under way end and returns the envelopes sent since the last time. */
    long envelopes() {
        time.advance(Duration.ofMillis(100));
        long sent = envelopes;
        envelopes = 0;
        return sent;
    }

    @Override
    public void close() {
        nodes.values().forEach(Node::close);
    }
}
