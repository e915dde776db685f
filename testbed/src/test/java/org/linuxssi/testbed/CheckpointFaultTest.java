package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.linuxssi.checkpoint.Phase;
import org.linuxssi.control.ProcessRow;

/** Errors and the death of the daemon in the middle of checkpoints and restarts: nothing is lost, nothing is left halfway. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CheckpointFaultTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int NODE = 0;

    @TempDir
    static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static Cluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Prompt prompt;

    @SuppressWarnings("NullAway.Init")
    private static Path program;

    private static int runs;

    private final Ledger ledger = Ledger.in(directory, ++runs);
    private int application;

    @BeforeAll
    static void start() throws IOException {
        program = Programs.compileC("ledger", directory);
        cluster = TestBedExtension.ownCluster(CheckpointFaultTest.class, 2, HoldingHook.option(directory));
        prompt = new Prompt(cluster.bed().directory());
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private void startApplication() {
        String command = String.join(" ", ledger.command(program).argv());
        application = new SavedApplications(prompt).start(directory.resolve("output" + runs), "env -- " + command);
        awaitProgress();
    }

    private void awaitProgress() {
        long laps = ledger.laps();
        await().atMost(PATIENCE).until(() -> ledger.laps() > laps);
    }

    private boolean runs() {
        return cluster.ps(1).stream().mapToInt(ProcessRow::pid).anyMatch(pid -> pid == application);
    }

    private void endWhole() {
        ledger.end();
        await().atMost(PATIENCE).until(() -> !runs());
        ledger.assertWhole();
    }

    private static void daemonIsReplaced() {
        cluster.bed().crash(NODE);
        cluster.bed().start(NODE);
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krgadm nodes --on 1").output().contains("0:online"));
    }

    private void saveAndEnd() {
        assertThat(prompt.type("checkpoint -kKILL " + application).messages()).isEmpty();
        await().atMost(PATIENCE).until(() -> !runs());
    }

    private List<Path> versions() throws IOException {
        try (var files = java.nio.file.Files.list(
                cluster.bed().directory().checkpoints().resolve(Integer.toString(application)))) {
            return files.toList();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LOOKED", "FROZEN", "IMAGED", "WRITTEN"})
    void anErrorLeavesTheApplicationAsItWas(Phase phase) throws IOException {
        startApplication();
        HoldingHook.failAt(directory, phase);
        Result failed = prompt.type("checkpoint " + application);
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.messages()).contains("No space left on device; it runs on (");
        awaitProgress();
        assertThat(prompt.type("checkpoint " + application).output()).contains("Version: 1\n");
        assertThat(versions()).hasSize(1);
        awaitProgress();
        endWhole();
    }

    @ParameterizedTest
    @EnumSource(names = {"LOOKED", "FROZEN", "IMAGED", "WRITTEN"})
    void theApplicationLivesOnWhenItsDaemonDies(Phase phase) throws IOException {
        startApplication();
        HoldingHook.arm(directory, phase);
        CompletableFuture<Result> checkpoint =
                CompletableFuture.supplyAsync(() -> prompt.type("checkpoint " + application));
        await().atMost(PATIENCE).until(() -> HoldingHook.reached(directory, phase));
        daemonIsReplaced();
        assertThat(checkpoint.join().exit()).isEqualTo(1);
        awaitProgress();
        assertThat(prompt.type("checkpoint " + application).output()).contains("Version: 1\n");
        assertThat(versions()).hasSize(1);
        endWhole();
    }

    @ParameterizedTest
    @EnumSource(names = {"PREPARED", "BUILT", "HELD"})
    void anErrorLeavesNothingOfARestart(Phase phase) throws IOException {
        startApplication();
        saveAndEnd();
        Leaks before = cluster.leaks();
        HoldingHook.failAt(directory, phase);
        Result failed = prompt.type("restart " + application + " 1");
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.messages()).contains("is not started: No space left on device (");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.leaksSince(before)).isEmpty());
        restartAndEnd();
    }

    @ParameterizedTest
    @EnumSource(names = {"PREPARED", "BUILT", "HELD"})
    void nothingRunsWhenTheDaemonDiesBeforeItIsDecided(Phase phase) throws IOException {
        startApplication();
        saveAndEnd();
        long laps = ledger.laps();
        dieAt(phase);
        await().atMost(PATIENCE).until(() -> !runs());
        assertThat(ledger.laps()).isEqualTo(laps);
        await().atMost(PATIENCE).untilAsserted(this::restartAndEnd);
    }

    @ParameterizedTest
    @EnumSource(names = "DECIDED")
    void allRunWhenTheDaemonDiesOnceItIsDecided(Phase phase) throws IOException {
        startApplication();
        saveAndEnd();
        dieAt(phase);
        awaitProgress();
        endWhole();
    }

    private void dieAt(Phase phase) throws IOException {
        HoldingHook.arm(directory, phase);
        CompletableFuture<Result> restart =
                CompletableFuture.supplyAsync(() -> prompt.type("restart " + application + " 1"));
        await().atMost(PATIENCE).until(() -> HoldingHook.reached(directory, phase));
        daemonIsReplaced();
        assertThat(restart.join().exit()).isEqualTo(1);
    }

    private void restartAndEnd() {
        assertThat(prompt.type("restart " + application + " 1")).isEqualTo(new Result(0, "", ""));
        awaitProgress();
        endWhole();
    }
}
