package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply.NodeLine;
import org.linuxssi.tools.NodeId;

/** A daemon dies by SIGKILL while programs run, and the next one takes over; or its whole node begins anew. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class DaemonRestartTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SIGTERM = 15;
    private static final int HURT = 1;

    @TempDir
    static Path directory;

    private static Cluster cluster;
    private static Path ledgerProgram;
    private static int runs;

    private final Ledger ledger = Ledger.in(directory, runs++);

    @BeforeAll
    static void start() throws IOException {
        ledgerProgram = Programs.compileC("ledger", directory);
        cluster = TestBedExtension.ownCluster(DaemonRestartTest.class, 3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void programsLiveOnAndAreKilledWaitedForAndMovedUnderTheNextDaemon() {
        try (Program program = cluster.start(HURT, ledger.command(ledgerProgram));
                Program shell = shell("sleep 1000; echo slept $?")) {
            int sleeper = child(shell.pid());
            awaitProgress();
            restartDaemon();
            awaitProgress();
            assertThat(cluster.where(program.pid())).contains(HURT);
            cluster.signal(0, sleeper, SIGTERM);
            await().atMost(PATIENCE).until(() -> shell.output().equals("slept 143\n"));
            cluster.migrate(program.pid(), 2);
            awaitProgress();
            cluster.migrate(program.pid(), HURT);
            endsWhole(program);
        }
    }

    @Test
    void aRunByTheDeadDaemonEndsWithAnError() {
        try (Program program = cluster.start(HURT, ledger.command(ledgerProgram))) {
            cluster.bed().crash(HURT);
            assertThatThrownBy(() -> program.await(PATIENCE))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("the daemon ended");
        } finally {
            ledger.end();
            cluster.bed().start(HURT);
            awaitOnline();
        }
    }

    @Test
    void aPipelineLivesOn() throws IOException {
        Path counted = directory.resolve("counted");
        try (Program shell = shell("i=0; while [ ! -e " + ledger.stop() + " ]; do i=$((i+1)); echo $i; sleep 0.02; done"
                + " | cat >" + counted + "; echo done")) {
            await().atMost(PATIENCE).until(() -> Files.exists(counted) && Files.size(counted) > 0);
            restartDaemon();
            long before = Files.size(counted);
            await().atMost(PATIENCE).until(() -> Files.size(counted) > before);
            ledger.end();
            await().atMost(PATIENCE).until(() -> shell.output().equals("done\n"));
            new Ledger(counted, ledger.stop()).assertWhole();
        }
    }

    @Test
    void procIsServedToProgramsOldAndNew() throws IOException {
        Path seen = directory.resolve("seen");
        try (Program shell =
                shell("while [ ! -e " + ledger.stop() + " ]; do read pid rest </proc/self/stat && echo $pid"
                        + "; sleep 0.02; done >" + seen + "; echo done")) {
            await().atMost(PATIENCE).until(() -> Files.exists(seen) && Files.size(seen) > 0);
            restartDaemon();
            long before = Files.size(seen);
            await().atMost(PATIENCE).until(() -> Files.size(seen) > before);
            for (int node = 0; node < cluster.nodes(); node++) {
                assertThat(cluster.run(node, "ps", "-e", "-o", "pid=").output().lines())
                        .describedAs("ps on node %d", node)
                        .anyMatch(line -> line.strip().equals(Integer.toString(shell.pid())));
            }
            ledger.end();
            await().atMost(PATIENCE).until(() -> shell.output().equals("done\n"));
            assertThat(Files.readAllLines(seen)).containsOnly(Integer.toString(shell.pid()));
        }
    }

    @Test
    void aProgramThatCameFromElsewhereLivesOnAndItsParentHearsOfItsEnd() {
        try (Program shell = cluster.start(0, Command.of("sh", "-c", parentOfLedger()))) {
            awaitProgress();
            int child = child(shell.pid());
            cluster.migrate(child, HURT);
            awaitProgress();
            restartDaemon();
            awaitProgress();
            assertThat(cluster.where(child)).contains(HURT);
            cluster.migrate(child, 2);
            awaitProgress();
            cluster.migrate(child, HURT);
            ledger.end();
            assertThat(shell.await(PATIENCE)).isEqualTo(new Result(0, "laps " + ledger.laps() + "\nended 0\n", ""));
            ledger.assertWhole();
        }
    }

    @Test
    void theParentOfAProgramThatWentElsewhereHearsOfItsEnd() {
        try (Program shell = shell(parentOfLedger())) {
            awaitProgress();
            int child = child(shell.pid());
            cluster.migrate(child, 2);
            awaitProgress();
            restartDaemon();
            awaitProgress();
            assertThat(cluster.where(child)).contains(2);
            cluster.migrate(child, HURT);
            awaitProgress();
            cluster.migrate(child, 0);
            ledger.end();
            await().atMost(PATIENCE).until(() -> shell.output().equals("laps " + ledger.laps() + "\nended 0\n"));
            ledger.assertWhole();
        }
    }

    @Test
    void aProgramOfADaemonThatDoesNotComeBackIsGivenUp() {
        try (Program shell = cluster.start(0, Command.of("sh", "-c", "sleep 1000; echo slept $?"))) {
            cluster.migrate(child(shell.pid()), HURT);
            cluster.bed().crash(HURT);
            assertThat(shell.await(PATIENCE).output()).isEqualTo("slept 137\n");
            cluster.bed().start(HURT);
            awaitOnline();
            await().atMost(PATIENCE).until(() -> cluster.ps(HURT).stream()
                    .noneMatch(row -> row.command().startsWith("sleep 1000")));
        }
    }

    @Test
    void aNodeThatLostItsPowerComesBackAndIsMovedTo() {
        try (Program shell =
                cluster.start(0, Command.of("sh", "-c", "sleep 1000; echo slept $?; " + parentOfLedger()))) {
            cluster.migrate(child(shell.pid()), HURT);
            cluster.bed().kill(HURT);
            cluster.bed().start(HURT);
            awaitOnline();
            await().atMost(PATIENCE).until(() -> shell.output().equals("slept 137\n"));
            awaitProgress();
            cluster.migrate(child(shell.pid()), HURT);
            awaitProgress();
            ledger.end();
            assertThat(shell.await(PATIENCE).output()).endsWith("ended 0\n");
            ledger.assertWhole();
        }
    }

    private static Program shell(String script) {
        return cluster.start(HURT, Command.of("sh", "-c", script));
    }

    private String parentOfLedger() {
        return ledgerProgram + " " + ledger.file() + " " + ledger.stop() + "; echo ended $?";
    }

    private static void restartDaemon() {
        cluster.bed().crash(HURT);
        cluster.bed().start(HURT);
        awaitOnline();
    }

    private static void awaitOnline() {
        await().atMost(PATIENCE).until(() -> cluster.nodeStates(0).stream()
                .anyMatch(line -> line.node().equals(NodeId.of(HURT)) && line.state() == NodeLine.State.ONLINE));
    }

    private static int child(int parent) {
        return await().atMost(PATIENCE)
                .until(
                        () -> cluster.ps(0).stream()
                                .filter(row -> row.parent() == parent)
                                .map(ProcessRow::pid)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private void awaitProgress() {
        long laps = ledger.laps();
        await().atMost(PATIENCE).until(() -> ledger.laps() > laps);
    }

    private void endsWhole(Program program) {
        ledger.end();
        await().atMost(PATIENCE).until(() -> program.output().equals("laps " + ledger.laps() + "\n"));
        ledger.assertWhole();
    }
}
