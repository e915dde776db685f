package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.ObjectStore;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(60)
class DurableTest {

    private static final NodeId N2 = NodeId.of(2);
    private static final NodeSet STORE = NodeSet.of(N2);

    private final List<MemoryStore> disks = List.of(new MemoryStore(), new MemoryStore(), new MemoryStore());
    private TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    private SetSpec<Long> spec(int node, int copies) {
        return SetSpec.of(TestCluster.COUNTERS, "stored", new CodecLinker<>(TestCluster.LONG, _ -> 0L) {
                    @Override
                    public Optional<ObjectStore> store() {
                        return Optional.of(disks.get(node));
                    }
                })
                .owner(DefaultOwner.fixed(N2))
                .flag(SetFlag.DURABLE)
                .copies(copies)
                .deadline(Duration.ofSeconds(10));
    }

    private List<KddmSet<Long>> open(int copies) {
        return new ArrayList<>(cluster.open(node -> spec(node, copies)));
    }

    private List<KddmSet<Long>> restartAll(int copies) {
        cluster.close();
        cluster = new TestCluster(3);
        return open(copies);
    }

    @Test
    void aPutEndsWhenTheStoreHasTheObject() {
        KddmSet<Long> set = open(1).getFirst();
        set.setObject(1, 1L);
        disks.get(2).stop();
        Hold<Long> hold = set.grab(1);
        hold.set(2L);
        CompletableFuture<Void> put = CompletableFuture.runAsync(hold::close);
        KddmSet<Long> hasty = set.deadline(Duration.ofMillis(150));
        assertThatThrownBy(() -> hasty.read(1)).isInstanceOf(KddmException.class);
        assertThat(put).isNotDone();

        disks.get(2).goOn();

        TestCluster.join(put);
        assertThat(disks.get(2).disk())
                .hasEntrySatisfying(1L, it -> assertThat(it.version()).isEqualTo(2));
        assertThat(disks.get(0).disk()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void everythingIsThereAfterAllNodesLostTheirPower(int copies) {
        List<KddmSet<Long>> sets = open(copies);
        for (int life = 0; life < 3; life++) {
            for (long object = 0; object < 50; object++) {
                long expected = life == 0 ? 0 : object + 2L * life - 2;
                KddmSet<Long> set = sets.get((int) (object + life) % 3);
                assertThat(set.readNoFirstTouch(object))
                        .isEqualTo(life == 0 ? Optional.empty() : Optional.of(expected));
                long first = object;
                set.update(object, n -> first == 0 || n > 0 ? n : first);
                if (life > 0) {
                    sets.get((int) object % 3).update(object, n -> n + 1);
                    set.update(object, n -> n + 1);
                }
            }
            sets = restartAll(copies);
        }
        assertThat(sets.get(0).read(7)).isEqualTo(11);
        sets.get(1).removeObject(7);
        sets = restartAll(copies);
        assertThat(sets.get(0).readNoFirstTouch(7)).isEmpty();
        assertThat(sets.get(0).read(8)).isEqualTo(12);
        sets.get(1).setObject(8, 100L);
        sets = restartAll(copies);
        assertThat(sets.get(2).read(8)).isEqualTo(100);
    }

    @Test
    void whatADeadOwnerPutIsReadFromTheStore() {
        List<KddmSet<Long>> sets = open(1);
        sets.get(0).setObject(1, 5L);
        sets.get(1).read(1);
        sets.get(0).update(1, n -> n + 1);

        cluster.fail(NodeSet.of(NodeId.of(0)));

        assertThat(sets.get(1).read(1)).isEqualTo(6);
        assertThat(sets.get(2).update(1, n -> n + 1)).isEqualTo(7);
    }

    @Test
    void withoutItsStoreASetIsReadButNotWritten() {
        List<KddmSet<Long>> sets = open(1);
        sets.get(0).setObject(1, 5L);
        sets.get(2).setObject(2, 6L);
        cluster.fail(STORE);

        assertThat(sets.get(1).read(1)).isEqualTo(5);
        KddmSet<Long> other = sets.get(0);
        assertThatThrownBy(() -> other.read(3)).hasMessageContaining("store of node 2");
        assertThatThrownBy(() -> other.setObject(4, 1L)).hasMessageContaining("store of node 2");
        assertThatThrownBy(() -> other.removeObject(1)).hasMessageContaining("store of node 2");
        assertThatThrownBy(() -> sets.get(1).read(2)).hasMessageContaining("store of node 2");
        CompletableFuture<Long> waiting =
                CompletableFuture.supplyAsync(() -> sets.get(0).update(1, n -> n + 1));

        cluster.boot(2);
        cluster.add(STORE);
        sets.set(2, cluster.kddm(2).open(spec(2, 1)));

        assertThat(TestCluster.join(waiting)).isEqualTo(6);
        assertThat(disks.get(2).disk())
                .hasEntrySatisfying(1L, it -> assertThat(it.version()).isEqualTo(2));
        assertThat(sets.get(1).read(2)).isEqualTo(6);
        assertThat(sets.get(2).read(3)).isZero();
    }

    @Test
    void aPutDuringARemovalEndsWhenTheStoreHasForgottenTheObject() {
        List<KddmSet<Long>> sets = open(1);
        sets.get(0).setObject(1, 5L);
        Hold<Long> hold = sets.get(0).grab(1);
        disks.get(2).stop();
        CompletableFuture<Void> removal =
                CompletableFuture.runAsync(() -> sets.get(1).removeObject(1));
        await().until(() -> cluster.kddm(2).waits().stream().anyMatch(WaitInfo::held));
        hold.set(6L);
        CompletableFuture<Void> put = CompletableFuture.runAsync(hold::close);
        KddmSet<Long> hasty = sets.get(1).deadline(Duration.ofMillis(300));
        assertThatThrownBy(() -> hasty.read(1)).isInstanceOf(KddmException.class);
        assertThat(put).isNotDone();

        disks.get(2).goOn();

        TestCluster.join(put);
        TestCluster.join(removal);
        assertThat(disks.get(2).disk()).isEmpty();
        assertThat(sets.get(1).read(1)).isZero();
    }

    @Test
    void whatTheStoreHasIsNotLostWhileTheStoreIsAway() {
        List<KddmSet<Long>> sets = open(1);
        sets.get(0).setObject(1, 5L);
        cluster.fail(STORE);
        cluster.fail(NodeSet.of(NodeId.of(0)));

        KddmSet<Long> last = sets.get(1);
        assertThatThrownBy(() -> last.read(1)).hasMessageContaining("store of node 2");
        assertThatThrownBy(() -> last.setObject(1, 7L)).hasMessageContaining("store of node 2");

        cluster.boot(2);
        cluster.add(STORE);
        cluster.kddm(2).open(spec(2, 1));
        assertThat(last.read(1)).isEqualTo(5);
    }

    @Test
    void aSetWithoutAPlaceForItsStoreIsRefused() {
        assertThatThrownBy(() -> TestCluster.counterSpec().flag(SetFlag.DURABLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("durable");
        List<KddmSet<Long>> sets = cluster.open(_ -> TestCluster.counterSpec()
                .owner(DefaultOwner.fixed(N2))
                .flag(SetFlag.DURABLE)
                .deadline(Duration.ofMillis(300)));
        assertThatThrownBy(() -> sets.get(0).setObject(1, 1L))
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
    }
}
