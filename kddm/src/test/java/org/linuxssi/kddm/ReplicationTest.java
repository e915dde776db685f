package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(60)
class ReplicationTest {

    private static List<KddmSet<Long>> open(TestCluster cluster, int copies) {
        return cluster.open(_ -> TestCluster.counterSpec().copies(copies));
    }

    @Test
    void whatAPutAcknowledgedSurvivesTheOwnerAndTheHome() {
        try (TestCluster cluster = new TestCluster(4)) {
            List<KddmSet<Long>> sets = open(cluster, 2);
            for (long object = 0; object < 40; object++) {
                sets.get((int) (object % 4)).setObject(object, object);
                sets.get((int) (object / 4 % 4)).update(object, n -> n + 100);
            }

            cluster.fail(NodeSet.of(NodeId.of(3)));

            for (long object = 0; object < 40; object++) {
                assertThat(sets.get((int) (object % 3)).read(object)).isEqualTo(object + 100);
            }
            awaitBackups(cluster, 40);
            cluster.fail(NodeSet.of(NodeId.of(0)));
            for (long object = 0; object < 40; object++) {
                assertThat(sets.get(1).update(object, n -> n + 1)).isEqualTo(object + 101);
            }
        }
    }

    @Test
    void allThatIsOwnedComesToItsBackupsOfANewView() {
        try (TestCluster cluster = new TestCluster(3)) {
            List<KddmSet<Long>> sets = open(cluster, 2);
            for (long object = 0; object < 300; object++) {
                sets.get(0).setObject(object, object);
            }

            cluster.fail(NodeSet.of(NodeId.of(2)));
            awaitBackups(cluster, 300);
            cluster.fail(NodeSet.of(NodeId.of(0)));

            for (long object = 0; object < 300; object++) {
                assertThat(sets.get(1).read(object)).isEqualTo(object);
            }
        }
    }

    @Test
    void threeCopiesSurviveTwoNodesAtOnce() {
        try (TestCluster cluster = new TestCluster(5)) {
            List<KddmSet<Long>> sets = open(cluster, 3);
            for (long object = 0; object < 50; object++) {
                sets.get((int) (object % 5)).setObject(object, object);
                sets.get((int) (object * 7 % 5)).update(object, n -> n + 100);
            }

            cluster.fail(NodeSet.parse("2,4"));

            for (long object = 0; object < 50; object++) {
                assertThat(sets.get(1).read(object)).isEqualTo(object + 100);
            }
        }
    }

    /** Waits until each object that has one owner has a backup that can be told from it. */
    private static void awaitBackups(TestCluster cluster, int objects) {
        await().until(() -> cluster.nodes.values().stream()
                        .mapToInt(node -> node.kddm().backups(TestCluster.COUNTERS))
                        .sum()
                >= objects);
        await().until(() ->
                cluster.nodes.values().stream().allMatch(node -> node.kddm().replicated()));
    }

    @Test
    void aRemovedObjectDoesNotComeBack() {
        try (TestCluster cluster = new TestCluster(3)) {
            List<KddmSet<Long>> sets = open(cluster, 3);
            sets.get(0).setObject(1, 5L);
            sets.get(2).removeObject(1);

            cluster.fail(NodeSet.of(NodeId.of(0)));

            assertThat(sets.get(1).readNoFirstTouch(1)).isEmpty();
        }
    }

    @Test
    void noAcknowledgedIncrementIsLostWhileNodesDie() throws Exception {
        increments(rpc -> rpc);
    }

    @Test
    void noAcknowledgedIncrementIsLostWhileNodesDieAndMessagesGetLost() throws Exception {
        Random random = new Random(11);
        increments(rpc -> LossyRpc.of(rpc, random, 0.01));
    }

    private static void increments(java.util.function.UnaryOperator<Rpc> wrapper) throws Exception {
        int objects = 6;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLongArray acknowledged = new AtomicLongArray(objects);
        AtomicLongArray begun = new AtomicLongArray(objects);
        try (TestCluster cluster = new TestCluster(3, wrapper);
                ExecutorService pool = Executors.newCachedThreadPool()) {
            List<KddmSet<Long>> sets = open(cluster, 2);
            List<Future<?>> writers = new ArrayList<>();
            for (int node = 0; node < 3; node++) {
                writers.add(pool.submit(writer(sets.get(node), objects, stop, begun, acknowledged)));
            }
            try {
                for (int round = 3; round < 8; round++) {
                    cluster.boot(round);
                    cluster.add(NodeSet.of(NodeId.of(round)));
                    KddmSet<Long> set =
                            cluster.kddm(round).open(TestCluster.counterSpec().copies(2));
                    writers.add(pool.submit(writer(set, objects, stop, begun, acknowledged)));
                    long goal = sum(acknowledged) + 100;
                    await().until(() -> sum(acknowledged) > goal);
                    cluster.fail(NodeSet.of(NodeId.of(round)));
                    await().until(() -> cluster.nodes.values().stream()
                            .allMatch(node -> node.kddm().replicated()));
                }
            } finally {
                stop.set(true);
            }
            for (Future<?> writer : writers) {
                writer.get(40, TimeUnit.SECONDS);
            }
            for (int object = 0; object < objects; object++) {
                assertThat(sets.get(1).read(object)).isBetween(acknowledged.get(object), begun.get(object));
            }
        }
    }

    private static Runnable writer(
            KddmSet<Long> set, int objects, AtomicBoolean stop, AtomicLongArray begun, AtomicLongArray acknowledged) {
        return () -> {
            for (int i = 0; !stop.get(); i = (i + 1) % objects) {
                begun.incrementAndGet(i);
                try {
                    set.update(i, n -> n + 1);
                    acknowledged.incrementAndGet(i);
                } catch (KddmException e) {
                    if (e.kind() == KddmException.Kind.CLOSED || e.kind() == KddmException.Kind.NO_SET) {
                        return;
                    }
                    throw e;
                }
            }
        };
    }

    private static long sum(AtomicLongArray counts) {
        long sum = 0;
        for (int i = 0; i < counts.length(); i++) {
            sum += counts.get(i);
        }
        return sum;
    }
}
