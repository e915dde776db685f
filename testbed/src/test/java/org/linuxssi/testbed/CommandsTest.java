package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What people type to real nodes, and what they see: output, errors and exit status. The last test stops the cluster. */
@ExtendWith(TestBedExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class CommandsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int NODES = 3;
    private static final int NEVER_STARTED = 2 << 14 | 16000;

    @SuppressWarnings("NullAway.Init")
    private static Cluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Prompt prompt;

    @SuppressWarnings("NullAway.Init")
    private Program program;

    @BeforeAll
    static void start() {
        cluster = TestBedExtension.ownCluster(CommandsTest.class, NODES);
        prompt = new Prompt(cluster.bed().directory());
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void startProgram() {
        program = cluster.start(0, Command.of("sleep", "4321"));
    }

    @AfterEach
    void endProgram() {
        program.close();
    }

    @Test
    @Order(1)
    void whatCannotMoveIsRefusedWithItsReasonAndNothingChanges() {
        int pid = program.pid();
        for (int node = 0; node < NODES; node++) {
            String on = " --on " + node;
            prompt.refuses("migrate 4000000 1" + on, "migrate: pid 4000000 does not exist (ESRCH)");
            prompt.refuses(
                    "migrate " + NEVER_STARTED + " 2" + on,
                    "migrate: pid " + NEVER_STARTED + " does not exist (ESRCH)");
            prompt.refuses("migrate 1 1" + on, "migrate: pid 1 cannot be that of a program (EINVAL)");
            prompt.refuses("migrate -1 1" + on, "migrate: pid -1 cannot be that of a program (EINVAL)");
            prompt.refuses(
                    "krg migrate " + pid + " 9" + on,
                    "krg migrate: node 9 is not online: see krgadm nodes status (ENONET)");
            prompt.refuses("migrate " + pid + " 0" + on, "migrate: pid " + pid + " lives on node 0 already (EALREADY)");
        }
        prompt.refuses("krg run -n 9 true", "krg run: node 9 is not online: see krgadm nodes status (ENONET)");
        prompt.refuses("krg ps -n 9", "krg ps: node 9 is not online: see krgadm nodes status (ENONET)");
        for (String wrong : List.of("migrate " + pid, "migrate x 1", "migrate " + pid + " 256")) {
            assertThat(prompt.type(wrong).exit()).describedAs(wrong).isEqualTo(2);
        }
        assertThat(cluster.where(pid)).contains(0);
        assertThat(prompt.type("krg events -l 100").output()).doesNotContain("pid " + pid + " ");
    }

    @Test
    @Order(2)
    void aProcessThatDoesNotExistIsSaidSo() {
        prompt.refuses("krg enter 4000000", "krg enter: pid 4000000 does not exist (ESRCH)");
        prompt.refuses("krg enter " + NEVER_STARTED, "krg enter: pid " + NEVER_STARTED + " does not exist (ESRCH)");
        for (int pid : List.of(4194304, Integer.MAX_VALUE)) {
            prompt.refuses("migrate " + pid + " 1", "migrate: pid " + pid + " does not exist (ESRCH)");
            prompt.refuses("krg enter " + pid, "krg enter: pid " + pid + " does not exist (ESRCH)");
            prompt.refuses(
                    "krg signal TERM " + pid, "krg signal: signal 15 to process " + pid + ": No such process (ESRCH)");
        }
        prompt.refuses("krg enter -- -5", "krg enter: pid -5 does not exist (ESRCH)");
        assertThat(prompt.type("krg ps 4000000"))
                .isEqualTo(new Result(1, "", "krg ps: pid 4000000 does not exist (ESRCH)\n"));
    }

    @Test
    @Order(3)
    void toolsShowTheMachineOfAllNodes() throws IOException {
        cluster.migrate(program.pid(), 2);
        String moved = "migration: pid " + program.pid() + " from node 0 to node 2";
        for (int node = 0; node < NODES; node++) {
            String events = "krg events -l 100 --on " + node;
            await().untilAsserted(() -> assertThat(prompt.type(events).output()).contains(moved));
        }
        assertThat(cluster.run(1, "pstree", "-p", "-A").output()).contains("sleep(" + program.pid() + ")");
        assertThat(cluster.run(1, "pgrep", "-f", "^sleep 4321").output()).isEqualTo(program.pid() + "\n");
        assertThat(cluster.run(1, "pidof", "sleep").output().split("\\s+")).contains(Integer.toString(program.pid()));
        long one = Files.readString(Path.of("/proc/meminfo"))
                .lines()
                .filter(line -> line.startsWith("MemTotal:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
        assertThat(cluster.run(1, "free", "-k").output()).containsPattern("Mem: +" + NODES * one + " ");
        assertThat(cluster.run(1, "sysctl", "-n", "kernel.pid_max")).isEqualTo(new Result(0, "4194304\n", ""));
        assertThat(cluster.run(1, "cat", "/proc/self/coredump_filter").output())
                .isEqualTo(Files.readString(Path.of("/proc/1/coredump_filter")));
        assertThat(cluster.run(1, "uptime").output()).containsPattern(" up .*load average: [0-9]");
        assertThat(cluster.run(1, "lscpu").output())
                .containsPattern(
                        "(?m)^CPU\\(s\\): +" + NODES * Runtime.getRuntime().availableProcessors() + "$");
        assertThat(cluster.run(1, "killall", "-w", "-KILL", "sleep-named-so"))
                .isEqualTo(new Result(1, "", "sleep-named-so: no process found\n"));
        assertThat(cluster.run(1, "killall", "-0", "sleep")).isEqualTo(new Result(0, "", ""));
        assertThat(cluster.run(1, "pkill", "-f", "^sleep 4321").exit()).isZero();
        assertThat(program.await(PATIENCE).exit()).isEqualTo(128 + 15);
    }

    @Test
    @Order(4)
    void statesAreShown() {
        prompt.types("krgadm cluster", "status: up on 3 nodes\n");
        prompt.types("krgadm cluster wait_start", "status: up on 3 nodes\n");
        for (String form : List.of("nodes", "nodes status", "nodes -a", "nodes status --all", "nodes -n 0-2")) {
            prompt.types("krgadm " + form, "0:online\n1:online\n2:online\n");
        }
        prompt.types("krgadm nodes status -n 1,5", "1:online\n5:offline\n");
        assertThat(prompt.type("krgadm cluster start").messages())
                .contains("the cluster runs already")
                .contains("EALREADY");
    }

    @Test
    @Order(4)
    void theDemonstrationNeedsThreeNodes() {
        Result result = prompt.typeAsIs("krg testbed demo --nodes 2");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.messages()).contains("needs 3 nodes or more").hasLineCount(1);
    }

    /** The test bed's own commands ask no daemon. */
    @Test
    @Order(4)
    void aNodeIsNotNamedWhereNoDaemonIsAsked() {
        for (String line : List.of("krg --on 1 testbed status", "krg testbed exec 0 true --on 1")) {
            Result result = prompt.type(line);
            assertThat(result.exit()).describedAs(line).isEqualTo(2);
            assertThat(result.messages()).contains("asks no daemon").hasLineCount(1);
        }
    }

    @Test
    @Order(5)
    void nodesThatCannotBeChangedAreRefusedWithTheirReason() {
        prompt.refuses(
                "krgadm nodes del -n 0",
                "krgadm nodes del: node 0 is the one you are on: run krgadm on a node that stays (EPERM)");
        prompt.refuses(
                "krgadm nodes del -n 1,7",
                "krgadm nodes del: node 7 is offline; those that fit: 1-2: see krgadm nodes status (EINVAL)");
        prompt.refuses(
                "krgadm nodes del -c 3", "krgadm nodes del: 3 nodes asked for, but only 1-2 can be used (EINVAL)");
        prompt.refuses(
                "krgadm nodes del -t 3",
                "krgadm nodes del: the cluster has 3 nodes: the total of 3 has to be less (EINVAL)");
        prompt.refuses(
                "krgadm nodes add -n 7",
                "krgadm nodes add: node 7 is offline; there is no node that fits: see krgadm nodes status (EINVAL)");
        prompt.refuses(
                "krgadm nodes add -t 1",
                "krgadm nodes add: the cluster has 3 nodes: the total of 1 has to be more (EINVAL)");
        prompt.refuses("krgadm nodes add -c 1", "krgadm nodes add: 1 nodes asked for, but none can be used (EINVAL)");
        prompt.types("krgadm nodes", "0:online\n1:online\n2:online\n");
    }

    @Test
    @Order(6)
    void nodesAreRemovedAndAddedByEveryForm() {
        cluster.migrate(program.pid(), 2);
        change(
                "del -n 2",
                "moving everything away from 2\nRemoving nodes [2]... done\n",
                "0:online\n1:online\n2:present\n");
        assertThat(cluster.where(program.pid()).orElseThrow()).isLessThan(2);
        assertThat(prompt.type("migrate " + program.pid() + " 2").messages())
                .contains("node 2 is not online", "ENONET");
        change("add -n 2", "adding 2\nAdding nodes [2]... done\n", "0:online\n1:online\n2:online\n");
        change(
                "del -c 1",
                "moving everything away from 1\nRemoving nodes [1]... done\n",
                "0:online\n1:present\n2:online\n");
        change("add -c 1", "adding 1\nAdding nodes [1]... done\n", "0:online\n1:online\n2:online\n");
        change(
                "del -t 1",
                "moving everything away from 1-2\nRemoving nodes [1,2]... done\n",
                "0:online\n1:present\n2:present\n");
        change("add -t 2", "adding 1\nAdding nodes [1]... done\n", "0:online\n1:online\n2:present\n");
        change("add -a", "adding 2\nAdding nodes [2]... done\n", "0:online\n1:online\n2:online\n");
        change(
                "del -a",
                "moving everything away from 1-2\nRemoving nodes [1,2]... done\n",
                "0:online\n1:present\n2:present\n");
        change("add -a", "adding 1-2\nAdding nodes [1,2]... done\n", "0:online\n1:online\n2:online\n");
        assertThat(cluster.where(program.pid())).contains(0);
    }

    private static void change(String form, String output, String states) {
        prompt.types("krgadm nodes " + form, output);
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krgadm nodes").output().equals(states));
    }

    @Test
    @Order(7)
    void aNodeThatDoesNotAnswerIsMissingFromTheListAndNamed() {
        cluster.bed().pause(1);
        try {
            Result listed = prompt.type("krg ps");
            assertThat(listed.output()).contains("sleep 4321");
            assertThat(listed.messages())
                    .isEqualTo("krg ps: node 1 did not answer, what runs there is not listed: see krgadm nodes status"
                            + " (EAGAIN)\n");
            assertThat(listed.exit()).isEqualTo(1);
        } finally {
            cluster.bed().resume(1);
        }
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krgadm nodes").output().equals("0:online\n1:online\n2:online\n"));
    }

    @Test
    @Order(8)
    void theSmallerPartOfACutClusterTellsAnError() {
        cluster.bed().cut(new NodePair(0, 2));
        cluster.bed().cut(new NodePair(1, 2));
        try {
            await().atMost(PATIENCE)
                    .until(() -> prompt.type("krgadm cluster --on 2").equals(new Result(1, "status: error\n", "")));
            await().atMost(PATIENCE)
                    .until(() -> prompt.type("krgadm cluster").equals(new Result(0, "status: up on 2 nodes\n", "")));
        } finally {
            cluster.bed().heal();
        }
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krgadm cluster --on 2").output().equals("status: up on 3 nodes\n"));
    }

    @Test
    @Order(9)
    void aStoppedClusterEndsItsProgramsAndDaemons() {
        prompt.types("krgadm cluster stop", "Stopping cluster... done\n");
        for (int node = 0; node < NODES; node++) {
            int ended = node;
            await().atMost(PATIENCE).until(() -> cluster.bed().processes(ended).isEmpty());
        }
        Result status = prompt.type("krgadm cluster");
        assertThat(status.messages()).startsWith("krgadm cluster: LinuxSSI is not running");
        assertThat(status.exit()).isEqualTo(1);
    }
}
