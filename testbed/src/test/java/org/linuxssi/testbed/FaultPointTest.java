package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.MigrationReport;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply.NodeLine;
import org.linuxssi.epm.FaultPoint;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.tools.NodeId;

/**
 * A node loses its power, is cut off or told to stop while a migration stands still in a chosen phase, or something fails in
 * that phase: the process runs on exactly once, or it went with its node. With {@code -Dlinuxssi.e2e.faults=all} every fault meets every phase.
 */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class FaultPointTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SOURCE = 0;
    private static final int WITNESS = 1;
    private static final int TARGET = 2;
    private static final boolean ALL =
            System.getProperty("linuxssi.e2e.faults", "").equals("all");

    /** Phases after which the target may have the process. */
    private static final Set<FaultPoint> DECIDED =
            Set.of(FaultPoint.COMMITTED, FaultPoint.COMMIT_RECEIVED, FaultPoint.RUNNING);

    /** Memory of the program in MB where it is copied live, which small programs are not. */
    private static final int LARGE = 32;

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static Path program;
    private static int runs;

    private final Ledger ledger = Ledger.in(directory, runs++);

    @BeforeAll
    static void start() throws IOException {
        program = Programs.compileC("ledger", directory);
        cluster = TestBedExtension.ownCluster(FaultPointTest.class, 3, HoldingHook.option(directory));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    static Stream<FaultPoint> all() {
        return Stream.of(FaultPoint.values());
    }

    static Stream<FaultPoint> aroundTheDecision() {
        Set<FaultPoint> before = Set.of(FaultPoint.ENTERED, FaultPoint.READY);
        return all().filter(point -> ALL || DECIDED.contains(point) || before.contains(point));
    }

    static Stream<FaultPoint> committed() {
        return Stream.of(FaultPoint.COMMIT_RECEIVED, FaultPoint.RUNNING);
    }

    static Stream<FaultPoint> atTheDecision() {
        return all().filter(point -> ALL || point == FaultPoint.COMMITTED);
    }

    @ParameterizedTest
    @MethodSource("all")
    void theTargetLosesItsPower(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().kill(TARGET);
            HoldingHook.release(directory, point);
            awaitState(TARGET, false);
            await().atMost(PATIENCE).until(() -> settled(running));
            if (!DECIDED.contains(point)) {
                assertThat(place(running)).isEqualTo(SOURCE);
            }
            endWhole(running);
        } finally {
            cluster.bed().start(TARGET);
            awaitState(TARGET, true);
        }
    }

    @ParameterizedTest
    @MethodSource("aroundTheDecision")
    void theSourceLosesItsPower(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().kill(SOURCE);
            HoldingHook.release(directory, point);
            awaitState(SOURCE, false);
            await().atMost(PATIENCE).until(() -> settled(running));
            assertThat(place(running)).isNotEqualTo(SOURCE);
            endWhole(running);
        } finally {
            cluster.bed().start(SOURCE);
            awaitState(SOURCE, true);
        }
    }

    @ParameterizedTest
    @MethodSource("atTheDecision")
    void theTargetIsCutOff(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().cut(new NodePair(SOURCE, TARGET));
            cluster.bed().cut(new NodePair(WITNESS, TARGET));
            HoldingHook.release(directory, point);
            awaitState(TARGET, false);
            ledger.assertWhole();
            cluster.bed().heal();
            awaitState(TARGET, true);
            await().atMost(PATIENCE).until(() -> settled(running));
            endWhole(running);
        } finally {
            cluster.bed().heal();
        }
    }

    /** It was asked to let the process go in time, but acts when it may have been voted out. */
    @Test
    void aTargetThatIsLateLetsNothingGo() throws IOException {
        FaultPoint point = FaultPoint.COMMIT_RECEIVED;
        try (Program running = inPhase(point)) {
            cluster.bed().cut(new NodePair(SOURCE, TARGET));
            cluster.bed().cut(new NodePair(WITNESS, TARGET));
            awaitState(TARGET, false);
            long laps = ledger.laps();
            await().atMost(PATIENCE).until(() -> ledger.laps() > laps);
            HoldingHook.release(directory, point);
            cluster.bed().heal();
            awaitState(TARGET, true);
            await().atMost(PATIENCE).until(() -> settled(running));
            assertThat(place(running)).isEqualTo(SOURCE);
            endWhole(running);
        } finally {
            cluster.bed().heal();
        }
    }

    @ParameterizedTest
    @MethodSource("aroundTheDecision")
    void theSourceIsToldToStop(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            ProcessIdentity daemon = cluster.bed().daemon(SOURCE).orElseThrow();
            daemon.signal(ProcessIdentity.SIGTERM);
            HoldingHook.release(directory, point);
            await().atMost(PATIENCE).until(() -> !daemon.alive());
            awaitState(SOURCE, false);
            await().atMost(PATIENCE).until(() -> settled(running));
            assertThat(place(running)).isEqualTo(TARGET);
            endWhole(running);
        } finally {
            startSource();
        }
    }

    /** The container lives on, and the next daemon is asked. */
    @ParameterizedTest
    @MethodSource("aroundTheDecision")
    void theDaemonOfTheTargetDiesAndTheNextOneComes(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().crash(TARGET);
            HoldingHook.release(directory, point);
            cluster.bed().start(TARGET);
            awaitState(TARGET, true);
            await().atMost(PATIENCE).until(() -> settled(running));
            assertAtItsPlace(running, point, Set.of(FaultPoint.COMMITTED));
            await().atMost(PATIENCE).until(() -> migrate(running, WITNESS));
            endWhole(running);
        }
    }

    @ParameterizedTest
    @MethodSource("committed")
    void theDaemonOfTheTargetDiesAndNoneComesInTime(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().crash(TARGET);
            HoldingHook.release(directory, point);
            await().atMost(PATIENCE).until(() -> migrate(running, WITNESS));
            cluster.bed().start(TARGET);
            awaitState(TARGET, true);
            await().atMost(PATIENCE).until(() -> !exists(running, TARGET));
            assertThat(place(running)).isEqualTo(WITNESS);
            ledger.end();
            await().atMost(PATIENCE).until(() -> place(running) < 0);
            assertThat(running.await(PATIENCE).output()).startsWith("laps ");
        }
    }

    /** The container lives on, and with it the process, whatever the daemon was doing with it. */
    @ParameterizedTest
    @MethodSource("all")
    void theDaemonOfTheSourceDiesAndTheNextOneComes(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().crash(SOURCE);
            HoldingHook.release(directory, point);
            cluster.bed().start(SOURCE);
            awaitState(SOURCE, true);
            await().atMost(PATIENCE).until(() -> settled(running));
            assertAtItsPlace(running, point, Set.of(FaultPoint.COMMITTED, FaultPoint.COMMIT_RECEIVED));
            await().atMost(PATIENCE).until(() -> migrate(running, WITNESS));
            endWhole(running);
        }
    }

    @ParameterizedTest
    @MethodSource("aroundTheDecision")
    void theSourceIsCutOff(FaultPoint point) throws IOException {
        try (Program running = inPhase(point)) {
            cluster.bed().cut(new NodePair(SOURCE, TARGET));
            cluster.bed().cut(new NodePair(SOURCE, WITNESS));
            HoldingHook.release(directory, point);
            awaitState(SOURCE, false);
            cluster.bed().heal();
            awaitState(SOURCE, true);
            await().atMost(PATIENCE).until(() -> settled(running));
            assertThat(place(running)).isNotNegative();
            endWhole(running);
        } finally {
            cluster.bed().heal();
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void anErrorInAPhaseLeavesTheProcessWholeAndMovable(FaultPoint point) throws IOException {
        try (Program running = started(point)) {
            HoldingHook.failAt(directory, point);
            boolean moved = migrate(running, TARGET);
            assertThat(place(running)).isEqualTo(moved ? TARGET : SOURCE);
            if (!DECIDED.contains(point)) {
                assertThat(moved).isFalse();
            }
            await().atMost(PATIENCE).until(() -> settled(running));
            await().atMost(PATIENCE).until(() -> migrate(running, moved ? SOURCE : TARGET));
            endWhole(running);
            assertThat(running.await(PATIENCE).exit()).isZero();
        }
    }

    /** Whichever node is asked, and wherever to. */
    @ParameterizedTest
    @EnumSource(names = {"CHECKED", "FROZEN", "ENTERED", "BUILT"})
    void aProcessThatIsBeingMovedIsNotMovedTwice(FaultPoint point) throws IOException {
        Prompt prompt = new Prompt(cluster.bed().directory());
        try (Program running = inPhase(point)) {
            int pid = running.pid();
            for (int node = 0; node < cluster.nodes(); node++) {
                for (int target : List.of(WITNESS, TARGET)) {
                    prompt.refuses(
                            "migrate --on " + node + " " + pid + " " + target,
                            "migrate: pid " + pid + " is being moved already (EALREADY)");
                }
            }
            HoldingHook.release(directory, point);
            await().atMost(PATIENCE).until(() -> place(running) == TARGET);
            await().atMost(PATIENCE).until(() -> migrate(running, WITNESS));
            endWhole(running);
            assertThat(running.await(PATIENCE).exit()).isZero();
        }
    }

    private Program started(FaultPoint point) {
        int megabytes = point == FaultPoint.COPIED_LIVE ? LARGE : 0;
        Program running = cluster.start(SOURCE, ledger.command(program, megabytes));
        await().atMost(PATIENCE).until(() -> ledger.laps() > 3);
        return running;
    }

    /** Starts a ledger on the source and holds its migration to the target in a phase. */
    private Program inPhase(FaultPoint point) throws IOException {
        Program running = started(point);
        HoldingHook.arm(directory, point);
        FutureTask<MigrationReport> migration = new FutureTask<>(() -> cluster.migrate(running.pid(), TARGET));
        Thread.ofVirtual().start(migration);
        await().atMost(PATIENCE)
                .until(() -> HoldingHook.reached(directory, point) || migration.state() != Future.State.RUNNING);
        if (!HoldingHook.reached(directory, point)) {
            throw new AssertionError("the migration never came to " + point + ": " + outcome(migration));
        }
        return running;
    }

    private static Object outcome(Future<?> migration) {
        return migration.state() == Future.State.FAILED ? migration.exceptionNow() : migration.resultNow();
    }

    /** Starts the source anew; a daemon that should have ended and did not goes first. */
    private static void startSource() {
        if (cluster.bed().daemon(SOURCE).isPresent()) {
            cluster.bed().kill(SOURCE);
        }
        cluster.bed().start(SOURCE);
        awaitState(SOURCE, true);
    }

    private static boolean migrate(Program running, int node) {
        try {
            cluster.migrate(running.pid(), node);
            return true;
        } catch (ControlException refused) {
            return false;
        }
    }

    /** Where it depends on which message came first, it is somewhere. */
    private static void assertAtItsPlace(Program running, FaultPoint point, Set<FaultPoint> undecided) {
        if (undecided.contains(point)) {
            assertThat(place(running)).isNotNegative();
        } else {
            assertThat(place(running)).isEqualTo(point == FaultPoint.RUNNING ? TARGET : SOURCE);
        }
    }

    /** Tells whether the process, or a proxy of it, is on a node. */
    private static boolean exists(Program running, int node) {
        return cluster.run(node, "test", "-e", "/proc/.local/" + running.pid()).exit() == 0;
    }

    /** The process is gone, or it writes on. */
    private boolean settled(Program running) {
        long laps = ledger.laps();
        return place(running) < 0
                || await().atMost(PATIENCE).until(() -> place(running) < 0 || ledger.laps() > laps + 3, done -> done);
    }

    private void endWhole(Program running) throws IOException {
        boolean alive = place(running) >= 0;
        ledger.end();
        await().atMost(PATIENCE).until(() -> place(running) < 0);
        ledger.assertWhole();
        if (alive) {
            assertThat(running.output()).isEqualTo("laps " + ledger.laps() + "\n");
        }
    }

    /** Returns the only node where the process lives as the witness sees it, or -1. */
    private static int place(Program running) {
        var rows = cluster.ps(WITNESS).stream()
                .filter(row -> row.pid() == running.pid() && row.state() != 'Z')
                .map(ProcessRow::node)
                .toList();
        assertThat(rows).hasSizeLessThanOrEqualTo(1);
        return rows.isEmpty() ? -1 : rows.getFirst().value();
    }

    private static void awaitState(int node, boolean online) {
        await().atMost(PATIENCE)
                .until(() -> cluster.nodeStates(WITNESS).stream()
                                .anyMatch(line ->
                                        line.node().equals(NodeId.of(node)) && line.state() == NodeLine.State.ONLINE)
                        == online);
    }
}
