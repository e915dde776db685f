package org.linuxssi.proc;

import static org.awaitility.Awaitility.await;

import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.linuxssi.ghost.Imager;
import org.linuxssi.ghost.ProcessArrival;
import org.linuxssi.ghost.ProcessDeparture;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Nodes in one JVM. {@link #replace} stands for a migration: the process at the source becomes a proxy as in a real one;
 * at the target a program of our choice goes on in its place.
 */
final class TwoNodes implements AutoCloseable {

    final List<Container> containers = new ArrayList<>();
    final List<ProcessTable> tables = new ArrayList<>();
    private final List<Rpc> rpcs = new ArrayList<>();
    private final ContainerExtension extension;
    private final MemoryNetwork network;
    final MemoryPidDirectory directory = new MemoryPidDirectory();
    private final List<NodeId> nodes = new ArrayList<>();
    private final List<Imager> imagers = new ArrayList<>();
    private final PtraceThread tracer = new PtraceThread("test-tracer");

    TwoNodes(ContainerExtension extension, int... ids) throws Exception {
        this.extension = extension;
        network = new MemoryNetwork(extension.time());
        for (int id : ids) {
            nodes.add(NodeId.of(id));
        }
        for (NodeId node : nodes) {
            Container container = extension.start(node.value());
            Rpc rpc = network.node(node);
            containers.add(container);
            rpcs.add(rpc);
            imagers.add(new Imager(container.premises(), RelayedFile.NONE));
            tables.add(new ProcessTable(container, rpc, directory, () -> NodeSet.of(nodes)));
        }
        await().until(() -> rpcs.stream().allMatch(rpc -> rpc.connected().size() >= ids.length - 1));
    }

    /** Moves a pid; at the target the shell command goes on, with its output in a file. */
    void replace(int pid, int source, int target, String command, Path output) {
        NodeId from = rpcs.get(source).self();
        NodeId to = rpcs.get(target).self();
        ProcessTable here = tables.get(source);
        ProcessTable there = tables.get(target);
        PtraceProcess frozen =
                tracer.call(() -> PtraceProcess.freeze(tracer, here.hostPid(pid), Duration.ofSeconds(5)));
        there.prepare(here.relations(pid), from);
        Agent agent = there.preparedAgent(pid);
        here.departing(pid, to);
        here.moved(pid, to);
        there.arrived(pid, from, here.history(pid));
        execute(agent, command, output);
        there.settled();
        tracer.run(() -> frozen.exec(containers.get(source).agentPath().toString(), List.of("agent"), List.of()));
        here.departed(pid, to, false);
    }

    /** Ends a node's daemon as kill -9 does, and starts the next. */
    void restartDaemon(int index) {
        NodeId node = rpcs.get(index).self();
        Container old = containers.get(index);
        old.abandon();
        tables.get(index).close();
        rpcs.get(index).close();
        Container adopted =
                Container.adopt(extension.directoryOf(old), extension.time()).orElseThrow();
        extension.replace(old, adopted);
        containers.set(index, adopted);
        rpcs.set(index, network.node(node));
        tables.set(index, new ProcessTable(adopted, rpcs.get(index), directory, () -> NodeSet.of(nodes)));
        await().until(() -> rpcs.get(index).connected().size() >= nodes.size() - 1);
    }

    /** Moves a process as epm does, image and all. */
    void migrate(int pid, int source, int target) throws Exception {
        migrate(pid, source, target, () -> {});
    }

    /** Moves a process, and does something when its image is complete. */
    void migrate(int pid, int source, int target, Runnable meanwhile) throws Exception {
        NodeId from = rpcs.get(source).self();
        NodeId to = rpcs.get(target).self();
        ProcessTable here = tables.get(source);
        ProcessTable there = tables.get(target);
        int agent = there.prepare(here.relations(pid), from);
        Pipe pipe = Pipe.open();
        try (ProcessDeparture departure = imagers.get(source).depart(here.hostPid(pid))) {
            departure.freeze();
            there.adjust(here.relations(pid));
            FutureTask<ProcessArrival> arriving =
                    new FutureTask<>(() -> imagers.get(target).arrive(pipe.source(), agent, there.doorway(agent)));
            Thread.ofPlatform().daemon().start(arriving);
            departure.copyRest(pipe.sink());
            departure.end();
            meanwhile.run();
            ProcessArrival arrival = arriving.get(20, TimeUnit.SECONDS);
            here.departing(pid, to);
            here.moved(pid, to);
            there.arrived(pid, from, here.history(pid));
            arrival.hold();
            arrival.run();
            there.settled();
            departure.replace();
            here.departed(pid, to, departure.stopped());
        } finally {
            pipe.sink().close();
            pipe.source().close();
        }
    }

    /** Builds a process at a node, and lets it go on where it was all the same. */
    void migrateInVain(int pid, int source, int target) throws Exception {
        ProcessTable here = tables.get(source);
        ProcessTable there = tables.get(target);
        int agent = there.prepare(here.relations(pid), rpcs.get(source).self());
        Pipe pipe = Pipe.open();
        try (ProcessDeparture departure = imagers.get(source).depart(here.hostPid(pid))) {
            departure.freeze();
            FutureTask<ProcessArrival> arriving =
                    new FutureTask<>(() -> imagers.get(target).arrive(pipe.source(), agent, there.doorway(agent)));
            Thread.ofPlatform().daemon().start(arriving);
            departure.copyRest(pipe.sink());
            departure.end();
            arriving.get(20, TimeUnit.SECONDS).abandon();
        } finally {
            pipe.sink().close();
            pipe.source().close();
        }
        there.abandon(pid);
    }

    /** Makes a node ready for a process, which does not come then. */
    void expect(int pid, int source, int target) {
        tables.get(target)
                .prepare(tables.get(source).relations(pid), rpcs.get(source).self());
    }

    private static void execute(Agent agent, String command, Path output) {
        CallTable table = new CallTable();
        table.must(Nr.CLOSE_RANGE, 0, 0xffff_ffffL, 0);
        table.must(Nr.OPENAT, -100, table.text("/dev/null"), 0, 0);
        table.must(Nr.OPENAT, -100, table.text(output.toString()), 1 | 0x400, 0);
        table.must(Nr.DUP, 1);
        table.must(Nr.RT_SIGPROCMASK, 2, table.words(0), 0, 8);
        table.must(
                Nr.EXECVE,
                table.text("/bin/bash"),
                table.pointers(List.of("bash", "-c", command)),
                table.pointers(List.of("PATH=/usr/bin:/bin")));
        Futures.unattended(agent.run(table));
    }

    @Override
    public void close() {
        tables.forEach(ProcessTable::close);
        tracer.close();
        rpcs.forEach(Rpc::close);
    }
}
