package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.NotRunningException;
import org.linuxssi.control.Request;

/** Daemons that run without a cluster, until somebody starts it or enough of them are there. */
@ExtendWith(TestBedExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class StartingClusterTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration A_WHILE = Duration.ofSeconds(2);

    /** The name of a daemon's thread that works on a request. */
    private static final String WORKER = "control";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static TestBed bed;

    @SuppressWarnings("NullAway.Init")
    private static Prompt prompt;

    private static boolean autostart;

    /** The daemons do not start the cluster, though both nodes that it is to have are there. */
    @BeforeAll
    static void start() {
        bed = TestBedExtension.ownBed(
                StartingClusterTest.class, StartingClusterTest::daemon, StartingClusterTest::answers);
        prompt = new Prompt(bed.directory());
        bed.down();
        bed.up(2);
        awaitBothPresent();
    }

    @AfterAll
    static void stop() {
        bed.down();
    }

    private static void awaitBothPresent() {
        await().atMost(PATIENCE).until(() -> Stream.of(0, 1)
                .allMatch(node ->
                        prompt.type("krgadm nodes --on " + node).output().equals("0:present\n1:present\n")));
    }

    private static List<String> daemon(int node, Path config) {
        DaemonCommand usual = DaemonCommand.of(System.getenv());
        if (autostart) {
            return usual.argv(node, config);
        }
        try {
            Path manual = directory.resolve("node" + node + ".toml");
            Files.writeString(manual, Files.readString(config).replace("autostart = true", "autostart = false"));
            return usual.argv(node, manual);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static String answers(Path control, int expected) {
        try {
            ControlClient.ask(control, new Request.ClusterStatus());
            return "";
        } catch (NotRunningException notYet) {
            return "no daemon answers";
        }
    }

    @Test
    @Order(1)
    void nothingButStartingItCanBeAskedOfAClusterThatIsDown() {
        prompt.types("krgadm cluster", "status: down\n");
        prompt.types("krgadm nodes", "0:present\n1:present\n");
        String down = "the cluster is down: run krgadm cluster start (ENONET)";
        prompt.refuses("krgadm nodes add -a", "krgadm nodes add: " + down);
        prompt.refuses("krgadm nodes del -c 1", "krgadm nodes del: " + down);
        prompt.refuses("krg run true", "krg run: " + down);
        prompt.refuses("krg shell", "krg shell: " + down);
        prompt.refuses("migrate 20000 1", "migrate: " + down);
        startRefused("-n 1,7", "node 7 is offline; those that fit: 0-1: see krgadm nodes status (EINVAL)");
        startRefused(
                "-n 1",
                "node 0, which you are on, has to be among the nodes: add it, or run krgadm on one of them (EINVAL)");
        prompt.types("krgadm cluster", "status: down\n");
    }

    private static void startRefused(String nodes, String reason) {
        assertThat(prompt.type("krgadm cluster start " + nodes))
                .isEqualTo(new Result(1, "Starting cluster... failed\n", "krgadm cluster start: " + reason + "\n"));
    }

    @Test
    @Order(2)
    void whoDoesNotWaitAnyLongerIsForgotten() {
        await().atMost(PATIENCE).until(() -> requests(0) == 0);
        try (ControlClient client = ControlClient.connect(bed.control(0))) {
            client.send(new Request.ClusterWaitStart(), List.of());
            await().during(A_WHILE).atMost(PATIENCE).until(() -> requests(0) == 1);
        }
        await().atMost(PATIENCE).until(() -> requests(0) == 0);
        prompt.types("krgadm cluster", "status: down\n");
    }

    @Test
    @Order(3)
    void aClusterStartsWithTheNodesThatAreNamed() {
        prompt.types("krgadm cluster start -n 1 --on 1", "Starting cluster... done\n");
        prompt.types("krgadm cluster --on 1", "status: up on 1 nodes\n");
        prompt.types("krgadm nodes --on 1", "0:present\n1:online\n");
        startRefused("-n 0,1", "node 1 is in a running cluster (EAGAIN)");
        prompt.types("krgadm nodes add -n 0 --on 1", "adding 0\nAdding nodes [0]... done\n");
        prompt.types("krgadm cluster", "status: up on 2 nodes\n");
    }

    @Test
    @Order(4)
    void aClusterThatWasStoppedStartsAgainWhenItIsToldToAndWhoWaitedHearsOfIt() {
        stopCluster();
        bed.start(0);
        bed.start(1);
        awaitBothPresent();
        List<CompletableFuture<Result>> waiting = List.of(waitForStart(0), waitForStart(1));
        await().during(A_WHILE).atMost(PATIENCE).until(() -> waiting.stream().noneMatch(CompletableFuture::isDone));
        prompt.types("krgadm cluster", "status: down\n");
        prompt.types("krgadm cluster start --on 1", "Starting cluster... done\n");
        waiting.forEach(StartingClusterTest::isUpOnTwo);
        prompt.types("krgadm nodes", "0:online\n1:online\n");
        assertThat(prompt.type("krg run --node 1 true").exit()).isZero();
        assertThat(prompt.type("krgadm cluster start").messages()).contains("the cluster runs already", "EALREADY");
    }

    @Test
    @Order(5)
    void aClusterStartsByItselfWhenTheLeastNumberOfNodesIsThere() {
        stopCluster();
        autostart = true;
        bed.start(0);
        CompletableFuture<Result> waiting = waitForStart(0);
        await().during(A_WHILE).atMost(PATIENCE).until(() -> !waiting.isDone());
        prompt.types("krgadm cluster", "status: down\n");
        bed.start(1);
        isUpOnTwo(waiting);
    }

    /** A cluster that is down can be stopped too: its daemons end. */
    @Test
    @Order(6)
    void fewerNodesThanTheLeastNumberAreStartedByCommand() {
        stopCluster();
        bed.start(0);
        CompletableFuture<Result> waiting = waitForStart(0);
        stopCluster();
        assertThat(waiting)
                .succeedsWithin(PATIENCE)
                .isEqualTo(new Result(1, "", "krgadm cluster wait_start: the daemon ends (ESHUTDOWN)\n"));
        bed.start(0);
        prompt.types("krgadm cluster", "status: down\n");
        prompt.types("krgadm cluster start", "Starting cluster... done\n");
        prompt.types("krgadm cluster wait_start", "status: up on 1 nodes\n");
    }

    private static void isUpOnTwo(CompletableFuture<Result> waiting) {
        assertThat(waiting).succeedsWithin(PATIENCE).isEqualTo(new Result(0, "status: up on 2 nodes\n", ""));
    }

    private static CompletableFuture<Result> waitForStart(int node) {
        CompletableFuture<Result> waiting = CompletableFuture.supplyAsync(
                () -> prompt.type("krgadm cluster wait_start --on " + node),
                task -> Thread.ofPlatform().daemon().start(task));
        await().atMost(PATIENCE).until(() -> requests(node) == 1);
        return waiting;
    }

    /** Returns the number of requests that a node's daemon works on, each on a thread of its own. */
    private static int requests(int node) {
        int daemon = bed.daemon(node).orElseThrow().pid();
        try (Stream<Path> threads = Files.list(Path.of("/proc", Integer.toString(daemon), "task"))) {
            return (int) threads.filter(StartingClusterTest::worksOnRequest).count();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static boolean worksOnRequest(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip().equals(WORKER);
        } catch (IOException ended) {
            return false;
        }
    }

    private static void stopCluster() {
        prompt.types("krgadm cluster stop", "Stopping cluster... done\n");
        await().atMost(PATIENCE)
                .until(() -> bed.processes(0).isEmpty() && bed.processes(1).isEmpty());
    }
}
