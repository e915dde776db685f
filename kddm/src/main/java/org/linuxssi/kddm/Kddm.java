package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugEvent;
import org.linuxssi.hotplug.Stage;
import org.linuxssi.hotplug.View;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/**
 * Sets of objects shared by all nodes: one instance a node, made before {@link Hotplug#start()}.
 *
 * <pre>{@code
 * Kddm kddm = new Kddm(rpc, hotplug);
 * KddmSet<Long> counters = kddm.open(SetSpec.of(
 *         SetId.of(7, 1), "counters", Codec.of((n, out) -> out.i64(n), Decoder::i64), id -> 0L));
 * counters.update(42, n -> n + 1);
 * }</pre>
 *
 * <p>Operations need a cluster that has started; before that, and while this node does not reach a majority, they wait until
 * their deadline.
 */
public final class Kddm implements AutoCloseable {

    /** After which time an unanswered request is sent again. */
    public static final Duration AGAIN = Duration.ofMillis(200);

    private static final CompletableFuture<?> NOTHING_TO_DO = CompletableFuture.completedFuture(null);
    private static final Duration HAND_OVER = Duration.ofSeconds(25);

    static final Service<SetId, Codec.Nothing> DESTROY =
            Service.of(102, "kddm-destroy", SetId.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final Engine engine;
    private final Definitions definitions = new Definitions();
    private final Map<String, Function<SetDefinition, SetSpec<?>>> linkers = new ConcurrentHashMap<>();
    private final Map<Long, KddmSet<?>> open = new ConcurrentHashMap<>();
    private final Map<Long, String> opening = new ConcurrentHashMap<>();
    private final List<Registration> registrations = new ArrayList<>();
    private final NamedIds names;
    private final UniqueIds uniqueIds;
    private final DistributedLocks locks;
    private final DistributedBarriers barriers;
    private final Benchmark benchmark;

    /** Makes KDDM of a node and registers its handlers. */
    public Kddm(Rpc rpc, Hotplug hotplug) {
        this.rpc = rpc;
        this.engine = new Engine(rpc, hotplug::trusted, AGAIN, this::openLater);
        definitions.attach(builtIn(SetSpec.of(Definitions.ID, "kddm-def", definitions.linker())));
        this.names = new NamedIds(builtIn(NamedIds.NAMES), builtIn(NamedIds.NUMBERS));
        this.uniqueIds =
                new UniqueIds(builtIn(UniqueIds.spec(() -> engine.members().epoch())));
        this.locks = new DistributedLocks(builtIn(DistributedLocks.spec()));
        this.barriers = new DistributedBarriers(builtIn(DistributedBarriers.spec()), rpc.time());
        Map<Benchmark.Kind, KddmSet<byte[]>> measured = new EnumMap<>(Benchmark.Kind.class);
        for (Benchmark.Kind kind : Benchmark.Kind.values()) {
            measured.put(kind, builtIn(Benchmark.spec(kind)));
        }
        this.benchmark = new Benchmark(rpc, () -> engine.members().set(), measured);
        registrations.add(benchmark::close);
        registrations.add(rpc.serve(DESTROY, (_, id) -> {
            destroyed(id);
            return Codec.Nothing.NOTHING;
        }));
        registrations.add(hotplug.onView(engine.recovery()::install));
        registrations.add(hotplug.onPause((paused, _) -> engine.pause(paused)));
        registrations.add(hotplug.register(Stage.KDDM, this::changed));
        registrations.add(hotplug.register(Stage.UNIQUE_ID, this::afterwards));
        registrations.add(hotplug.register(Stage.BARRIER, this::afterwardsInRemoval));
        engine.pause(hotplug.paused());
        View now = hotplug.view();
        if (now.started()) {
            engine.recovery().install(now);
        }
    }

    private CompletableFuture<?> changed(HotplugEvent event) {
        return switch (event) {
            case HotplugEvent.Add add -> {
                engine.stay(add.nodes());
                yield engine.recovery().ready(add.after().epoch());
            }
            case HotplugEvent.Fail fail when fail.nodes().contains(rpc.self()) -> left(fail);
            case HotplugEvent.Fail fail -> engine.recovery().ready(fail.after().epoch());
            case HotplugEvent.Remove remove -> removed(remove);
        };
    }

    /** The stage after KDDM's, which comes before it in a removal: KDDM's has ended on all members. */
    private CompletableFuture<?> afterwards(HotplugEvent event) {
        return event instanceof HotplugEvent.Remove ? NOTHING_TO_DO : readyEverywhere(event);
    }

    /** The stage before KDDM's, which comes after it in a removal. */
    private CompletableFuture<?> afterwardsInRemoval(HotplugEvent event) {
        return event instanceof HotplugEvent.Remove remove && remove.phase() == HotplugEvent.Phase.DISTANT
                ? readyEverywhere(event)
                : NOTHING_TO_DO;
    }

    private CompletableFuture<?> readyEverywhere(HotplugEvent event) {
        engine.recovery().readyEverywhere(event.after().epoch());
        return NOTHING_TO_DO;
    }

    private CompletableFuture<?> removed(HotplugEvent.Remove event) {
        return switch (event.phase()) {
            case ADVERT -> {
                engine.leaving(event.nodes());
                yield CompletableFuture.completedFuture(null);
            }
            case LOCAL -> {
                engine.leaving(event.nodes());
                yield CompletableFuture.runAsync(this::handOver, rpc.time());
            }
            case DISTANT -> engine.recovery().ready(event.after().epoch());
            case ACK -> left(event);
        };
    }

    private CompletableFuture<?> left(HotplugEvent event) {
        return engine.recovery().leave(event.after());
    }

    /** Moves all that this node owns to the nodes that stay. */
    private void handOver() {
        long end = rpc.time().nanos() + HAND_OVER.toNanos();
        List<CompletableFuture<Void>> moves = new ArrayList<>();
        for (Copies<?> copies : engine.sets()) {
            copies.owned().forEach((object, placement) -> {
                if (placement != Members.LOCAL) {
                    moves.add(engine.operate(copies.key(), object, Want.FLUSH, 0, placement, Message.ANY_NODE));
                }
            });
        }
        moves.add(engine.recovery().bequeath());
        for (CompletableFuture<Void> move : moves) {
            Duration left = Duration.ofNanos(Math.max(1, end - rpc.time().nanos()));
            Awaiting.result(rpc.time(), move, left, () -> "hand-over of the objects that node " + rpc.self() + " owns");
        }
    }

    private <T> KddmSet<T> builtIn(SetSpec<T> spec) {
        return attach(spec, true);
    }

    /**
     * Opens a set on this node, creating it if no node has. Returns at once; whether the other nodes know it with the same
     * properties is checked by the first operation that needs them (MISMATCH).
     *
     * @throws IllegalStateException when it is open on this node
     */
    public <T> KddmSet<T> open(SetSpec<T> spec) {
        if (spec.id().namespace() == SetId.KDDM) {
            throw new IllegalArgumentException("set " + spec.id() + ": name space 0 is KDDM's own");
        }
        return attach(spec, false);
    }

    private <T> KddmSet<T> attach(SetSpec<T> spec, boolean verified) {
        @SuppressWarnings("unchecked")
        Copies<T> copies = (Copies<T>) engine.copies(spec.id().key());
        KddmSet<T> set = new KddmSet<>(engine, spec, copies, definitions, verified);
        if (open.putIfAbsent(spec.id().key(), set) != null) {
            throw new IllegalStateException("set " + spec.id() + " is open on node " + rpc.self() + " already");
        }
        if (!verified) {
            definitions.opened(spec.definition());
        }
        copies.open(spec);
        return set;
    }

    /**
     * Makes a kind of linker known, so that this node can open sets by itself when it is to run a first touch.
     *
     * @param name as in {@link SetSpec#linkerName()}
     * @param factory makes the spec of a set that another node created
     */
    public Registration linker(String name, Function<SetDefinition, SetSpec<?>> factory) {
        if (linkers.putIfAbsent(name, factory) != null) {
            throw new IllegalStateException("linker " + name + " is registered already");
        }
        return () -> linkers.remove(name, factory);
    }

    private @Nullable String openLater(long key) {
        String problem = opening.putIfAbsent(key, "");
        if (problem == null) {
            rpc.time().execute(() -> openNow(key));
            return null;
        }
        if (problem.isEmpty()) {
            return null;
        }
        opening.remove(key);
        return problem;
    }

    private void openNow(long key) {
        SetId id = SetId.ofKey(key);
        try {
            SetDefinition definition = definitions
                    .find(id)
                    .orElseThrow(() -> new KddmException(Kind.NO_SET, "set " + id + " does not exist"));
            Function<SetDefinition, SetSpec<?>> factory = linkers.get(definition.linkerName());
            if (factory == null) {
                throw new KddmException(
                        Kind.NO_SET,
                        "node " + rpc.self() + " has no linker " + definition.linkerName()
                                + ": register it or open set " + id + " there");
            }
            open(factory.apply(definition));
            opening.remove(key);
        } catch (RuntimeException e) {
            opening.put(key, String.valueOf(e.getMessage()));
        }
    }

    /** Destroys a set with all its objects on all nodes; those who wait for one get NO_SET. */
    public void destroy(SetId id) {
        definitions.remove(id);
        rpc.ask(engine.members().set(), DESTROY, id, Rpc.DEFAULT_DEADLINE)
                .forEach((node, told) -> Awaiting.result(
                        rpc.time(), told, Rpc.DEFAULT_DEADLINE, () -> "destruction of set " + id + " on node " + node));
    }

    private void destroyed(SetId id) {
        open.remove(id.key());
        engine.copies(id.key()).close();
        engine.forget(id.key());
    }

    /** Returns the cluster-wide ids by name. */
    public NamedIds names() {
        return names;
    }

    /** Returns the cluster-wide unique numbers. */
    public UniqueIds uniqueIds() {
        return uniqueIds;
    }

    /** Returns the cluster-wide locks. */
    public DistributedLocks locks() {
        return locks;
    }

    /** Returns the cluster-wide barriers. */
    public DistributedBarriers barriers() {
        return barriers;
    }

    /** Returns what measures the operations on this cluster. */
    public Benchmark benchmark() {
        return benchmark;
    }

    /** Returns the node this is. */
    public NodeId self() {
        return rpc.self();
    }

    /** Returns what this node knows of the sets, by their names. */
    public List<SetInfo> sets() {
        return Introspection.sets(engine, open);
    }

    /** Returns what this node has of a set's objects, at most so many. */
    public List<ObjectInfo> objects(SetId id, int limit) {
        return Introspection.objects(engine, id, limit);
    }

    /**
     * Returns an object as its linker writes it for another node; empty when it is absent.
     *
     * @throws KddmException of kind NO_SET when the set is not open on this node
     */
    public Optional<byte[]> bytes(SetId id, long object) {
        KddmSet<?> set = open.get(id.key());
        if (set == null) {
            throw new KddmException(
                    Kind.NO_SET, "set " + id + " is not open on node " + rpc.self() + ": ask another node");
        }
        return set.bytes(object);
    }

    /** Returns the objects of a set that exist or are lost, as far as this node is their home. */
    public List<Long> homes(SetId id) {
        return Introspection.homes(engine, id);
    }

    /** Returns the objects of a set that are lost, as far as this node is their home. */
    public List<Long> lost(SetId id) {
        return Introspection.lost(engine, id);
    }

    /** Returns how many objects of a set this node knows to exist as the stand-in of their homes. */
    public int shadows(SetId id) {
        return engine.shadows().size(id.key());
    }

    /** Returns how many objects of a set this node keeps backups of. */
    public int backups(SetId id) {
        return engine.replicator().backups().size(id.key());
    }

    /** Returns the versions of the backups that this node keeps, by object. */
    public Map<Long, Long> backupVersions(SetId id) {
        Map<Long, Long> versions = new TreeMap<>();
        engine.replicator().backups().forEach((set, object, backup) -> {
            if (set == id.key()) {
                versions.put(object, backup.version());
            }
        });
        return versions;
    }

    /** Tells whether all that this node has to send to backups has arrived. */
    public boolean replicated() {
        return engine.replicator().idle() && engine.recovery().refreshed();
    }

    /** Returns the requests that wait at this node as the home of their objects: who waits for whom. */
    public List<WaitInfo> waits() {
        return Introspection.waits(engine.directory());
    }

    /** Returns how many requests of this node wait for an answer. */
    public int outstanding() {
        return engine.outstandingCount();
    }

    /** Completes when this node's part of the directory is ready in this epoch or a later one. */
    public CompletableFuture<Void> ready(long epoch) {
        return engine.recovery().ready(epoch);
    }

    /** Lets the holds on this node be; operations fail from now on. */
    @Override
    public void close() {
        registrations.forEach(Registration::close);
        engine.close();
        open.values().forEach(set -> engine.copies(set.id().key()).close());
    }
}
