package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(30)
class CountersTest {

    private final TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    private SetCounters counters(int node) {
        return cluster.kddm(node).sets().stream()
                .filter(set -> set.id().equals(TestCluster.COUNTERS))
                .findFirst()
                .orElseThrow()
                .counters();
    }

    @Test
    void operationsAndWhatTheyCostOthersAreCounted() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
        sets.get(1).setObject(1, 5L);
        sets.get(2).read(1);
        sets.get(2).read(1);
        sets.get(0).read(1);
        sets.get(1).update(1, n -> n + 1);

        assertThat(counters(1)).isEqualTo(new SetCounters(0, 2, 0, 2, 0, 0, 0, 0, 0));
        assertThat(counters(2)).isEqualTo(new SetCounters(1, 1, 1, 0, 0, 0, 0, 0, 0));
        assertThat(counters(0).invalidations()).isEqualTo(2);
    }

    @Test
    void evictionsAreCounted() {
        List<KddmSet<Long>> sets =
                cluster.open(node -> TestCluster.counterSpec().cache(node == 0 ? 1 : 100));
        for (long object = 0; object < 5; object++) {
            sets.get(0).setObject(object, object);
        }
        await().until(() -> counters(0).injections() >= 4);
        assertThat(counters(0).evictions()).isEqualTo(counters(0).injections());
        sets.get(0).read(0);
        sets.get(0).read(1);
        await().until(() -> counters(0).evictions() > counters(0).injections());
    }

    @Test
    void newHomesAndLossesAreCounted() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(2)));
        sets.get(0).setObject(1, 5L);
        sets.get(1).setObject(2, 5L);
        sets.get(2).setObject(3, 5L);

        cluster.fail(NodeSet.of(NodeId.of(2)));

        assertThat(counters(0).rehomed() + counters(1).rehomed()).isEqualTo(3);
        assertThat(counters(0).lost() + counters(1).lost()).isEqualTo(1);
    }
}
