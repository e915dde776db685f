package org.linuxssi.kddm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.linuxssi.kddm.BenchmarkPeer.Action;
import org.linuxssi.kddm.BenchmarkPeer.Order;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Measures get, grab and remove from this node with the cluster as it is: the benchmark of D2.2.9 §3.5, each row also as a
 * multiple of a bare exchange with another node. Two nodes suffice; rows that need more stay empty. What it makes it removes.
 */
public final class Benchmark implements AutoCloseable {

    /** The most times a row is measured. */
    public static final int MOST_LOOPS = 100_000;

    /** The sets whose objects are used. */
    enum Kind {
        SMALL(7, 4, 1),
        LARGE(8, 4096, 1),
        COPIED(9, 4096, 2);

        private final int number;
        private final int bytes;
        private final int copies;

        Kind(int number, int bytes, int copies) {
            this.number = number;
            this.bytes = bytes;
            this.copies = copies;
        }

        SetId id() {
            return SetId.of(SetId.KDDM, number);
        }
    }

    private static final int HOME_SHIFT = 32;
    private static final int NODE_SHIFT = 24;
    private static final int NUMBERS = (1 << NODE_SHIFT) - 1;
    private static final int WARM_UP = 100;
    private static final int EXCHANGES_A_LOOP = 5;

    /** What a node does before the measurement; 0 is this node, 1 to 3 are others. */
    private record Step(int node, Action action) {
        static Step grab(int node) {
            return new Step(node, Action.GRAB);
        }

        static Step turn(int node) {
            return new Step(node, Action.GET_AND_GRAB);
        }

        static Step get(int node) {
            return new Step(node, Action.GET);
        }
    }

    private record Case(String name, Action measured, List<Step> before) {
        Case(String name, Action measured, Step... before) {
            this(name, measured, List.of(before));
        }

        int others() {
            return before.stream().mapToInt(Step::node).max().orElse(0);
        }
    }

    private static final List<Case> CASES = List.of(
            new Case("get, first touch", Action.GET),
            new Case("get from node 1", Action.GET, Step.grab(1)),
            new Case("get from node 2", Action.GET, Step.grab(2)),
            new Case("get from node 2, known", Action.GET, Step.grab(2), Step.get(0), Step.grab(2)),
            new Case("grab, first touch", Action.GRAB),
            new Case("grab, 1 local copy", Action.GRAB, Step.grab(0)),
            new Case("grab, 1 remote copy", Action.GRAB, Step.grab(1)),
            new Case("grab, 2 remote copies", Action.GRAB, Step.grab(1), Step.get(2)),
            new Case("grab, 3 remote copies", Action.GRAB, Step.grab(1), Step.get(2), Step.get(3)),
            new Case("grab, local + 1 remote", Action.GRAB, Step.grab(0), Step.get(1)),
            new Case("grab, local + 3 remote", Action.GRAB, Step.grab(0), Step.get(1), Step.get(2), Step.get(3)),
            new Case("get and grab", Action.GET_AND_GRAB, Step.grab(1)),
            new Case("get and grab, migratory", Action.GET_AND_GRAB, Step.grab(0), Step.turn(1)),
            new Case("remove, 1 local copy", Action.REMOVE, Step.grab(0)),
            new Case("remove, 1 remote copy", Action.REMOVE, Step.grab(1)),
            new Case("remove, 2 remote copies", Action.REMOVE, Step.grab(1), Step.get(2)),
            new Case("remove, 3 remote copies", Action.REMOVE, Step.grab(1), Step.get(2), Step.get(3)));

    /** The objects of some rows: their size, and the node that is the home of all of them. */
    private record Objects(String name, Kind kind, NodeId home) {}

    private final Rpc rpc;
    private final Supplier<NodeSet> members;
    private final BenchmarkPeer peer;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicInteger used = new AtomicInteger();

    /** Makes it with a set for each kind of objects. */
    Benchmark(Rpc rpc, Supplier<NodeSet> members, Map<Kind, KddmSet<byte[]>> sets) {
        this.rpc = rpc;
        this.members = members;
        this.peer = new BenchmarkPeer(rpc, sets);
    }

    static SetSpec<byte[]> spec(Kind kind) {
        int bytes = kind.bytes;
        Codec<byte[]> codec = Codec.of((it, out) -> out.bytes(it), in -> in.bytes(bytes));
        return SetSpec.of(kind.id(), "kddm-bench", codec, _ -> new byte[bytes])
                .owner(DefaultOwner.shift(HOME_SHIFT))
                .copies(kind.copies);
    }

    /**
     * Measures all rows, after it went through all of them once to warm up; takes seconds.
     *
     * @param loops how often each operation is measured, 1 to {@link #MOST_LOOPS}
     * @throws IllegalStateException when this node is alone, or a measurement from this node is going on
     * @throws KddmException when an operation fails, for instance since a node went away meanwhile
     */
    public List<BenchmarkRow> run(int loops) {
        if (loops < 1 || loops > MOST_LOOPS) {
            throw new IllegalArgumentException(loops + " loops are not in 1-" + MOST_LOOPS);
        }
        List<NodeId> nodes = new ArrayList<>(List.of(rpc.self()));
        members.get().minus(rpc.self()).forEach(nodes::add);
        if (nodes.size() < 2) {
            throw new IllegalStateException(
                    "the benchmark of KDDM needs two nodes: node " + rpc.self() + " is alone, see krgadm nodes status");
        }
        if (!running.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "node " + rpc.self() + " runs the benchmark of KDDM already: wait until it has ended");
        }
        try {
            all(nodes, Math.min(loops, WARM_UP));
            return all(nodes, loops);
        } catch (IOException problem) {
            throw new UncheckedIOException("exchange with node " + nodes.get(1) + ": " + problem.getMessage(), problem);
        } finally {
            running.set(false);
        }
    }

    private List<BenchmarkRow> all(List<NodeId> nodes, int loops) throws IOException {
        NodeId other = nodes.get(1);
        List<BenchmarkRow> rows = new ArrayList<>();
        for (Objects objects : List.of(
                new Objects("4 B, home here", Kind.SMALL, rpc.self()),
                new Objects("4 B, home node 1", Kind.SMALL, other),
                new Objects("4096 B, home node 1", Kind.LARGE, other),
                new Objects("4096 B, 2 copies", Kind.COPIED, other))) {
            BenchmarkRow bare = BenchmarkRow.of(
                    objects.name(),
                    "bare exchange",
                    peer.exchanges(other, objects.kind().bytes, loops * EXCHANGES_A_LOOP),
                    0);
            rows.add(bare);
            for (Case each : CASES) {
                rows.add(
                        each.others() < nodes.size()
                                ? BenchmarkRow.of(
                                        objects.name(),
                                        each.name(),
                                        measure(nodes, objects, each, loops),
                                        bare.median())
                                : BenchmarkRow.none(objects.name(), each.name()));
            }
        }
        return rows;
    }

    private long[] measure(List<NodeId> nodes, Objects objects, Case what, int loops) {
        long first = numbers(objects.home(), loops);
        Kind kind = objects.kind();
        KddmSet<byte[]> set = peer.set(kind);
        long[] nanos = new long[loops];
        try {
            for (Step step : what.before()) {
                peer.have(nodes.get(step.node()), new Order(kind, step.action(), first, loops));
            }
            for (int i = 0; i < loops; i++) {
                long before = rpc.time().nanos();
                what.measured().on(set, first + i);
                nanos[i] = rpc.time().nanos() - before;
            }
        } finally {
            peer.have(rpc.self(), new Order(kind, Action.REMOVE, first, loops));
        }
        return nanos;
    }

    /** Returns the first of some numbers of objects that no other run uses. */
    private long numbers(NodeId home, int count) {
        int start = used.getAndUpdate(now -> now + 2 * count > NUMBERS ? 0 : now + count);
        return (long) home.value() << HOME_SHIFT | (long) rpc.self().value() << NODE_SHIFT | start;
    }

    @Override
    public void close() {
        peer.close();
    }
}
