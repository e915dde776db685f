package org.linuxssi.testbed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.linuxssi.linux.MountNamespace;
import org.linuxssi.linux.NetNamespace;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.linux.Spawn;

/**
 * Many real nodes on one machine: each has its network, its mounts, its daemon and its container; they share the file
 * system but for {@code /node}, which is each one's own.
 *
 * <p>Every method can be called by a process of its own: what runs is kept in the run directory. All need root, and
 * throw {@link TestBedException} or {@link org.linuxssi.linux.ErrnoException} with what to do.
 *
 * <pre>{@code
 * TestBed bed = TestBed.of(System.getenv());
 * bed.up(3);
 * bed.cut(new NodePair(0, 1));
 * bed.down();
 * }</pre>
 */
public final class TestBed {

    /** The most nodes: their addresses share one prefix. */
    public static final int MAX_NODES = 200;

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PAUSE = Duration.ofMillis(20).toNanos();

    private final RunDirectory directory;
    private final DaemonCommand command;
    private final Readiness readiness;
    private final Wiring wiring;
    private final Cleaner cleaner;

    /**
     * Makes a test bed's handle; nothing starts.
     *
     * @param directory where it keeps everything
     * @param command how a daemon is started
     * @param readiness how it is known to be up
     */
    public TestBed(RunDirectory directory, DaemonCommand command, Readiness readiness) {
        this.directory = directory;
        this.command = command;
        this.readiness = readiness;
        wiring = new Wiring(directory);
        cleaner = new Cleaner(directory);
    }

    /** Returns the test bed that environment variables describe, see {@link RunDirectory} and {@link DaemonCommand}. */
    public static TestBed of(Map<String, String> environment) {
        return new TestBed(RunDirectory.of(environment), DaemonCommand.of(environment), new ControlReadiness());
    }

    /** Returns where it keeps everything. */
    public RunDirectory directory() {
        return directory;
    }

    /**
     * Removes what a run that crashed left, makes the nodes and waits until the cluster is started.
     *
     * @throws TestBedException when a complete test bed runs, or a node does not come up; then all is removed again
     */
    public void up(int nodes) {
        if (nodes < 1 || nodes > MAX_NODES) {
            throw new TestBedException("cannot make " + nodes + " nodes: 1 to " + MAX_NODES + " are possible");
        }
        locked(() -> {
            refuseWhenRunning();
            cleaner.removeAll();
            directory.create();
            try {
                make(nodes);
            } catch (RuntimeException | Error problem) {
                cleaner.removeAll();
                directory.deleteLock();
                throw problem;
            }
            return nodes;
        });
    }

    /** Ends every node and removes everything, also what a crashed run left; does nothing when there is nothing. */
    public void down() {
        if (!Files.exists(directory.root())) {
            return;
        }
        locked(() -> {
            cleaner.removeAll();
            directory.deleteLock();
            return directory;
        });
    }

    /** Loses all frames between two nodes from now on, in both directions and without notice. */
    public void cut(NodePair pair) {
        change(state -> {
            check(state, pair.low());
            check(state, pair.high());
            Set<NodePair> cuts = new TreeSet<>(state.cuts());
            cuts.add(pair);
            return network(state, cuts, state.delays());
        });
    }

    /** Ends all cuts and delays. */
    public void heal() {
        change(state -> network(state, Set.of(), Map.of()));
    }

    /**
     * Makes frames between two nodes take longer.
     *
     * @param millis the delay of each direction; 0 ends it
     */
    public void delay(NodePair pair, int millis) {
        if (millis < 0 || millis > 60_000) {
            throw new TestBedException("cannot delay by " + millis + " ms: 0 to 60000 are possible");
        }
        change(state -> {
            check(state, pair.low());
            check(state, pair.high());
            Map<NodePair, Integer> delays = new TreeMap<>(state.delays());
            delays.put(pair, millis);
            delays.values().removeIf(delay -> delay == 0);
            return network(state, state.cuts(), delays);
        });
    }

    /** Takes away a node's power: its link is silent and all its processes are gone at once. */
    public void kill(int node) {
        change(state -> {
            check(state, node);
            wiring.unplug(node);
            cleaner.killNode(node, Optional.ofNullable(state.daemons().get(node)));
            return state.without(node);
        });
    }

    /** Ends a node's daemon as kill -9 does; the programs in its container live on, without service. */
    public void crash(int node) {
        change(state -> {
            check(state, node);
            Cleaner.killAll(List.of(running(state, node)));
            return state;
        });
    }

    /**
     * Starts the daemon of a node that has none and waits until it takes commands. It takes over what its predecessor
     * left; a node that had lost its power begins anew.
     */
    public void start(int node) {
        change(state -> {
            check(state, node);
            if (daemon(state, node).isPresent()) {
                throw new TestBedException("node " + node + " runs: run krg testbed kill or crash " + node + " first");
            }
            return state.daemons().containsKey(node) ? nextDaemon(state, node) : powerOn(state, node);
        });
        awaitReady(List.of(node), 1);
    }

    private BedState powerOn(BedState state, int node) {
        cleaner.killNode(node, Optional.empty());
        wiring.remove(node);
        wiring.connect(node);
        BedState started = startNode(state, node);
        return network(started, started.cuts(), started.delays());
    }

    /** The mounts of the daemon before outlived it. */
    private BedState nextDaemon(BedState state, int node) {
        MountNamespace mounts = MountNamespace.find(directory.mounts(node))
                .orElseThrow(() -> new TestBedException("the mounts of node " + node + " are gone"));
        return state.with(node, named(node, network(node).callWith(mounts, () -> spawn(node))));
    }

    /** Stops a node's daemon without ending it, like a machine that hangs; its programs run on. */
    public void pause(int node) {
        signal(node, ProcessIdentity.SIGSTOP);
    }

    /** Lets a stopped daemon go on. */
    public void resume(int node) {
        signal(node, ProcessIdentity.SIGCONT);
    }

    /** Returns what runs, nothing when there is no test bed. */
    public Optional<BedState> state() {
        return BedState.load(directory.stateFile());
    }

    /** Returns a node's daemon when it runs. */
    public Optional<ProcessIdentity> daemon(int node) {
        return daemon(require(), node);
    }

    /** Returns every process of a node, its daemon and those in its container. */
    public List<ProcessIdentity> processes(int node) {
        return NetNamespace.find(directory.network(node)).map(Cleaner::members).orElse(List.of());
    }

    /** Returns the path of a node's control socket. */
    public Path control(int node) {
        return NodeConfig.control(directory, node);
    }

    /** Waits until nodes take commands and each sees the expected number of nodes online. */
    public void awaitReady(List<Integer> nodes, int expected) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (int node : nodes) {
            String missing = readiness.missing(control(node), expected);
            while (!missing.isEmpty()) {
                if (daemon(node).isEmpty() || System.nanoTime() > end) {
                    throw new TestBedException("node " + node + " does not come up (" + missing
                            + "); the end of its log:\n" + directory.endOfLog(node));
                }
                LockSupport.parkNanos(PAUSE);
                missing = readiness.missing(control(node), expected);
            }
        }
    }

    private void make(int nodes) {
        BedState state = BedState.starting(nodes);
        state.save(directory.stateFile());
        NodeConfig.makeKeys(directory, nodes);
        wiring.createHub();
        for (int node = 0; node < nodes; node++) {
            wiring.connect(node);
            state = startNode(state, node);
            state.save(directory.stateFile());
        }
        awaitReady(List.copyOf(state.daemons().keySet()), nodes);
        state.completed().save(directory.stateFile());
    }

    private BedState startNode(BedState state, int node) {
        NodeConfig.write(directory, node, state.nodes());
        MountNamespace.find(directory.mounts(node)).ifPresent(MountNamespace::delete);
        MountNamespace mounts = MountNamespace.create(directory.mounts(node));
        int daemon = network(node).callWith(mounts, () -> NodeDirectory.with("node" + node, () -> spawn(node)));
        return state.with(node, named(node, daemon));
    }

    private NetNamespace network(int node) {
        return NetNamespace.find(directory.network(node)).orElseThrow();
    }

    private int spawn(int node) {
        List<String> argv = command.argv(node, directory.config(node));
        return Spawn.start(argv, System.getenv(), Path.of("/"), directory.log(node));
    }

    private ProcessIdentity named(int node, int pid) {
        return ProcessIdentity.of(pid)
                .orElseThrow(() -> new TestBedException("node " + node + " ended at once: see " + directory.log(node)));
    }

    /** Sets the hub's filters: a cut wins over a delay. */
    private BedState network(BedState state, Set<NodePair> cuts, Map<NodePair, Integer> delays) {
        Map<NodePair, Integer> effective = new TreeMap<>(delays);
        effective.keySet().removeAll(cuts);
        Set<NodePair> dropped = new TreeSet<>(cuts);
        dropped.addAll(effective.keySet());
        state.relay().ifPresent(old -> Cleaner.killAll(List.of(old)));
        Optional<ProcessIdentity> relay = new Relay(directory).start(effective);
        wiring.drop(dropped);
        return state.with(cuts, delays).withRelay(relay);
    }

    private void signal(int node, int number) {
        change(state -> {
            check(state, node);
            running(state, node).signal(number);
            return state;
        });
    }

    private void change(UnaryOperator<BedState> change) {
        require();
        locked(() -> {
            BedState changed = change.apply(require());
            changed.save(directory.stateFile());
            return changed;
        });
    }

    private BedState require() {
        return state().orElseThrow(() ->
                new TestBedException("no test bed at " + directory.root() + ": run krg testbed up --nodes N"));
    }

    private void refuseWhenRunning() {
        state().filter(BedState::complete)
                .filter(state -> state.daemons().values().stream().anyMatch(ProcessIdentity::alive))
                .ifPresent(state -> {
                    throw new TestBedException("a test bed of " + state.nodes() + " nodes runs at " + directory.root()
                            + ": run krg testbed down first");
                });
    }

    private static Optional<ProcessIdentity> daemon(BedState state, int node) {
        return Optional.ofNullable(state.daemons().get(node)).filter(ProcessIdentity::alive);
    }

    private static ProcessIdentity running(BedState state, int node) {
        return daemon(state, node).orElseThrow(() -> new TestBedException("node " + node + " has no running daemon"));
    }

    private static void check(BedState state, int node) {
        if (node < 0 || node >= state.nodes()) {
            throw new TestBedException("no node " + node + ": the test bed has 0 to " + (state.nodes() - 1));
        }
    }

    private <T> T locked(Supplier<T> action) {
        return BedLock.with(directory, action);
    }
}
