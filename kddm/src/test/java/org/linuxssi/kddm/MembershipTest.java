package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.kddm.TestCluster.LONG;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(30)
class MembershipTest {

    private static final NodeId N0 = NodeId.of(0);
    private static final NodeId N2 = NodeId.of(2);

    private final TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void objectsThatSurvivorsHaveOutliveTheirHome() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(N2));
        sets.get(0).setObject(1, 11L);
        sets.get(2).setObject(2, 22L);
        sets.get(1).read(2);

        cluster.fail(NodeSet.of(N2));

        assertThat(sets.get(1).read(1)).isEqualTo(11);
        assertThat(sets.get(0).update(2, n -> n + 1)).isEqualTo(23);
        assertThat(sets.get(1).read(2)).isEqualTo(23);
    }

    @Test
    void anObjectWhoseOnlyCopyDiedIsReportedAsLost() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(N0));
        sets.get(2).setObject(1, 5L);

        cluster.fail(NodeSet.of(N2));

        assertLost(sets.get(0), 1);
        assertLost(sets.get(1), 1);
        assertThat(cluster.kddm(0).lost(TestCluster.COUNTERS)).containsExactly(1L);
        assertThat(cluster.kddm(0).homes(TestCluster.COUNTERS)).containsExactly(1L);
        assertThat(cluster.kddm(1).homes(TestCluster.COUNTERS)).isEmpty();
        assertThat(sets.get(1).read(2)).isZero();
        sets.get(1).setObject(1, 6L);
        assertThat(sets.get(0).read(1)).isEqualTo(6);
    }

    @Test
    void anObjectThatDiedTogetherWithItsHomeIsReportedAsLost() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(N2));
        sets.get(2).setObject(1, 5L);
        sets.get(2).setObject(2, 5L);
        sets.get(2).removeObject(2);
        awaitShadow();

        cluster.fail(NodeSet.of(N2));

        assertLost(sets.get(0), 1);
        assertThat(sets.get(1).read(2)).isZero();
        sets.get(1).removeObject(1);
        assertThat(sets.get(0).read(1)).isZero();
    }

    @Test
    void lossIsRememberedWhenTheHomeMovesAgain() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(N2));
        sets.get(2).setObject(1, 5L);
        cluster.fail(NodeSet.of(N2));
        cluster.boot(2);

        cluster.add(NodeSet.of(N2));

        assertLost(sets.get(0), 1);
    }

    @Test
    void aNewObjectIsNotAcknowledgedBeforeAnotherNodeKnowsOfIt() {
        List<KddmSet<Long>> sets = cluster.open(
                _ -> TestCluster.counterSpec().owner(DefaultOwner.fixed(N2)).deadline(Duration.ofSeconds(3)));
        KddmSet<Long> home = sets.get(2);
        home.setObject(1, 1L);
        cluster.network.cut(NodeSet.of(N2), NodeSet.first(2));

        assertThat(home.update(1, n -> n + 1)).isEqualTo(2);
        assertThatThrownBy(() -> home.setObject(2, 5L))
                .hasMessageContaining("creation of object 2")
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));

        cluster.network.heal();
        assertThat(home.update(2, n -> n + 1)).isEqualTo(6);
        cluster.fail(NodeSet.of(N2));
        assertLost(sets.get(0), 2);
    }

    private void awaitShadow() {
        await().until(() ->
                cluster.kddm(0).shadows(TestCluster.COUNTERS) + cluster.kddm(1).shadows(TestCluster.COUNTERS) == 1);
    }

    private static void assertLost(KddmSet<Long> set, long object) {
        assertThatThrownBy(() -> set.read(object))
                .hasMessageContaining("object " + object)
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOST));
    }

    @Test
    void aLinkerRebuildsWhatItCanVouchFor() {
        List<KddmSet<Long>> sets =
                cluster.open(node -> SetSpec.of(TestCluster.COUNTERS, "pids", new CodecLinker<>(LONG, _ -> 0L) {
                            @Override
                            public Map<Long, Long> rebuild(NodeSet failed) {
                                return node == 1 && failed.contains(N2) ? Map.of(1L, 100L, 2L, 200L) : Map.of();
                            }

                            @Override
                            public Optional<Long> recover(long object, NodeSet failed) {
                                return object == 3 ? Optional.of(300L) : Optional.empty();
                            }
                        })
                        .owner(DefaultOwner.fixed(N0)));
        sets.get(0).setObject(2, 7L);
        for (long object : new long[] {1, 3, 4}) {
            sets.get(2).setObject(object, 5L);
        }

        cluster.fail(NodeSet.of(N2));

        assertThat(sets.get(0).read(1)).isEqualTo(100);
        assertThat(sets.get(0).read(2)).isEqualTo(7);
        assertThat(sets.get(1).read(3)).isEqualTo(300);
        assertLost(sets.get(0), 4);
    }

    @Test
    void aNewNodeBecomesHomeAndNothingIsLost() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        for (long object = 0; object < 2500; object++) {
            sets.get((int) (object % 3)).setObject(object, object);
        }
        cluster.boot(3);
        cluster.add(NodeSet.of(NodeId.of(3)));
        KddmSet<Long> added = cluster.kddm(3).open(TestCluster.counterSpec());

        for (long object = 0; object < 2500; object += 7) {
            assertThat(added.read(object)).isEqualTo(object);
            assertThat(sets.get(1).update(object, n -> n + 1)).isEqualTo(object + 1);
        }
    }

    @Test
    void aNodeThatLeavesHandsAllOver() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(N2));
        for (long object = 0; object < 500; object++) {
            sets.get(2).setObject(object, object);
        }
        sets.get(0).read(3);

        cluster.remove(NodeSet.of(N2));

        for (long object = 0; object < 500; object++) {
            assertThat(sets.get(0).read(object)).isEqualTo(object);
        }
        assertThat(cluster.kddm(0).lost(TestCluster.COUNTERS)).isEmpty();
        assertThat(cluster.kddm(2).objects(TestCluster.COUNTERS, 10))
                .allMatch(info -> !info.state().readable());
    }

    @Test
    void aMinorityWaitsUntilItsDeadlineAndComesBackWithoutItsCopies() {
        List<KddmSet<Long>> sets = cluster.open(
                _ -> TestCluster.counterSpec().owner(DefaultOwner.fixed(N0)).deadline(Duration.ofSeconds(5)));
        sets.get(0).setObject(1, 1L);
        assertThat(sets.get(2).read(1)).isEqualTo(1);
        Hold<Long> held = sets.get(2).grab(2);
        cluster.network.cut(NodeSet.of(N2), NodeSet.first(2));
        cluster.hotplug(2).pause(true);
        cluster.expel(NodeSet.of(N2));
        sets.get(0).update(1, n -> n + 1);

        assertThatThrownBy(() -> sets.get(2).get(1, Duration.ofMillis(100)))
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));

        cluster.network.heal();
        cluster.hotplug(2).pause(false);
        cluster.add(NodeSet.of(N2));
        assertThat(sets.get(2).read(1)).isEqualTo(2);
        assertThatThrownBy(held::close).isInstanceOfSatisfying(KddmException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.FENCED));
    }

    @Test
    void countersAreExactWhileNodesComeAndGo() throws Exception {
        List<KddmSet<Long>> sets = new ArrayList<>(cluster.counters(DefaultOwner.modulo()));
        int objects = 8;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong done = new AtomicLong();
        try (var pool = Executors.newCachedThreadPool()) {
            List<Future<?>> writers = new ArrayList<>();
            for (int node = 0; node < 2; node++) {
                KddmSet<Long> set = sets.get(node);
                for (int t = 0; t < 3; t++) {
                    int first = t;
                    writers.add(pool.submit(() -> {
                        for (int i = first; !stop.get(); i++) {
                            set.update(i % objects, n -> n + 1);
                            done.incrementAndGet();
                        }
                    }));
                }
            }
            try {
                for (int round = 0; round < 5; round++) {
                    long goal = done.get() + 300;
                    await().until(() -> done.get() > goal);
                    cluster.remove(NodeSet.of(N2));
                    cluster.boot(3 + round);
                    cluster.add(NodeSet.of(NodeId.of(3 + round)));
                    cluster.fail(NodeSet.of(NodeId.of(3 + round)));
                    cluster.add(NodeSet.of(N2));
                }
            } finally {
                stop.set(true);
            }
            for (Future<?> writer : writers) {
                writer.get(20, TimeUnit.SECONDS);
            }
        }
        long sum = 0;
        for (int i = 0; i < objects; i++) {
            sum += sets.get(2).read(i);
        }
        assertThat(sum).isEqualTo(done.get());
    }
}
