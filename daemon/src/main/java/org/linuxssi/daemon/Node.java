package org.linuxssi.daemon;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.capability.Capabilities;
import org.linuxssi.checkpoint.Checkpointer;
import org.linuxssi.checkpoint.IpcObjects;
import org.linuxssi.checkpoint.Phase;
import org.linuxssi.checkpoint.Restarter;
import org.linuxssi.checkpoint.Surroundings;
import org.linuxssi.checkpoint.Versions;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ControlServer;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.epm.Drainer;
import org.linuxssi.epm.FaultPoint;
import org.linuxssi.epm.GhostImaging;
import org.linuxssi.epm.Journal;
import org.linuxssi.epm.Migrator;
import org.linuxssi.epm.TablePlaces;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.ghost.Imager;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.hotplug.HotplugEvent;
import org.linuxssi.hotplug.HotplugException;
import org.linuxssi.hotplug.HotplugHandler;
import org.linuxssi.hotplug.Stage;
import org.linuxssi.hotplug.View;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.proc.Container;
import org.linuxssi.proc.ContainerOptions;
import org.linuxssi.proc.KddmPidDirectory;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.proc.Revival;
import org.linuxssi.procfs.ContainerCpus;
import org.linuxssi.procfs.ListedProcesses;
import org.linuxssi.procfs.ProcFsOptions;
import org.linuxssi.rpc.NodeKeys;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcConfig;
import org.linuxssi.rpc.Security;
import org.linuxssi.rpc.Service;
import org.linuxssi.rpc.SocketRpc;
import org.linuxssi.stream.SharedOffsets;
import org.linuxssi.stream.StreamRelays;
import org.linuxssi.stream.Streams;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/** All services of one node, put together; nothing else knows them all. */
final class Node {

    private static final Logger LOG = System.getLogger(Node.class.getName());
    private static final Duration STREAM_PATIENCE = Duration.ofSeconds(30);
    private static final Duration LAST_MIGRATIONS = Duration.ofSeconds(10);

    /** How long who starts a program waits for the end of a pause; a node that has come back pauses for some seconds. */
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofMillis(20);

    private static final Service<Integer, Codec.Nothing> MOVED = Service.of(
            402,
            "daemon.moved",
            Codec.of((pid, out) -> out.i32(pid), in -> in.i32()),
            Codec.NOTHING,
            Service.Dispatch.INLINE);
    private static final Duration MOVED_PATIENCE = Duration.ofMillis(300);

    private final DaemonConfig config;
    private final Runnable end;
    private final Rpc rpc;
    private final Hotplug hotplug;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final ExecutorService pauses =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("pauses").factory());
    private final EventLog events;
    private final ClusterRequests cluster;
    private final Kddm kddm;
    private final KddmViews kddmViews;
    private final Container container;
    private final Streams streams;
    private final SharedOffsets offsets;
    private final ProcessTable table;
    private final Absences absences;
    private final Programs programs;
    private final RemotePrograms remote;
    private final Applications applications;
    private final Migrator migrator;
    private final Drainer drainer;
    private final ProcMount proc;
    private final ProcessQueries queries;

    private Node(DaemonConfig config, Rpc rpc, Hotplug hotplug, TimeSource time, Runnable end) {
        this.config = config;
        this.end = end;
        this.rpc = rpc;
        this.hotplug = part(hotplug);
        events = part(new EventLog(rpc, () -> hotplug.settled().members()));
        cluster = new ClusterRequests(hotplug);
        kddm = part(new Kddm(rpc, hotplug));
        Optional<Container> left = Container.adopt(config.run(), time);
        container = left.orElseGet(() -> Container.start(rpc.self(), options(), time));
        part(container);
        streams = part(new Streams(rpc, "/dev/ptmx", STREAM_PATIENCE));
        offsets = part(new SharedOffsets(rpc, "/proc/" + container.initPid() + "/root"));
        KddmPidDirectory directory =
                new KddmPidDirectory(kddm, rpc, () -> hotplug.settled().members());
        table = part(new ProcessTable(
                container, rpc, directory, () -> hotplug.settled().members()));
        table.relayTerminals(streams);
        table.beforeEndIsTold(() -> CompletableFuture.allOf(streams.flushed(), offsets.settled()));
        absences = part(new Absences(rpc, table, () -> hotplug.settled().members(), hotplug::fellSilent));
        Whereabouts whereabouts = new Whereabouts(hotplug, directory);
        proc = part(ProcMount.start(
                container,
                rpc,
                whereabouts,
                procfs -> new RealProcesses(new ListedProcesses(procfs), table),
                config.run().resolve("proc.fuse")));
        kddmViews = part(new KddmViews(kddm, rpc, () -> hotplug.settled().members(), proc.extensions()));
        part(ContainerCpus.start(container, rpc, whereabouts, ProcFsOptions.defaults(), config.run()));
        Imager imager = new Imager(container.premises(), new StreamRelays(streams, offsets, rpc.self()));
        GhostImaging imaging = new GhostImaging(imager, table::hostPid, table::doorway);
        Path written = config.run().resolve("migrations");
        Journal journal = left.isPresent() ? Journal.open(written) : Journal.fresh(written);
        Places places = new TablePlaces(table, rpc.self(), proc::moved, this::tellMoved);
        migrator = part(new Migrator(rpc, hotplug, imaging, places, faults(), journal, absences::awaits));
        drainer = part(new Drainer(migrator, hotplug));
        programs = new Programs(container, config.control().toString(), offsets);
        applications = applications(imager);
        remote = part(new RemotePrograms(rpc, streams, programs));
        part(rpc.serve(MOVED, (from, pid) -> lookAgain(pid))::close);
        queries =
                part(new ProcessQueries(rpc, places, () -> proc.rows(rpc.self()).all()));
        watch();
        part(new ControlServer(config.control(), new Requests(this)));
        hotplug.start();
    }

    private Applications applications(Imager imager) {
        Capabilities capabilities =
                part(new Capabilities(kddm, rpc, table, () -> hotplug.settled().members()));
        Surroundings around = new Surroundings(
                rpc.self(),
                table,
                part(new Revival(container, table, rpc)),
                capabilities,
                migrator,
                imager,
                ServiceLoader.load(Phase.Hook.class).findFirst().orElse(Phase.Hook.NONE));
        Versions versions = new Versions(config.checkpoints());
        Checkpointer checkpointer = part(new Checkpointer(rpc, around, versions));
        IpcObjects ipcObjects = new IpcObjects(imager.premises().init());
        return new Applications(
                programs,
                capabilities,
                checkpointer,
                new Restarter(around, versions, checkpointer),
                versions,
                ipcObjects);
    }

    /** Tests put a hook on the class path that makes migrations fail at chosen points. */
    private static FaultPoint.Hook faults() {
        return ServiceLoader.load(FaultPoint.Hook.class).findFirst().orElse(FaultPoint.Hook.NONE);
    }

    private Codec.Nothing lookAgain(int pid) {
        proc.moved(pid);
        return Codec.Nothing.NOTHING;
    }

    /** Has all nodes look again where a process is, so that it is listed once wherever ps runs next. */
    private void tellMoved(int pid) {
        rpc.ask(hotplug.settled().members().plus(self()), MOVED, pid, MOVED_PATIENCE)
                .forEach((node, told) -> {
                    try {
                        told.join();
                    } catch (CompletionException problem) {
                        LOG.log(Level.DEBUG, "node {0} does not know yet that pid {1} moved", node, pid);
                    }
                });
    }

    private <T extends AutoCloseable> T part(T made) {
        parts.push(made);
        return made;
    }

    private ContainerOptions options() {
        ContainerOptions usual = ContainerOptions.of(config.run(), "node" + rpc.self());
        InetAddress address = new InetSocketAddress(config.listen().getHostString(), 0).getAddress();
        boolean known = address != null && !address.isAnyLocalAddress();
        return (known ? usual.withAddress(address.getHostAddress()) : usual)
                .withCgroup("linuxssi-" + config.cluster() + "-" + config.session() + "-" + rpc.self());
    }

    /**
     * Starts all services of a node.
     *
     * @param end called when somebody asks this daemon to end
     * @throws IOException when the network or the keys cannot be used
     */
    static Node start(DaemonConfig config, TimeSource time, Runnable end) throws IOException {
        long incarnation = System.currentTimeMillis();
        Rpc rpc = SocketRpc.start(network(config), time, incarnation);
        try {
            Hotplug hotplug = Hotplug.create(rpc, watching(config, incarnation));
            return new Node(config, rpc, hotplug, time, end);
        } catch (RuntimeException problem) {
            rpc.close();
            throw problem;
        }
    }

    private static HotplugConfig watching(DaemonConfig config, long incarnation) {
        HotplugConfig usual = HotplugConfig.of(incarnation);
        return new HotplugConfig(
                incarnation,
                config.heartbeat(),
                config.silence(),
                usual.grace(),
                config.autostart() ? OptionalInt.of(config.nodesMin()) : OptionalInt.empty(),
                usual.mesh());
    }

    private static RpcConfig network(DaemonConfig config) throws IOException {
        Security security =
                switch (config.transport()) {
                    case TLS -> Security.tls(NodeKeys.load(config.keys()));
                    case PLAIN -> Security.plain();
                };
        InetSocketAddress listen = new InetSocketAddress(
                config.listen().getHostString(), config.listen().getPort());
        return new RpcConfig(
                config.cluster(),
                config.session(),
                config.node(),
                listen,
                config.advertise(),
                config.seeds(),
                security,
                config.seedWait());
    }

    private void watch() {
        part(hotplug.onView(view -> events.add("view", ClusterRequests.describe(view)))::close);
        part(pauses);
        part(hotplug.onPause(this::paused)::close);
        part(hotplug.onPoweroff(reboot -> end.run())::close);
        part(hotplug.register(Stage.PROC, HotplugHandler.blocking(rpc.time(), this::changed))::close);
    }

    /** The programs of a minority stand still until it is settled whether the others have given them up. */
    private void paused(boolean paused, String reason) {
        events.add(paused ? "pause" : "resume", reason);
        pauses.execute(() -> {
            if (!paused) {
                container.thaw();
            } else if (!container.freeze()) {
                events.add("pause", "the programs of this node run on: it has no cgroup v2");
            }
        });
    }

    private void changed(HotplugEvent event) {
        switch (event) {
            case HotplugEvent.Fail failure
            when failure.nodes().contains(self()) -> {
                events.add("failure", "this node was voted out: programs that others knew of end");
                table.votedOut();
            }
            case HotplugEvent.Fail failure -> failure.nodes().forEach(this::lost);
            case HotplugEvent.Add addition -> {
                addition.nodes().minus(self()).forEach(absences::back);
                if (!addition.nodes().contains(self())) {
                    table.nodeBack();
                }
                if (addition.nodes().contains(self())) {
                    table.joined(addition.after().members());
                    absences.joined(addition.after().members().minus(self()));
                    pauses.execute(container::thaw);
                }
            }
            case HotplugEvent.Remove _ -> LOG.log(Level.DEBUG, "processes need nothing for {0}", event);
        }
    }

    private void lost(NodeId node) {
        events.add("failure", "node " + node + " is lost");
        table.nodeLost(node);
        absences.lost(node);
        streams.nodeLost(node);
        offsets.nodeLost(node);
    }

    /**
     * Ends all services, and the programs unless they are moved away before; migrations that are going on end first.
     *
     * @param drain whether to move the programs to the other nodes first; those that cannot move end
     */
    void stop(boolean drain) {
        if (!stopped.compareAndSet(false, true)) {
            return;
        }
        LOG.log(Level.INFO, "node {0} ends", self());
        if (drain) {
            try {
                drainer.drain(hotplug.settled().members().minus(self()));
            } catch (HotplugException problem) {
                LOG.log(Level.WARNING, "not all programs could leave: {0}", problem.getMessage());
            }
        }
        if (!migrator.finish(LAST_MIGRATIONS)) {
            LOG.log(Level.WARNING, "{0} processes are still leaving", migrator.leaving());
        }
        ended.countDown();
        absences.sayEnding();
        while (!parts.isEmpty()) {
            close(parts.pop());
        }
        rpc.close();
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (Exception problem) {
            LOG.log(Level.WARNING, "while ending " + part.getClass().getSimpleName(), problem);
        }
    }

    /** Asks the daemon to end; returns once its programs have left, if they are to. */
    void end(boolean drain) {
        if (drain) {
            drainer.drain(hotplug.settled().members().minus(self()));
        }
        end.run();
    }

    /** Waits until the services end. */
    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    NodeId self() {
        return rpc.self();
    }

    ClusterRequests cluster() {
        return cluster;
    }

    EventLog events() {
        return events;
    }

    Programs programs() {
        return programs;
    }

    RemotePrograms remote() {
        return remote;
    }

    Applications applications() {
        return applications;
    }

    Migrator migrator() {
        return migrator;
    }

    KddmViews kddm() {
        return kddmViews;
    }

    /** Checks that programs can run on a node. */
    void requireUp(NodeId node) {
        View view = hotplug.settled();
        if (!view.started()) {
            throw new ControlException(Errno.ENONET, "the cluster is down: run krgadm cluster start");
        }
        if (!view.contains(node)) {
            throw new ControlException(Errno.ENONET, "node " + node + " is not online: see krgadm nodes status");
        }
    }

    /** Checks that programs can be started on a node, or moved, from here; a pause may be over in moments. */
    void requireActive(NodeId node) {
        requireUp(node);
        long end = System.nanoTime() + PAUSE.toNanos();
        while (hotplug.paused() && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
        if (hotplug.paused()) {
            throw new ControlException(
                    Errno.EAGAIN,
                    "node " + self()
                            + " is on the minority side of a partition and pauses: wait until it reaches the others"
                            + " again");
        }
    }

    /** Returns the program of an Enter request as one that runs where the process lives. */
    Request.Run enter(Request.Enter enter, UnixSocket.Peer caller) {
        ProcessQueries.Found found =
                queries.find("enter", enter.pid(), hotplug.settled().members());
        if (caller.uid() != 0 && caller.uid() != found.uid()) {
            throw new ControlException(
                    Errno.EPERM,
                    "enter: pid " + enter.pid() + " belongs to user " + found.uid() + ": only that user may");
        }
        Request.Run run = enter.program();
        return new Request.Run(
                run.arguments(),
                run.environment(),
                "/proc/" + enter.pid() + "/cwd",
                run.umask(),
                Optional.of(found.node()),
                run.terminal(),
                run.window(),
                run.closed());
    }

    /** Sends a signal with the rights of a caller. */
    void signal(int pid, int signal, UnixSocket.Peer caller) {
        table.signal(pid, signal, caller.uid());
    }

    /** Returns the processes of one node, or of all. */
    Reply.Processes processes(Optional<NodeId> node) {
        node.ifPresent(this::requireUp);
        return queries.on(
                node.map(NodeSet::of).orElseGet(() -> hotplug.settled().members()));
    }
}
