package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.SystemTime;

@Timeout(30)
class SharedOffsetsTest {

    private static final int NODES = 3;
    private static final int SWEEPS = 20_000;
    private static final int LAPS = 250;
    private static final int SELF = (int) ProcessHandle.current().pid();
    private static final int SEEK_CUR = Descriptors.SEEK_CUR;

    private final SystemTime time = new SystemTime();
    private final List<Rpc> rpcs = new ArrayList<>();
    private final List<SharedOffsets> nodes = new ArrayList<>();
    private final MemoryNetwork network = new MemoryNetwork(time);
    private String path = "";
    private int home;

    @BeforeEach
    void start(@TempDir Path directory) throws IOException {
        for (int i = 0; i < NODES; i++) {
            rpcs.add(network.node(NodeId.of(i)));
            nodes.add(new SharedOffsets(rpcs.get(i), ""));
        }
        Awaitility.await()
                .until(() -> rpcs.stream().allMatch(rpc -> rpc.connected().size() == NODES - 1));
        path = Files.writeString(directory.resolve("log"), "one two three four").toString();
        home = Descriptors.open(path, Descriptors.O_RDWR);
    }

    @AfterEach
    void stop() {
        Descriptors.close(home);
        nodes.forEach(SharedOffsets::close);
        rpcs.forEach(Rpc::close);
        time.close();
    }

    private int move(int from, int to, int descriptor) {
        return nodes.get(to).arrive(nodes.get(from).depart(Descriptors.duplicate(descriptor), path));
    }

    private static String read(int descriptor, int count) {
        return StreamCluster.text(descriptor, count);
    }

    @Test
    void whoStaysGoesOnWhereTheOneWhoLeftStopped() {
        assertThat(read(home, 4)).isEqualTo("one ");
        int away = move(0, 1, home);
        assertThat(read(away, 4)).isEqualTo("two ");
        nodes.get(1).settled().join();
        assertThat(read(home, 6)).isEqualTo("three ");
        nodes.get(0).settled().join();
        assertThat(read(away, 4)).isEqualTo("four");
        Descriptors.close(away);
    }

    /** Two processes end one after the other, while the first one's news is on its way. */
    @Test
    void whoAsksLaterWaitsForWhatIsBeingTold() {
        int away = move(0, 1, home);
        network.delay(NodeId.of(0), NodeId.of(1), Duration.ofMillis(100));
        assertThat(read(away, 4)).isEqualTo("one ");
        CompletableFuture<Void> first = nodes.get(1).settled();
        nodes.get(1).settled().join();
        assertThat(read(home, 4)).isEqualTo("two ");
        assertThat(first).isCompleted();
        Descriptors.close(away);
    }

    @Test
    void allNodesGoOnWhereOneStopped() {
        int one = move(0, 1, home);
        int two = move(0, 2, home);
        int further = move(1, 2, one);
        assertThat(read(further, 4)).isEqualTo("one ");
        assertThat(read(two, 4)).isEqualTo("two ");
        nodes.get(2).settled().join();
        assertThat(read(one, 6)).isEqualTo("three ");
        int back = move(1, 0, one);
        assertThat(read(back, 2)).isEqualTo("fo");
        assertThat(read(home, 2)).isEqualTo("ur");
        List.of(one, two, further, back).forEach(Descriptors::close);
    }

    @Test
    void whatNobodySharesIsForgotten() {
        int away = move(0, 1, home);
        Descriptors.close(away);
        nodes.get(1).sweep(0);
        Awaitility.await().until(() -> {
            nodes.get(0).sweep(0);
            return nodes.get(0).count() == 0;
        });
        assertThat(nodes.get(1).count()).isZero();
    }

    @Test
    void aProgramOutsideGoesOnWhereTheProcessStopped() {
        int process = Descriptors.duplicate(home);
        Registration outside = nodes.get(0).shareOutside(home);
        assertThat(nodes.get(0).sharedOutside(SELF, process, path)).isTrue();
        int away = move(0, 1, process);
        Descriptors.close(process);
        nodes.get(0).sweep(0);
        assertThat(read(away, 4)).isEqualTo("one ");
        nodes.get(1).settled().join();
        outside.close();
        assertThat(nodes.get(0).sharedOutside(SELF, home, path)).isFalse();
        assertThat(read(home, 4)).isEqualTo("two ");
        Descriptors.close(away);
    }

    @Test
    void anOpenFileOfAProgramOutsideIsLetGoAtOnceWhenNobodyMoved() {
        Registration outside = nodes.get(0).shareOutside(home);
        Registration twice = nodes.get(0).shareOutside(home);
        outside.close();
        outside.close();
        assertThat(nodes.get(0).count()).isEqualTo(1);
        twice.close();
        assertThat(nodes.get(0).count()).isZero();
    }

    @Test
    void whatHasNoOffsetToShareIsLeftAlone() throws IOException {
        int log = Descriptors.open(path, Descriptors.O_WRONLY | Descriptors.O_APPEND);
        int directory = Descriptors.open("/", Descriptors.O_RDONLY);
        Files.delete(Path.of(path));
        for (int descriptor : List.of(log, directory, home)) {
            nodes.get(0).shareOutside(descriptor).close();
            try (Registration _ = nodes.get(0).shareOutside(descriptor)) {
                assertThat(nodes.get(0).count()).isZero();
            }
        }
        Descriptors.close(log);
        Descriptors.close(directory);
    }

    /** The end of a process is told while offsets that nobody shares any more are let go. */
    @Test
    void whatIsForgottenMeanwhileIsNotWaitedFor() {
        CompletableFuture<Void> sweeping = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < SWEEPS; i++) {
                nodes.getFirst().sweep(0);
            }
        });
        do {
            nodes.getFirst().depart(Descriptors.duplicate(home), path);
            assertThat(nodes.getFirst().settled()).succeedsWithin(Duration.ofSeconds(10));
        } while (!sweeping.isDone());
    }

    @Test
    void withoutItsHomeAnOffsetIsOnesOwn() {
        assertThat(read(home, 4)).isEqualTo("one ");
        byte[] image = nodes.get(0).depart(Descriptors.duplicate(home), path);
        nodes.get(0).sweep(0);
        int away = nodes.get(1).arrive(image);
        assertThat(read(away, 3)).isEqualTo("two");
        assertThat(nodes.get(1).count()).isZero();
        Descriptors.close(away);
    }

    /** A child moves on, writes and ends while its parent moves, and other processes end meanwhile. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aParentGoesOnWhereItsChildStopped(long seed) {
        Random random = new Random(seed);
        StringBuilder done = new StringBuilder();
        int at = 0;
        int parent = Descriptors.duplicate(home);
        long expected = 0;
        for (int lap = 0; lap < LAPS; lap++) {
            int to = random.nextInt(NODES);
            int childTo = random.nextInt(NODES);
            long pause = random.nextLong(400_000);
            long childPause = random.nextLong(400_000);
            network.delay(
                    NodeId.of(random.nextInt(NODES)),
                    NodeId.of(random.nextInt(NODES)),
                    Duration.ofNanos(random.nextLong(2_000_000)));
            int origin = at;
            int original = parent;
            int child = Descriptors.duplicate(parent);
            done.append(at)
                    .append(" -> ")
                    .append(to)
                    .append(", child -> ")
                    .append(childTo)
                    .append('\n');
            CompletableFuture<Integer> moved = CompletableFuture.supplyAsync(() -> {
                LockSupport.parkNanos(pause);
                return origin == to ? original : move(origin, to, original);
            });
            CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> {
                int own = origin == childTo ? child : move(origin, childTo, child);
                LockSupport.parkNanos(childPause);
                Descriptors.seek(own, 1, SEEK_CUR);
                if (own != child) {
                    Descriptors.close(own);
                }
                Descriptors.close(child);
                nodes.get(childTo).settled().join();
            });
            CompletableFuture<Void> others = CompletableFuture.runAsync(() -> {
                LockSupport.parkNanos(childPause / 2);
                nodes.forEach(node -> node.settled().join());
            });
            parent = moved.join();
            if (parent != original) {
                Descriptors.close(original);
            }
            at = to;
            ended.join();
            expected++;
            assertThat(Descriptors.seek(parent, 0, SEEK_CUR))
                    .describedAs("%s", done)
                    .isEqualTo(expected);
            Descriptors.seek(parent, 1, SEEK_CUR);
            expected++;
            others.join();
        }
        Descriptors.close(parent);
    }
}
