package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.control.ProcessRow;

/** Unmodified tools on one node see and signal the processes of all. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterViewTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int SIGKILL = 9;

    @TempDir
    Path directory;

    private final Cluster cluster;
    private final List<Program> programs = new ArrayList<>();

    ClusterViewTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @AfterEach
    void endPrograms() {
        for (Program program : programs) {
            if (program.running()) {
                cluster.signal(0, program.pid(), SIGKILL);
            }
            program.close();
        }
    }

    @Test
    void pidsTellTheNodeThatGaveThem() {
        for (int node = 0; node < cluster.nodes(); node++) {
            assertThat(start(node, "sleep", "4001").pid() >> 14).isEqualTo(node);
        }
    }

    @Test
    void psTopAndPgrepShowEveryNodesProcesses() {
        List<String> pids = new ArrayList<>();
        for (int node = 0; node < cluster.nodes(); node++) {
            pids.add(Integer.toString(start(node, "sleep", "4002").pid()));
        }
        for (int node = 0; node < cluster.nodes(); node++) {
            assertThat(words(cluster.run(node, "ps", "-e", "-o", "pid"))).containsAll(pids);
            assertThat(words(cluster.run(node, "top", "-b", "-n", "1"))).containsAll(pids);
            assertThat(words(cluster.run(node, "pgrep", "-f", "^sleep 4002"))).containsExactlyElementsOf(pids);
            assertThat(words(cluster.run(node, "pidof", "sleep"))).containsAll(pids);
        }
    }

    @Test
    void theInitOfTheClusterIsListedOnceByItsName() {
        assertThat(cluster.ps(1).stream().filter(row -> row.pid() == 1).map(ProcessRow::command))
                .containsExactly("linuxssi-init");
        assertThat(cluster.run(2, "ps", "-o", "comm=,args=", "-p", "1").output().split("\\s+"))
                .containsExactly("linuxssi-init", "linuxssi-init");
    }

    @Test
    void nprocAndGetconfCountTheProcessorsOfAllNodes() {
        String all = cluster.run(1, "nproc", "--all").output();
        assertThat(Integer.parseInt(all.strip()))
                .isEqualTo(cluster.nodes() * Runtime.getRuntime().availableProcessors());
        assertThat(cluster.run(1, "nproc").output()).isEqualTo(all);
        assertThat(cluster.run(2, "getconf", "_NPROCESSORS_ONLN").output()).isEqualTo(all);
    }

    @Test
    void aMovedProcessKeepsItsPidAndIsListedOnce() {
        Program program = start(0, "sleep", "4003");
        for (int node : new int[] {1, 2, 0, 2}) {
            cluster.migrate(program.pid(), node);
            assertThat(cluster.where(program.pid())).contains(node);
            Result listed = cluster.run(1, "pgrep", "-f", "^sleep 4003");
            assertThat(listed.output()).isEqualTo(program.pid() + "\n");
        }
    }

    @Test
    void processorTimeAndAgeGoOnAfterMoves() {
        String burn = "import time\nwhile time.process_time() < 1.2: pass\ntime.sleep(4009)";
        Program program = start(0, "python3", "-c", burn);
        await().atMost(PATIENCE).until(() -> times(0, program)[0] >= 1);
        long[] before = times(0, program);
        long start = row(program).startMillis();
        for (int node : new int[] {1, 2, 0}) {
            cluster.migrate(program.pid(), node);
            for (int looks = 0; looks < cluster.nodes(); looks++) {
                long[] now = times(looks, program);
                assertThat(now[0]).isBetween(before[0], before[0] + 2);
                assertThat(now[1]).isGreaterThanOrEqualTo(before[1] - 1);
                before[1] = Math.max(now[1], before[1]);
            }
            ProcessRow now = row(program);
            assertThat(now.node().value()).isEqualTo(node);
            assertThat(now.cpuMillis()).isBetween(1000L, 3000L);
            assertThat(now.startMillis()).isCloseTo(start, within(100L));
        }
    }

    /** Seconds of processor time, and seconds since the start, which may be one off between nodes. */
    private long[] times(int node, Program program) {
        String pid = Integer.toString(program.pid());
        return words(cluster.run(node, "ps", "-o", "cputimes=,etimes=", "-p", pid)).stream()
                .mapToLong(Long::parseLong)
                .toArray();
    }

    private ProcessRow row(Program program) {
        return cluster.ps(1).stream()
                .filter(row -> row.pid() == program.pid())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void killReachesAProcessOnAnotherNodeAlsoAfterItMoved() {
        Program stays = start(0, "sleep", "4004");
        Program moves = start(1, "sleep", "4004");
        cluster.migrate(moves.pid(), 0);
        assertThat(cluster.run(2, "kill", "-TERM", Integer.toString(stays.pid()))
                        .exit())
                .isZero();
        assertThat(cluster.run(2, "kill", "-KILL", Integer.toString(moves.pid()))
                        .exit())
                .isZero();
        assertThat(stays.await(PATIENCE).exit()).isEqualTo(128 + 15);
        assertThat(moves.await(PATIENCE).exit()).isEqualTo(128 + 9);
        assertThat(cluster.run(2, "kill", "-0", Integer.toString(moves.pid())).exit())
                .isEqualTo(1);
    }

    @Test
    void pkillEndsProcessesOfAllNodes() {
        for (int node = 0; node < cluster.nodes(); node++) {
            start(node, "sleep", "4005");
        }
        assertThat(cluster.run(1, "pkill", "-INT", "-f", "^sleep 4005").exit()).isZero();
        for (Program program : programs) {
            assertThat(program.await(PATIENCE).exit()).isEqualTo(128 + 2);
        }
    }

    @Test
    void stopAndContinueFromAnotherNode() {
        Program program = start(0, "sleep", "4006");
        cluster.migrate(program.pid(), 1);
        String pid = Integer.toString(program.pid());
        assertThat(cluster.run(2, "kill", "-STOP", pid).exit()).isZero();
        await().until(() ->
                cluster.run(2, "ps", "-o", "state=", "-p", pid).output().strip().equals("T"));
        assertThat(cluster.run(0, "kill", "-CONT", pid).exit()).isZero();
        await().until(() ->
                cluster.run(0, "ps", "-o", "state=", "-p", pid).output().strip().equals("S"));
    }

    @Test
    void aShellWaitsForAChildThatMovedAndWasKilledFromElsewhere() {
        Program shell = start(0, "bash", "-c", "sleep 4007 & wait $!; echo status $?");
        int child = awaitChild(shell);
        cluster.migrate(child, 1);
        assertThat(cluster.run(2, "kill", "-SEGV", Integer.toString(child)).exit())
                .isZero();
        Result result = shell.await(PATIENCE);
        assertThat(result.output()).isEqualTo("status 139\n");
    }

    @Test
    void aParentThatMovedWaitsForAChildThatStayed() {
        Program shell = start(0, "bash", "-c", "sleep 4008; echo status $?; exit 3");
        int child = awaitChild(shell);
        cluster.migrate(shell.pid(), 2);
        assertThat(cluster.run(1, "kill", "-TERM", Integer.toString(child)).exit())
                .isZero();
        Result result = shell.await(PATIENCE);
        assertThat(result.output()).isEqualTo("status 143\n");
        assertThat(result.exit()).isEqualTo(3);
    }

    @Test
    void aTerminalsJobsAreControlledWhereverTheyLive() throws IOException {
        Path driver = Programs.source("jobs.py", directory);
        Path moved = directory.resolve("moved");
        Program terminal = start(0, "/usr/bin/python3", driver.toString(), moved.toString());
        await().until(() -> find("sleep 4999").isPresent());
        cluster.migrate(find("sleep 4999").orElseThrow().pid(), 1);
        Files.createFile(moved);
        assertThat(terminal.await(Duration.ofSeconds(40)).output()).isEqualTo("jobs ok\n");
    }

    @Test
    void nodesHaveTheirOwnNodeDirectoryAndShareTheRest() {
        Path shared = directory.resolve("shared");
        cluster.run(0, "sh", "-c", "echo zero >/node/name; echo zero >" + shared);
        assertThat(cluster.run(1, "cat", "/node/name").exit()).isEqualTo(1);
        assertThat(cluster.run(1, "cat", shared.toString()).output()).isEqualTo("zero\n");
    }

    @Test
    void programsCanLookUpTheirHostName() {
        String program = "import socket; print(socket.gethostbyname(socket.gethostname()))";
        for (int node = 0; node < cluster.nodes(); node++) {
            assertThat(cluster.run(node, "/usr/bin/python3", "-c", program).output())
                    .isEqualTo(Wiring.address(node).getHostAddress() + "\n");
            assertThat(cluster.run(node, "stat", "-c", "%A", "/etc/hosts").output())
                    .isEqualTo("-rw-r--r--\n");
        }
    }

    private Program start(int node, String... argv) {
        Program program = cluster.start(node, Command.of(argv));
        programs.add(program);
        return program;
    }

    private int awaitChild(Program parent) {
        return await().until(
                        () -> cluster.ps(0).stream()
                                .filter(row -> row.parent() == parent.pid())
                                .filter(row -> row.command().startsWith("sleep"))
                                .findFirst(),
                        java.util.Optional::isPresent)
                .orElseThrow()
                .pid();
    }

    private java.util.Optional<ProcessRow> find(String command) {
        return cluster.ps(0).stream()
                .filter(row -> row.command().equals(command))
                .findFirst();
    }

    private static List<String> words(Result result) {
        assertThat(result.exit()).describedAs(result.messages()).isZero();
        return List.of(result.output().strip().split("\\s+"));
    }
}
