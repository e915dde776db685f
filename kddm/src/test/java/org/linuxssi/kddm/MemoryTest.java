package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/** What an object costs in memory besides its own 64 bytes, by the heap that is in use before and after. */
@Timeout(300)
class MemoryTest {

    private static final int BYTES = 64;
    private static final int GOAL_OF_OWNER = 100;
    private static final int GOAL_WITHOUT_COPY = 32;
    private static final Codec<byte[]> CODEC = Codec.of((bytes, out) -> out.bytes(bytes), in -> in.bytes(BYTES));

    private static final System.Logger LOG = System.getLogger(MemoryTest.class.getName());
    private static final int LOOKS = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Bytes less that count as less: at most one for each object of a test. */
    private static final long SAME = 200_000;

    /**
     * Collects garbage until several looks at the heap see no less than before, since what ends in the background is freed
     * later. The least counts: threads take room in large pieces for what they may allocate next.
     */
    static long used() {
        long[] least = {Long.MAX_VALUE};
        int[] looks = {0};
        await().atMost(PATIENCE).pollDelay(Duration.ZERO).until(() -> {
            System.gc();
            long now = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            looks[0] = now < least[0] - SAME ? 1 : looks[0] + 1;
            least[0] = Math.min(least[0], now);
            return looks[0] == LOOKS;
        });
        return least[0];
    }

    /** Returns the bytes for each of the objects that the maker makes. */
    private static double cost(int objects, Supplier<Object> maker) {
        long before = used();
        Object made = maker.get();
        double cost = (double) (used() - before) / objects;
        assertThat(made).isNotNull();
        LOG.log(System.Logger.Level.INFO, "{0} objects, {1} bytes each", objects, cost);
        return cost;
    }

    @ParameterizedTest
    @ValueSource(ints = {200_000, 1_000_000})
    void anOwnerThatIsTheHomeTooNeedsNoMoreThanTheGoal(int objects) {
        try (TestCluster cluster = new TestCluster(1)) {
            KddmSet<byte[]> set =
                    cluster.kddm(0).open(SetSpec.of(TestCluster.COUNTERS, "bytes", CODEC, _ -> new byte[BYTES]));
            double cost = cost(objects, () -> {
                for (long object = 0; object < objects; object++) {
                    set.grab(object).close();
                }
                return set;
            });
            assertThat(cost - BYTES).isBetween(40.0, (double) GOAL_OF_OWNER);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200_000, 1_000_000})
    void aHomeWithoutACopyNeedsNoMoreThanTheGoal(int objects) {
        double cost = cost(objects, () -> {
            DirectoryTable table = new DirectoryTable(TestCluster.COUNTERS.key());
            for (long object = 0; object < objects; object++) {
                int id = (int) (object % 5);
                table.locked(
                        object,
                        entry -> entry.holders =
                                Holders.Absent.IT.ownedBy(NodeId.of(id)).with(NodeId.of(id / 2)));
            }
            return table;
        });
        assertThat(cost).isBetween(10.0, (double) GOAL_WITHOUT_COPY);
    }

    @Test
    void aStandInNeedsNoMoreThanTheGoal() {
        int objects = 500_000;
        double cost = cost(objects, () -> {
            Shadows shadows = new Shadows();
            for (long object = 0; object < objects; object++) {
                shadows.said(TestCluster.COUNTERS.key(), object * 7, Members.MODULO, true, NodeId.of(3), 9, object);
            }
            return shadows;
        });
        assertThat(cost).isBetween(10.0, (double) GOAL_WITHOUT_COPY);
    }
}
