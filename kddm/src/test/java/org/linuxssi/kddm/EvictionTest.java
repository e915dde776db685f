package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.spi.ObjectState;

@Timeout(60)
class EvictionTest {

    private static final int ALL = Integer.MAX_VALUE;

    private final TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    private List<KddmSet<Long>> open(int... limits) {
        return cluster.open(node -> TestCluster.counterSpec().cache(limits[node]));
    }

    private long present(int node) {
        return cluster.kddm(node).objects(TestCluster.COUNTERS, ALL).stream()
                .filter(info -> info.state().readable())
                .count();
    }

    @Test
    void copiesThatOthersHaveAreDropped() {
        List<KddmSet<Long>> sets = open(ALL, 100, ALL);
        for (long object = 0; object < 1000; object++) {
            sets.get(0).setObject(object, object);
            assertThat(sets.get(1).read(object)).isEqualTo(object);
        }
        await().until(() -> present(1) <= 100);
        assertThat(cluster.kddm(0).objects(TestCluster.COUNTERS, ALL))
                .hasSize(1000)
                .allMatch(info -> info.state().owner());
        assertThat(sets.get(1).read(7)).isEqualTo(7);
    }

    @Test
    void lastCopiesMoveToNodesWithRoom() {
        List<KddmSet<Long>> sets = open(100, 300, 300);
        for (long object = 0; object < 500; object++) {
            sets.get(0).setObject(object, object);
        }
        await().until(() -> present(0) <= 100 && present(1) <= 300 && present(2) <= 300);
        for (long object = 0; object < 500; object++) {
            assertThat(sets.get((int) (object % 3)).read(object)).isEqualTo(object);
        }
        await().until(() -> present(0) <= 100 && present(1) <= 300 && present(2) <= 300);
    }

    @Test
    void nothingIsLostWhenThereIsNoRoomAnywhere() {
        List<KddmSet<Long>> sets = open(20, 20, 20);
        for (long object = 0; object < 200; object++) {
            sets.get((int) (object % 3)).setObject(object, object);
        }
        for (int round = 0; round < 3; round++) {
            for (long object = 0; object < 200; object++) {
                long expected = object + round;
                assertThat(sets.get((int) ((object + round) % 3)).update(object, n -> n + 1))
                        .isEqualTo(expected + 1);
            }
        }
        assertThat(cluster.kddm(0).lost(TestCluster.COUNTERS)).isEmpty();
    }

    @Test
    void whatIsUsedStays() {
        List<KddmSet<Long>> sets = open(ALL, 50, ALL);
        for (long object = 0; object < 400; object++) {
            sets.get(0).setObject(object, object);
        }
        for (long object = 0; object < 400; object++) {
            sets.get(1).read(object);
            for (long hot = 0; hot < 10; hot++) {
                sets.get(1).read(hot);
            }
        }
        await().until(() -> present(1) <= 50);
        try (Hold<Long> held = sets.get(1).get(399)) {
            for (long object = 0; object < 100; object++) {
                sets.get(1).read(object);
            }
            await().until(() -> present(1) <= 50);
            assertThat(cluster.kddm(1).objects(TestCluster.COUNTERS, ALL))
                    .anyMatch(info -> info.object() == held.object() && info.state() == ObjectState.READ_COPY);
        }
    }

    @Test
    void aCacheHasRoomForOneAtLeast() {
        assertThatThrownBy(() -> TestCluster.counterSpec().cache(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
