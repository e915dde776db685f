package org.linuxssi.kddm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.hotplug.NodeState;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.ObjectStore;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;
import org.linuxssi.tools.VirtualTime;

/**
 * One run of a small cluster on virtual time, repeatable by its seed: clients use a set while faults happen, then all is healed,
 * and the history and what is left are checked.
 */
final class Simulation {

    static final SetId SET = SetId.of(7, 1);

    private static final Duration RUN = Duration.ofSeconds(20);
    private static final Duration REST = Duration.ofSeconds(40);
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Duration OPERATOR = Duration.ofMillis(500);
    private static final Duration DEADLINE = Duration.ofSeconds(8);
    /** Longer than any store is away: what a put that gave up has written may be lost after it was seen. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /**
     * How a run looks like.
     *
     * @param nodes of the cluster
     * @param clients on each node
     * @param objects that they use
     * @param copies of each object
     * @param updatesOnly whether all writes are updates, so that the order of writes is known
     * @param durable whether the set has stores, one on the disk of each node
     * @param caches how many objects the nodes keep; empty: all that come
     */
    record Shape(
            int nodes,
            int clients,
            int objects,
            int copies,
            boolean updatesOnly,
            boolean durable,
            List<Integer> caches) {

        static Shape of(Random random) {
            int nodes = 3 + random.nextInt(3);
            boolean bounded = random.nextInt(3) == 0;
            return new Shape(
                    nodes,
                    1 + random.nextInt(3),
                    2 + random.nextInt(4) + (bounded ? nodes : 0),
                    1 + random.nextInt(3),
                    random.nextBoolean(),
                    random.nextInt(3) == 0,
                    random.ints(bounded ? nodes : 0, 1, 5).boxed().toList());
        }

        int cache(NodeId node) {
            return caches.isEmpty() ? Integer.MAX_VALUE : caches.get(node.value());
        }
    }

    private final long seed;
    private final Random random;
    private final Shape shape;
    private final Mutation mutation;
    private final int mesh;
    private final VirtualTime time = new VirtualTime();
    private final MemoryNetwork network = new MemoryNetwork(time);
    private final Map<NodeId, SimulatedNode> nodes = new TreeMap<>();
    private final Map<NodeId, SimulatedDisk> disks = new TreeMap<>();
    private final List<Operation> history = new ArrayList<>();
    private final List<String> journal = new ArrayList<>();
    private final Faults faults;
    private long lives = 1;
    private int clients;
    private int running;
    private boolean over;

    Simulation(long seed, Mutation mutation) {
        this(seed, mutation, HotplugConfig.MESH);
    }

    /** Members watch all others in views of up to {@code mesh} members. */
    Simulation(long seed, Mutation mutation, int mesh) {
        this.seed = seed;
        this.mutation = mutation;
        this.mesh = mesh;
        this.random = new Random(seed * 0x9e3779b97f4a7c15L + 1);
        this.shape = Shape.of(random);
        this.faults = new Faults(this, random);
        NodeSet.first(shape.nodes()).forEach(node -> disks.put(node, new SimulatedDisk(time, random)));
        network.latency((_, _) -> latency());
    }

    private Duration latency() {
        double spread = -Math.log(1 - random.nextDouble());
        long micros = (long) (80 * spread) + (random.nextInt(500) == 0 ? random.nextInt(20_000) : 0);
        return Duration.ofNanos(1000 * (20 + micros));
    }

    VirtualTime time() {
        return time;
    }

    MemoryNetwork network() {
        return network;
    }

    Map<NodeId, SimulatedNode> nodes() {
        return nodes;
    }

    Shape shape() {
        return shape;
    }

    boolean over() {
        return over;
    }

    void note(String event) {
        journal.add("%.6f %s".formatted(time.nanos() / 1e9, event));
    }

    /** Writes down what all nodes have. */
    void noteCopies() {
        for (SimulatedNode node : nodes.values()) {
            List<String> copies = node.kddm.objects(SET, 10).stream()
                    .filter(it -> it.state() != ObjectState.INV_COPY)
                    .map(it -> it.object() + ":" + it.state() + " v" + it.version())
                    .toList();
            note("  " + node.id + " in " + node.hotplug.view() + " has " + copies + ", backups "
                    + node.kddm.backupVersions(SET));
        }
    }

    Hotplug membership(Rpc rpc, long incarnation) {
        return mutation.spoil(Hotplug.create(
                rpc,
                HotplugConfig.of(incarnation).withSilence(Duration.ofSeconds(2)).withMesh(mesh)));
    }

    Rpc spoiled(Rpc rpc) {
        return mutation.spoil(rpc);
    }

    SimulatedDisk disk(NodeId node) {
        return Objects.requireNonNull(disks.get(node));
    }

    SetSpec<Stamp> spec(NodeId node, TimeSource clock) {
        SetSpec<Stamp> spec = SetSpec.of(SET, "stamps", new Linker(disk(node), clock, shape.nodes()))
                .copies(shape.copies())
                .cache(shape.cache(node))
                .deadline(shape.durable() ? PATIENCE : DEADLINE);
        return shape.durable() ? spec.owner(DefaultOwner.linker()).flag(SetFlag.DURABLE) : spec;
    }

    /** What nodes know of the objects: how they are made, and the store of those that are kept here. */
    private static final class Linker extends CodecLinker<Stamp> {
        private final SimulatedDisk disk;
        private final TimeSource clock;
        private final int nodes;

        Linker(SimulatedDisk disk, TimeSource clock, int nodes) {
            super(Stamp.CODEC, _ -> Stamp.FIRST);
            this.disk = disk;
            this.clock = clock;
            this.nodes = nodes;
        }

        @Override
        public NodeId defaultOwner(long object) {
            return NodeId.of((int) (object % nodes));
        }

        @Override
        public Optional<ObjectStore> store() {
            return Optional.of(disk.open(clock));
        }
    }

    /** Runs everything; returns what is wrong. */
    Optional<String> run() {
        try {
            for (int id = 0; id < shape.nodes(); id++) {
                boot(NodeId.of(id));
            }
            begin();
            faults.begin();
            time.advance(RUN);
            over = true;
            faults.healAll();
            time.runUntil(LIMIT, this::quiet);
            time.advance(REST);
            return verdict();
        } catch (IllegalStateException stuck) {
            return Optional.of(describe(stuck + stuckWork()));
        } finally {
            nodes.values().forEach(SimulatedNode::crash);
        }
    }

    private void begin() {
        NodeSet all = all();
        time.runUntil(LIMIT, this::allPresent);
        time.advance(OPERATOR);
        CompletableFuture<?> started =
                Objects.requireNonNull(nodes.get(NodeId.of(0))).hotplug.startCluster(all);
        time.runUntil(LIMIT, started::isDone);
        if (started.isCompletedExceptionally()) {
            throw new IllegalStateException("the cluster did not start: " + started.exceptionNow());
        }
        nodes.values().forEach(this::startClients);
        time.after(OPERATOR, this::operate);
    }

    private NodeSet all() {
        return NodeSet.first(shape.nodes());
    }

    private boolean allPresent() {
        return nodes.values().stream()
                .allMatch(
                        node -> node.alive && node.hotplug.in(NodeState.PRESENT).containsAll(all()));
    }

    void boot(NodeId id) {
        double rate = 1 + (random.nextDouble() - 0.5) / 20;
        NodeTime clock = new NodeTime(time, rate, random.nextLong(1L << 40));
        SimulatedNode node = new SimulatedNode(clock, network.node(id), this, 1000 * lives++);
        nodes.put(id, node);
        node.hotplug.start();
    }

    void restart(NodeId id) {
        boot(id);
        startClients(Objects.requireNonNull(nodes.get(id)));
    }

    private void startClients(SimulatedNode node) {
        for (int i = 0; i < shape.clients(); i++) {
            running++;
            Client client = new Client(this, node, clients++, new Random(random.nextLong()));
            node.time.execute(() -> {
                try {
                    client.run();
                } finally {
                    running--;
                }
            });
        }
    }

    Operation begin(int client, long object, Operation.Kind kind) {
        Operation operation = new Operation(history.size() + 1, client, object, kind, time.nanos());
        history.add(operation);
        return operation;
    }

    /** Adds nodes that are there and not members, as an administrator would, and starts the cluster again when all lost their power. */
    private void operate() {
        if (allPresent()) {
            var _ = Objects.requireNonNull(nodes.get(NodeId.of(0))).hotplug.startCluster(all());
        }
        nodes.values().stream()
                .filter(node -> node.alive
                        && !node.hotplug.paused()
                        && node.hotplug.view().contains(node.id))
                .findFirst()
                .ifPresent(node -> {
                    NodeSet present = node.hotplug
                            .in(NodeState.PRESENT)
                            .minus(node.hotplug.view().members());
                    if (!present.isEmpty()) {
                        var _ = node.hotplug.add(present);
                    }
                });
        time.after(OPERATOR, this::operate);
    }

    /** Tells whether all that is alive works together again and nobody does anything. */
    private boolean quiet() {
        NodeSet all = all();
        return running == 0
                && nodes.values().stream()
                        .allMatch(node -> node.alive
                                && node.hotplug.settled().members().equals(all)
                                && node.hotplug.settled().equals(node.hotplug.view()));
    }

    private String stuckWork() {
        return "\nclients that run: " + running + "\nviews: "
                + nodes.values().stream()
                        .map(node -> node.id + " " + node.hotplug.view() + " settled " + node.hotplug.settled()
                                + " reaches " + node.rpc.connected() + (node.hotplug.paused() ? " paused" : "")
                                + (node.hotplug.trusted() ? "" : " untrusted"))
                        .toList()
                + "\nopen: "
                + history.stream()
                        .filter(it -> it.stop == Long.MAX_VALUE)
                        .map(Operation::toString)
                        .collect(Collectors.joining("\n  "));
    }

    private Optional<String> verdict() {
        Map<Long, List<Operation>> byObject = new HashMap<>();
        history.forEach(it ->
                byObject.computeIfAbsent(it.object, _ -> new ArrayList<>()).add(it));
        for (List<Operation> ofObject : byObject.values()) {
            Optional<String> wrong = Linearizability.violation(ofObject, mayLose());
            if (wrong.isPresent()) {
                return wrong.map(this::describe);
            }
        }
        if (shape.updatesOnly() && !faults.killed()) {
            Optional<String> wrong = SequentialConsistency.violation(history);
            if (wrong.isPresent()) {
                return wrong.map(this::describe);
            }
        }
        return leftovers().map(this::describe);
    }

    private boolean mayLose() {
        return shape.copies() == 1 && !shape.durable() && faults.killed();
    }

    /** Looks at what all nodes have after a long rest. */
    private Optional<String> leftovers() {
        Map<Long, ObjectInfo> owners = new HashMap<>();
        for (SimulatedNode node : nodes.values()) {
            String leak = leak(node, owners);
            if (leak != null) {
                return Optional.of("node " + node.id + " after a rest: " + leak);
            }
        }
        for (SimulatedNode node : nodes.values()) {
            for (ObjectInfo info : node.kddm.objects(SET, Integer.MAX_VALUE)) {
                ObjectInfo owner = owners.get(info.object());
                if (info.state().readable() && (owner == null || owner.version() != info.version())) {
                    return Optional.of("node " + node.id + " has " + info + ", the owner " + owner);
                }
            }
        }
        return excess();
    }

    /** Looks for a node that has more objects than it is to keep while another one has room. */
    private Optional<String> excess() {
        List<NodeId> full = nodes.keySet().stream()
                .filter(node -> present(node) > shape.cache(node))
                .toList();
        boolean room = nodes.keySet().stream().anyMatch(node -> present(node) < shape.cache(node));
        return full.isEmpty() || !room
                ? Optional.empty()
                : Optional.of("nodes " + full + " keep more objects than their caches allow");
    }

    private long present(NodeId node) {
        return Objects.requireNonNull(nodes.get(node)).kddm.objects(SET, Integer.MAX_VALUE).stream()
                .filter(info -> info.state().readable())
                .count();
    }

    private static @Nullable String leak(SimulatedNode node, Map<Long, ObjectInfo> owners) {
        if (!node.kddm.replicated()) {
            return "backups are still under way";
        }
        if (node.kddm.outstanding() > 0 || !node.kddm.waits().isEmpty()) {
            return node.kddm.outstanding() + " requests have no answer; transactions without an end: "
                    + node.kddm.waits();
        }
        for (ObjectInfo info : node.kddm.objects(SET, Integer.MAX_VALUE)) {
            boolean idle = info.awaited() == ObjectInfo.Awaited.NOTHING
                    && info.readers() == 0
                    && !info.writer()
                    && info.waiters() == 0;
            if (!idle) {
                return "not at rest: " + info;
            }
            if (info.state().owner() && owners.put(info.object(), info) != null) {
                return "a second owner: " + info;
            }
        }
        return null;
    }

    /** Returns all that happened, in its order. */
    String trace() {
        return String.join("\n", journal) + "\n"
                + history.stream().map(Operation::toString).collect(Collectors.joining("\n"));
    }

    /** Returns a summary; all of it goes to a file. */
    private String describe(String problem) {
        String head = "seed " + seed + ", " + shape + (mutation == Mutation.NONE ? "" : ", " + mutation) + ": ";
        String faultsSeen = "\nfaults:\n  " + String.join("\n  ", journal);
        if (mutation == Mutation.NONE) {
            try {
                Path directory = Files.createDirectories(Path.of("target", "simulation"));
                Files.writeString(
                        directory.resolve("seed-" + seed + ".txt"),
                        head + problem + faultsSeen + "\nhistory:\n" + trace() + "\n");
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
        return head + problem.lines().limit(6).collect(Collectors.joining("\n")) + faultsSeen;
    }
}
