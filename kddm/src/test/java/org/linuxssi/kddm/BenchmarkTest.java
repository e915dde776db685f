package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the benchmark does, not how fast it is. */
@Timeout(60)
class BenchmarkTest {

    private static final int LOOPS = 3;

    private static List<BenchmarkRow> rows(List<BenchmarkRow> all, String operation) {
        return all.stream().filter(row -> row.operation().equals(operation)).toList();
    }

    @Test
    void everyRowIsMeasuredOnFourNodesAndNothingIsLeft() {
        try (TestCluster cluster = new TestCluster(4)) {
            List<BenchmarkRow> rows = cluster.kddm(2).benchmark().run(LOOPS);
            assertThat(rows).hasSize(72).allSatisfy(row -> {
                assertThat(row.samples()).isPositive();
                assertThat(row.median()).isPositive().isLessThanOrEqualTo(row.p99());
            });
            for (int node = 0; node < 4; node++) {
                for (Benchmark.Kind kind : Benchmark.Kind.values()) {
                    assertThat(cluster.kddm(node).homes(kind.id())).isEmpty();
                }
            }
        }
    }

    @Test
    void onTwoNodesTheRowsForMoreAreEmpty() {
        try (TestCluster cluster = new TestCluster(2)) {
            List<BenchmarkRow> all = cluster.kddm(0).benchmark().run(LOOPS);
            assertThat(rows(all, "get from node 2")).hasSize(4).allMatch(row -> row.samples() == 0);
            assertThat(rows(all, "grab, local + 1 remote")).hasSize(4).allMatch(row -> row.samples() == LOOPS);
        }
    }

    @Test
    void aNodeAloneRefuses() {
        try (TestCluster cluster = new TestCluster(1)) {
            Benchmark benchmark = cluster.kddm(0).benchmark();
            assertThatThrownBy(() -> benchmark.run(LOOPS))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("needs two nodes");
            assertThatThrownBy(() -> benchmark.run(0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theRowTellsMeanMedianAndWhatNearlyAllStayBelow() {
        long[] nanos = new long[100];
        for (int i = 0; i < nanos.length; i++) {
            nanos[nanos.length - 1 - i] = i + 1L;
        }
        BenchmarkRow row = BenchmarkRow.of("set", "operation", nanos, 17);
        assertThat(row.mean()).isEqualTo(50.5);
        assertThat(row.median()).isEqualTo(51);
        assertThat(row.p99()).isEqualTo(99);
        assertThat(row.exchanges()).isEqualTo(3);
    }
}
