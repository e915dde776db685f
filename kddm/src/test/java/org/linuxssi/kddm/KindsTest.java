package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Sizes, schemes and flags of sets. */
@Timeout(60)
class KindsTest {

    private static final Codec<byte[]> BYTES =
            Codec.of((bytes, out) -> out.bytes(bytes), in -> in.bytes(SetSpec.MAX_OBJECT_SIZE));
    private static final int LENGTH = 4;

    private final TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void objectsMayHaveAnySizeUpToAMebibyte() {
        List<KddmSet<byte[]>> sets =
                cluster.open(_ -> SetSpec.of(TestCluster.COUNTERS, "bytes", BYTES, _ -> new byte[0])
                        .copies(2));
        Random random = new Random(3);
        int[] sizes = {0, 1, 63, 4096, 65_537, SetSpec.MAX_OBJECT_SIZE - LENGTH};
        for (int i = 0; i < sizes.length; i++) {
            byte[] bytes = new byte[sizes[i]];
            random.nextBytes(bytes);
            sets.get(i % 3).setObject(i, bytes);
            assertThat(sets.get((i + 1) % 3).read(i)).isEqualTo(bytes);
        }
    }

    @Test
    void anObjectBeyondTheLimitIsRefusedWhereItWouldTravel() {
        List<KddmSet<byte[]>> sets =
                cluster.open(_ -> SetSpec.of(TestCluster.COUNTERS, "bytes", BYTES, _ -> new byte[0]));
        sets.get(0).setObject(1, new byte[SetSpec.MAX_OBJECT_SIZE]);
        assertThatThrownBy(() -> sets.get(1).read(1)).hasMessageContaining("more than the set's 1048576");
        assertThatThrownBy(() -> TestCluster.counterSpec().objectSize(SetSpec.MAX_OBJECT_SIZE + 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theUpperBitsOfTheNumberChooseTheHome() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.shift(14));
        for (int node = 0; node < 3; node++) {
            sets.get((node + 1) % 3).setObject(((long) node << 14) + 5, 1L);
        }
        for (int node = 0; node < 3; node++) {
            assertThat(cluster.kddm(node).homes(TestCluster.COUNTERS)).containsExactly(((long) node << 14) + 5);
        }
    }

    @Test
    void setsOfTwoNameSpacesShareNothing() {
        SetId other = SetId.of(8, TestCluster.COUNTERS.id());
        KddmSet<Long> one = cluster.kddm(0).open(TestCluster.counterSpec());
        KddmSet<Long> two = cluster.kddm(0).open(SetSpec.of(other, "counters", TestCluster.LONG, _ -> 7L));
        one.setObject(1, 5L);
        assertThat(two.read(1)).isEqualTo(7);
        assertThat(one.read(1)).isEqualTo(5);
        cluster.kddm(0).destroy(other);
        assertThat(one.read(1)).isEqualTo(5);
    }

    @Test
    void aLocalSetOutlivesChangesOfTheView() {
        List<KddmSet<Long>> sets = cluster.open(_ -> TestCluster.counterSpec().flag(SetFlag.LOCAL_EXCLUSIVE));
        for (int node = 0; node < 3; node++) {
            sets.get(node).setObject(1, 10L + node);
        }
        cluster.fail(NodeSet.of(NodeId.of(2)));
        cluster.boot(3);
        cluster.add(NodeSet.of(NodeId.of(3)));

        assertThat(sets.get(0).update(1, n -> n + 100)).isEqualTo(110);
        assertThat(sets.get(1).read(1)).isEqualTo(11);
        assertThat(sets.get(0).readNoFirstTouch(2)).isEmpty();
        sets.get(0).removeObject(1);
        assertThat(sets.get(0).readNoFirstTouch(1)).isEmpty();
        assertThat(sets.get(1).read(1)).isEqualTo(11);
    }

    @Test
    void aFrozenSetStillGivesItsObjectsToOtherNodes() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        sets.get(0).setObject(1, 5L);
        sets.get(0).freeze();
        KddmSet<Long> hasty = sets.get(0).deadline(Duration.ofMillis(100));

        assertThatThrownBy(() -> hasty.read(1)).isInstanceOfSatisfying(KddmException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.DEADLINE));
        assertThat(sets.get(0).find(1)).isEmpty();
        assertThat(sets.get(1).update(1, n -> n + 1)).isEqualTo(6);
        CompletableFuture<Hold<Long>> waiting = sets.get(0).grabAsync(1);
        sets.get(0).unfreeze();
        try (Hold<Long> hold = TestCluster.join(waiting)) {
            assertThat(hold.value()).isEqualTo(6);
        }
    }

    @Test
    void aFlushedSetIsGoneHereAndNothingIsLost() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        for (long object = 0; object < 30; object++) {
            sets.get((int) (object % 2)).setObject(object, object);
            sets.get(0).read(object);
        }
        sets.get(0).flushSet();

        assertThat(cluster.kddm(0).objects(TestCluster.COUNTERS, 100))
                .noneMatch(info -> info.state().readable());
        for (long object = 0; object < 30; object++) {
            assertThat(sets.get(2).read(object)).isEqualTo(object);
        }
    }

    @Test
    void waitsTellWhoWaitsForWhom() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
        CompletableFuture<Hold<Long>> one;
        try (Hold<Long> _ = sets.get(1).grab(3)) {
            one = sets.get(2).grabAsync(3);
            await().until(() -> cluster.kddm(0).waits().stream().anyMatch(WaitInfo::held));
            WaitInfo wait = cluster.kddm(0).waits().getFirst();
            assertThat(wait.requester()).isEqualTo(NodeId.of(2));
            assertThat(wait.waitsFor()).isEqualTo(NodeSet.of(NodeId.of(1)));
            assertThat(wait.object()).isEqualTo(3);
        }
        TestCluster.join(one).close();
        assertThat(cluster.kddm(0).objects(TestCluster.COUNTERS, 10))
                .noneMatch(info -> info.state() == ObjectState.WRITE_OWNER);
    }

    @Test
    void manyReadersOfOneObjectHoldItAtOnce() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        List<Hold<Long>> holds = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            holds.add(sets.get(i % 3).get(1));
        }
        assertThatThrownBy(() -> sets.get(0).tryGrab(1)).isInstanceOf(KddmException.class);
        holds.forEach(Hold::close);
        sets.get(0).tryGrab(1).close();
    }
}
