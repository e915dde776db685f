package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Reply.NodeLine;
import org.linuxssi.control.Request;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Nodes that leave on purpose, lose their power or are cut off, with programs on them and on their way to them. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class LeavingNodeTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String LISTENS =
            "import socket, time; s = socket.create_server(('', 0)); print('ready', flush=True); time.sleep(1000)";

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static Path ledgerProgram;
    private static int runs;

    private final Ledger ledger = Ledger.in(directory, runs++);

    @BeforeAll
    static void start() throws IOException {
        ledgerProgram = Programs.compileC("ledger", directory);
        cluster = TestBedExtension.ownCluster(LeavingNodeTest.class, 3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** The next test finds all nodes online and empty. */
    @AfterEach
    void mend() throws IOException {
        if (!Files.exists(ledger.stop())) {
            ledger.end();
        }
        cluster.bed().heal();
        for (int node = 0; node < cluster.nodes(); node++) {
            if (cluster.bed().daemon(node).isEmpty()) {
                cluster.bed().start(node);
            }
        }
        await().atMost(PATIENCE)
                .until(() -> IntStream.range(0, cluster.nodes()).allMatch(node -> cluster.nodeStates(node).stream()
                        .allMatch(line -> line.state() == NodeLine.State.ONLINE)));
        await().atMost(PATIENCE).until(() -> cluster.ps(0).stream().noneMatch(row -> row.command()
                .contains(ledgerProgram.getFileName().toString())));
    }

    @Test
    void aNodeThatIsRemovedIsEmptiedFirst() {
        try (Program program = cluster.start(1, ledger.command(ledgerProgram))) {
            cluster.migrate(program.pid(), 2);
            NodeSelection second = new NodeSelection.Listed(NodeSet.of(NodeId.of(2)));
            cluster.ask(0, new Request.NodesDel(second), Reply.Changed.class);
            assertThat(cluster.where(program.pid()))
                    .hasValueSatisfying(node -> assertThat(node).isLessThan(2));
            assertThat(state(2)).isEqualTo(NodeLine.State.PRESENT);
            cluster.ask(0, new Request.NodesAdd(second), Reply.Changed.class);
            assertThat(state(2)).isEqualTo(NodeLine.State.ONLINE);
            cluster.migrate(program.pid(), 2);
            endsWhole(program);
        }
    }

    @Test
    void aNodeIsEmptiedBeforeItsDaemonIsShutDown() {
        Prompt prompt = new Prompt(cluster.bed().directory());
        try (Program program = cluster.start(1, ledger.command(ledgerProgram))) {
            awaitProgress();
            try (Program stuck = cluster.start(1, Command.of("python3", "-c", LISTENS))) {
                await().atMost(PATIENCE).until(() -> stuck.output().equals("ready\n"));
                Result refused = prompt.type("krg shutdown --drain --on 1");
                assertThat(refused.exit()).isEqualTo(1);
                assertThat(refused.messages())
                        .startsWith(
                                "krg shutdown: the node stays, for it can't be emptied: processes that cannot leave: pid "
                                        + stuck.pid() + " cannot move: fd ")
                        .endsWith(" (EAGAIN)\n")
                        .hasLineCount(1);
                assertThat(cluster.where(stuck.pid())).contains(1);
                cluster.signal(1, stuck.pid(), ProcessIdentity.SIGKILL);
                assertThat(stuck.await(PATIENCE).exit()).isEqualTo(128 + ProcessIdentity.SIGKILL);
            }
            cluster.migrate(program.pid(), 1);
            prompt.types("krg shutdown --drain --on 1", "");
            livesOnElsewhere(program, 1);
        }
    }

    @Test
    void aDaemonThatIsToldToStopMovesItsProgramsAwayWhenItIsConfiguredSo() throws IOException {
        Path config = cluster.bed().directory().config(1);
        String usual = Files.readString(config);
        Files.writeString(config, usual.replace("[node]\n", "[node]\ndrain = true\n"));
        terminate(1);
        await().atMost(PATIENCE).until(() -> cluster.bed().processes(1).isEmpty());
        cluster.bed().start(1);
        try (Program program = cluster.start(1, ledger.command(ledgerProgram))) {
            awaitProgress();
            terminate(1);
            livesOnElsewhere(program, 1);
        } finally {
            Files.writeString(config, usual);
        }
    }

    private void terminate(int node) {
        cluster.bed().daemon(node).orElseThrow().signal(ProcessIdentity.SIGTERM);
    }

    private void livesOnElsewhere(Program program, int node) {
        await().atMost(PATIENCE).until(() -> cluster.bed().processes(node).isEmpty());
        assertThat(cluster.ps(0))
                .filteredOn(row -> row.pid() == program.pid())
                .singleElement()
                .satisfies(row -> assertThat(row.node()).isNotEqualTo(NodeId.of(node)));
        awaitProgress();
        ledger.end();
        await().atMost(PATIENCE).until(() -> program.output().equals("laps " + ledger.laps() + "\n"));
        ledger.assertWhole();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 20})
    void aTargetThatLosesItsPowerLeavesTheProcessAtTheSourceOrTakesItAlong(int millis) {
        try (Program program = cluster.start(0, ledger.command(ledgerProgram))) {
            awaitProgress();
            CompletableFuture<Boolean> moved = migrate(program, 2);
            LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
            cluster.bed().kill(2);
            await().atMost(PATIENCE).until(moved::isDone);
            awaitGone(2);
            if (cluster.where(program.pid()).isPresent()) {
                assertThat(cluster.where(program.pid())).contains(0);
                awaitProgress();
                endsWhole(program);
            } else {
                assertThat(moved.join()).isTrue();
                ledger.assertWhole();
            }
        }
    }

    @Test
    void aTargetThatIsToldToStopLeavesTheProcessAtTheSource() {
        try (Program program = cluster.start(0, ledger.command(ledgerProgram))) {
            awaitProgress();
            ProcessIdentity target = cluster.bed().daemon(1).orElseThrow();
            target.signal(ProcessIdentity.SIGTERM);
            CompletableFuture<Boolean> moved = migrate(program, 1);
            await().atMost(PATIENCE).until(() -> moved.isDone() && !target.alive());
            ledger.assertWhole();
            if (!moved.join()) {
                assertThat(cluster.where(program.pid())).contains(0);
                endsWhole(program);
            }
        }
    }

    @Test
    void aProgramThatMovedAwayOutlivesTheDaemonOfItsCommand() {
        try (Program program = cluster.start(0, ledger.command(ledgerProgram))) {
            cluster.migrate(program.pid(), 1);
            awaitProgress();
            ProcessIdentity first = cluster.bed().daemon(0).orElseThrow();
            first.signal(ProcessIdentity.SIGTERM);
            assertThatThrownBy(() -> program.await(PATIENCE)).isInstanceOf(ControlException.class);
            await().atMost(PATIENCE).until(() -> !first.alive());
            long laps = ledger.laps();
            await().atMost(PATIENCE).until(() -> ledger.laps() > laps + 20);
            ledger.end();
            await().atMost(PATIENCE).until(() -> program.output().equals("laps " + ledger.laps() + "\n"));
            ledger.assertWhole();
        }
    }

    /** Its next container must not give the number to another program. */
    @Test
    void aNodeThatLostItsPowerComesBackAndReservesTheNumbersOfItsProgramsElsewhere() {
        try (Program program = cluster.start(2, ledger.command(ledgerProgram))) {
            cluster.migrate(program.pid(), 1);
            cluster.bed().kill(2);
            awaitGone(2);
            cluster.bed().start(2);
            await().atMost(PATIENCE).until(() -> state(2) == NodeLine.State.ONLINE);
            await().atMost(PATIENCE)
                    .until(() -> cluster.run(2, "test", "-e", "/proc/.local/" + program.pid())
                                    .exit()
                            == 0);
            assertThat(cluster.run(2, "kill", "-0", Integer.toString(program.pid()))
                            .exit())
                    .isZero();
            assertThat(cluster.where(program.pid())).contains(1);
            ledger.end();
            await().atMost(PATIENCE).until(() -> cluster.where(program.pid()).isEmpty());
            ledger.assertWhole();
        }
    }

    @Test
    void aCutWhileAProcessMovesNeverDoublesIt() {
        try (Program program = cluster.start(0, ledger.command(ledgerProgram))) {
            awaitProgress();
            CompletableFuture<Boolean> moved = migrate(program, 2);
            cluster.bed().cut(new NodePair(0, 2));
            cluster.bed().cut(new NodePair(1, 2));
            await().atMost(PATIENCE).until(moved::isDone);
            awaitGone(2);
            ledger.assertWhole();
            cluster.bed().heal();
            await().atMost(PATIENCE).until(() -> state(2) == NodeLine.State.ONLINE);
            ledger.assertWhole();
            if (cluster.where(program.pid()).isPresent()) {
                endsWhole(program);
            }
        }
    }

    @Test
    void programsOfANodeThatIsCutOffStandStillUntilItIsBack() {
        Ledger moved = Ledger.in(directory, runs++);
        try (Program stays = cluster.start(2, ledger.command(ledgerProgram));
                Program comes = cluster.start(0, moved.command(ledgerProgram))) {
            cluster.migrate(comes.pid(), 2);
            awaitProgress();
            cluster.bed().cut(new NodePair(0, 2));
            cluster.bed().cut(new NodePair(1, 2));
            awaitGone(2);
            assertThat(comes.await(PATIENCE).exit()).isEqualTo(128 + ProcessIdentity.SIGKILL);
            long laps = ledger.laps();
            long movedLaps = moved.laps();
            LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
            assertThat(ledger.laps()).isEqualTo(laps);
            Prompt prompt = new Prompt(cluster.bed().directory());
            String refusal =
                    ": node 2 is on the minority side of a partition and pauses: wait until it reaches the others"
                            + " again (EAGAIN)";
            prompt.refuses("krg run --on 2 true", "krg run" + refusal);
            prompt.refuses("migrate " + stays.pid() + " 0 --on 2", "migrate" + refusal);
            cluster.bed().heal();
            await().atMost(PATIENCE).until(() -> state(2) == NodeLine.State.ONLINE);
            awaitProgress();
            assertThat(moved.laps()).isEqualTo(movedLaps);
            endsWhole(stays);
        }
    }

    @Test
    void aNodeWithoutPowerIsNoticedAndComesBack() {
        cluster.bed().kill(1);
        awaitGone(1);
        cluster.bed().start(1);
        await().atMost(PATIENCE).until(() -> state(1) == NodeLine.State.ONLINE);
        assertThat(cluster.run(1, "echo", "back").output()).isEqualTo("back\n");
    }

    @Test
    void aNodeThatStartsAnewReservesThePidsOfItsProgramsThatLiveElsewhere() {
        try (Program program = cluster.start(1, ledger.command(ledgerProgram))) {
            int pid = program.pid();
            cluster.migrate(pid, 2);
            cluster.bed().kill(1);
            awaitGone(1);
            awaitProgress();
            assertThat(cluster.run(0, "kill", "-0", Integer.toString(pid)).exit())
                    .isZero();
            cluster.bed().start(1);
            await().atMost(PATIENCE).until(() -> state(1) == NodeLine.State.ONLINE);
            assertThat(cluster.run(1, "test", "-e", "/proc/.local/" + pid).exit())
                    .isZero();
            assertThat(cluster.where(pid)).contains(2);
            assertThat(cluster.run(1, "kill", "-KILL", Integer.toString(pid)).exit())
                    .isZero();
            await().atMost(PATIENCE)
                    .until(() ->
                            cluster.run(1, "test", "-e", "/proc/.local/" + pid).exit() == 1);
        }
    }

    private CompletableFuture<Boolean> migrate(Program program, int node) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                cluster.migrate(program.pid(), node);
                return true;
            } catch (ControlException refused) {
                return false;
            }
        });
    }

    private void awaitProgress() {
        long laps = ledger.laps();
        await().atMost(PATIENCE).until(() -> ledger.laps() > laps);
    }

    private void endsWhole(Program program) {
        ledger.end();
        assertThat(program.await(PATIENCE)).isEqualTo(new Result(0, "laps " + ledger.laps() + "\n", ""));
        ledger.assertWhole();
    }

    private void awaitGone(int node) {
        await().atMost(PATIENCE).until(() -> state(node) != NodeLine.State.ONLINE);
    }

    private NodeLine.State state(int node) {
        return cluster.nodeStates(0).stream()
                .filter(line -> line.node().equals(NodeId.of(node)))
                .findFirst()
                .orElseThrow()
                .state();
    }
}
