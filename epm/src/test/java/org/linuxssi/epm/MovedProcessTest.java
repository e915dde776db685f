package org.linuxssi.epm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.ghost.Imager;
import org.linuxssi.ghost.ProcessArrival;
import org.linuxssi.ghost.ProcessDeparture;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.proc.Container;
import org.linuxssi.proc.ContainerOptions;
import org.linuxssi.proc.LaunchRequest;
import org.linuxssi.proc.LaunchedProgram;
import org.linuxssi.proc.Launcher;
import org.linuxssi.proc.MemoryPidDirectory;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** Moves programs between real containers, with their filter, agents and proxies, inside one JVM. */
@Timeout(90)
class MovedProcessTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final System.Logger LOG = System.getLogger(MovedProcessTest.class.getName());

    @TempDir
    Path directory;

    private final List<Container> containers = new ArrayList<>();
    private final List<ProcessTable> tables = new ArrayList<>();
    private final List<Rpc> rpcs = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        SystemTime time = new SystemTime();
        MemoryNetwork network = new MemoryNetwork(time);
        MemoryPidDirectory places = new MemoryPidDirectory();
        NodeSet nodes = NodeSet.of(List.of(NodeId.of(0), NodeId.of(1)));
        for (int i = 0; i < 2; i++) {
            Path run = Files.createDirectories(directory.resolve("run" + i));
            Container container = Container.start(NodeId.of(i), ContainerOptions.of(run, "node" + i), time);
            containers.add(container);
            rpcs.add(network.node(NodeId.of(i)));
            tables.add(new ProcessTable(container, rpcs.getLast(), places, () -> nodes));
        }
        await().until(() ->
                rpcs.stream().allMatch(rpc -> !rpc.connected().minus(rpc.self()).isEmpty()));
    }

    @AfterEach
    void stop() {
        tables.forEach(ProcessTable::close);
        containers.forEach(container -> container.stop(Duration.ofMillis(100)));
        rpcs.forEach(Rpc::close);
    }

    private LaunchedProgram launch(Path output, String... command) throws Exception {
        return launch(0, output, command);
    }

    private LaunchedProgram launch(int node, Path output, String... command) throws Exception {
        int in = Fds.open("/dev/null", 0);
        int out = Fds.open(output.toString(), 1 | 0x400);
        try {
            return new Launcher(containers.get(node))
                    .launch(LaunchRequest.of(command)
                            .withDescriptor(0, in)
                            .withDescriptor(1, out)
                            .withDescriptor(2, out))
                    .get(20, TimeUnit.SECONDS);
        } finally {
            Fds.close(in);
            Fds.close(out);
        }
    }

    /** What has its number at the target is not the process yet, also when the directory names the target already. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aKillWhileItArrivesIsForTheProcessWhereItStillIs(int sender) throws Exception {
        Path output = Files.createFile(directory.resolve("output"));
        LaunchedProgram program = launch(output, "/bin/sleep", "600");
        ProcessTable there = tables.get(1);
        there.prepare(tables.get(0).relations(program.pid()), NodeId.of(0));
        tables.get(0).moved(program.pid(), NodeId.of(1));
        if (sender == 0) {
            tables.get(0).signal(program.pid(), 9, 0);
        } else {
            LaunchedProgram kill = launch(1, output, "/bin/bash", "-c", "kill -9 " + program.pid());
            assertThat(kill.end().get(20, TimeUnit.SECONDS)).isEqualTo(WaitStatus.ofExit(0));
        }
        assertThat(program.end().get(20, TimeUnit.SECONDS)).isEqualTo(WaitStatus.ofSignal(9));
        there.abandon(program.pid());
    }

    private Imager imager(int node) {
        return new Imager(containers.get(node).premises(), RelayedFile.NONE);
    }

    private void move(int pid, int from, int to) throws IOException {
        ProcessTable here = tables.get(from);
        ProcessTable there = tables.get(to);
        int host = here.hostPid(pid);
        assertThat(imager(from).obstacles(host)).isEmpty();
        assertThat(imager(to).lacking(imager(from).needs(host))).isEmpty();
        int agent = there.prepare(here.relations(pid), NodeId.of(from));
        Pipe pipe = Pipe.open();
        CompletableFuture<ProcessArrival> arriving = CompletableFuture.supplyAsync(() -> {
            try {
                return imager(to).arrive(pipe.source(), agent, -1);
            } catch (IOException problem) {
                throw new CompletionException(problem);
            }
        });
        try {
            transfer(pid, from, to, pipe, arriving);
        } catch (IOException | RuntimeException failure) {
            pipe.sink().close();
            arriving.handle((_, _) -> pid).join();
            there.abandon(pid);
            throw failure;
        } finally {
            pipe.source().close();
        }
    }

    private void transfer(int pid, int from, int to, Pipe pipe, CompletableFuture<ProcessArrival> arriving)
            throws IOException {
        ProcessTable here = tables.get(from);
        ProcessTable there = tables.get(to);
        try (ProcessDeparture departure = imager(from).depart(here.hostPid(pid))) {
            departure.freeze();
            try (var sink = pipe.sink()) {
                departure.copyRest(sink);
                departure.end();
                ProcessArrival arrival = arriving.join();
                here.departing(pid, NodeId.of(to));
                here.moved(pid, NodeId.of(to));
                there.arrived(pid, NodeId.of(from), here.history(pid));
                arrival.hold();
                arrival.run();
                there.settled();
            }
            departure.replace();
            here.departed(pid, NodeId.of(to), departure.stopped());
        }
    }

    @Test
    void aShellThatTravelsEndsWithItsStatusWhereItWasStarted() throws Exception {
        Path output = Files.createFile(directory.resolve("output"));
        LaunchedProgram program = launch(
                output,
                "/bin/bash",
                "-c",
                "trap 'echo usr1' USR1; s=0; for ((i=0;i<400000;i++)); do ((s=(s*31+i)%1000003));"
                        + " ((i%5000==0)) && echo $i $s; done; kill -USR1 $$; kill -USR1 -- $$; echo $PPID; exit 9");
        int moves = 0;
        try {
            while (!program.end().isDone()) {
                move(program.pid(), moves % 2, 1 - moves % 2);
                moves++;
            }
        } catch (ErrnoException | AssertionError late) {
            LOG.log(System.Logger.Level.DEBUG, "the last move came too late: {0}", late.getMessage());
            await().atMost(PATIENCE).until(() -> program.end().isDone());
        }
        assertThat(program.end().get()).isEqualTo(WaitStatus.ofExit(9));
        assertThat(moves).isPositive();
        List<String> lines = Files.readAllLines(output);
        assertThat(lines).hasSize(83).contains("usr1", "0 0").endsWith("1");
    }
}
