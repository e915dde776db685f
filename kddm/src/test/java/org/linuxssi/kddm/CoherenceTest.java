package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.linuxssi.kddm.TestCluster.join;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(30)
class CoherenceTest {

    private final TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void whatOneNodeWritesTheOthersRead() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());

        for (long object = 0; object < 6; object++) {
            sets.get(0).setObject(object, 10 + object);
            assertThat(sets.get(1).read(object)).isEqualTo(10 + object);
            assertThat(sets.get(2).update(object, n -> n + 100)).isEqualTo(110 + object);
            assertThat(sets.get(0).read(object)).isEqualTo(110 + object);
        }
    }

    @Test
    void anAbsentObjectStaysAbsentWithoutFirstTouch() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(2)));

        assertThat(sets.get(0).readNoFirstTouch(5)).isEmpty();
        assertThat(sets.get(0).grabNoFirstTouch(5)).isEmpty();
        assertThat(sets.get(0).find(5)).isEmpty();
        assertThat(sets.get(1).read(5)).isZero();
        assertThat(sets.get(0).readNoFirstTouch(5)).contains(0L);
        assertThat(sets.get(0).find(5)).hasValueSatisfying(Hold::close);
    }

    @Test
    void aManualFirstTouchThatSetsNothingLeavesTheObjectAbsent() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(2)));

        try (Hold<Long> hold = sets.get(0).grabManual(5)) {
            assertThat(hold.present()).isFalse();
        }
        assertThat(sets.get(1).readNoFirstTouch(5)).isEmpty();
        assertThat(sets.get(0).readNoFirstTouch(5)).isEmpty();
        try (Hold<Long> hold = sets.get(0).grabManual(5)) {
            hold.set(9L);
        }
        assertThat(sets.get(1).readNoFirstTouch(5)).contains(9L);
    }

    @Test
    void aRemovedObjectIsGoneEverywhere() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        sets.get(0).setObject(1, 5L);
        sets.get(1).read(1);
        sets.get(2).read(1);

        sets.get(1).removeObject(1);

        for (KddmSet<Long> set : sets) {
            assertThat(set.readNoFirstTouch(1)).isEmpty();
        }
        sets.get(2).removeObject(1);
        assertThat(sets.get(0).read(1)).isZero();
    }

    @Test
    void theWriterKeepsOwnershipSoThatItsNextGrabTakesNoMessage() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
        sets.get(1).update(3, n -> n + 1);
        long misses = misses(1);

        for (int i = 0; i < 100; i++) {
            sets.get(1).update(3, n -> n + 1);
        }

        assertThat(misses(1)).isEqualTo(misses);
        assertThat(sets.get(2).read(3)).isEqualTo(101);
    }

    private long misses(int node) {
        return cluster.kddm(node).sets().stream()
                .filter(info -> info.id().equals(TestCluster.COUNTERS))
                .findFirst()
                .orElseThrow()
                .counters()
                .misses();
    }

    @Test
    void aHeldObjectStaysUntilItIsPut() throws Exception {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        CompletableFuture<Hold<Long>> other;
        try (Hold<Long> hold = sets.get(0).get(1)) {
            other = sets.get(1).grabAsync(1);
            assertThatThrownBy(() -> sets.get(2).grab(1, Duration.ofMillis(150)))
                    .isInstanceOfSatisfying(
                            KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
            assertThat(other).isNotDone();
            assertThat(hold.value()).isZero();
        }
        try (Hold<Long> hold = other.get(10, TimeUnit.SECONDS)) {
            hold.set(8L);
        }
        assertThat(sets.get(2).read(1)).isEqualTo(8);
    }

    @Test
    void tryGrabIsBusyWhileAnybodyHolds() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        for (KddmSet<Long> holder : sets) {
            try (Hold<Long> _ = holder.get(4)) {
                for (KddmSet<Long> set : sets) {
                    assertBusy(set);
                }
            }
            try (Hold<Long> _ = holder.grab(4)) {
                sets.forEach(CoherenceTest::assertBusy);
            }
            for (KddmSet<Long> set : sets) {
                set.tryGrab(4).close();
            }
        }
    }

    private static void assertBusy(KddmSet<Long> set) {
        assertThatThrownBy(() -> set.tryGrab(4)).isInstanceOfSatisfying(KddmException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.BUSY));
    }

    @Test
    void anInterruptEndsAWait() throws Exception {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        try (Hold<Long> _ = sets.get(0).grab(1)) {
            CompletableFuture<Kind> seen = new CompletableFuture<>();
            Thread waiter = Thread.ofVirtual().start(() -> {
                try (Hold<Long> _ = sets.get(1).grab(1)) {
                    seen.completeExceptionally(new AssertionError("granted"));
                } catch (KddmException e) {
                    seen.complete(Thread.currentThread().isInterrupted() ? e.kind() : Kind.DEADLINE);
                }
            });
            waiter.interrupt();
            assertThat(join(seen)).isEqualTo(Kind.INTERRUPTED);
        }
        sets.get(1).grab(1).close();
    }

    @Test
    void aCancelledFutureHoldsNothing() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        CompletableFuture<Hold<Long>> other;
        try (Hold<Long> _ = sets.get(0).grab(1)) {
            other = sets.get(1).grabAsync(1);
            other.cancel(true);
        }
        assertThat(sets.get(2).update(1, n -> n + 1)).isEqualTo(1);
    }

    @Test
    void aFlushedObjectMovesToItsDestination() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
        sets.get(1).setObject(1, 77L);

        sets.get(1).flushObject(1, NodeId.of(2));

        assertThat(state(1, 1)).isEqualTo(Optional.empty());
        assertThat(state(2, 1)).contains(ObjectState.WRITE_OWNER);
        assertThat(sets.get(0).read(1)).isEqualTo(77);
        sets.get(2).flushObject(1);
        assertThat(state(0, 1)).contains(ObjectState.WRITE_OWNER);
        assertThat(sets.get(2).read(1)).isEqualTo(77);
    }

    private Optional<ObjectState> state(int node, long object) {
        return cluster.kddm(node).objects(TestCluster.COUNTERS, 100).stream()
                .filter(info -> info.object() == object)
                .map(ObjectInfo::state)
                .filter(ObjectState::readable)
                .findFirst();
    }

    @Test
    void asFutureOperationsOverlap() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        List<CompletableFuture<Hold<Long>>> holds = new ArrayList<>();
        for (long object = 0; object < 200; object++) {
            holds.add(sets.get((int) (object % 3)).grabAsync(object));
        }
        for (CompletableFuture<Hold<Long>> hold : holds) {
            try (Hold<Long> held = join(hold)) {
                held.set(held.object());
            }
        }
        for (long object = 0; object < 200; object++) {
            assertThat(sets.get(0).read(object)).isEqualTo(object);
        }
    }

    @Test
    void noIncrementIsLostAndNoReaderSeesTimeGoBack() throws Exception {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        int threads = 4;
        int rounds = 300;
        int objects = 4;
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch start = new CountDownLatch(1);
        try (var pool = Executors.newCachedThreadPool()) {
            List<Future<?>> writers = new ArrayList<>();
            List<Future<?>> readers = new ArrayList<>();
            for (KddmSet<Long> set : sets) {
                for (int t = 0; t < threads; t++) {
                    long seed = t;
                    writers.add(pool.submit(() -> {
                        start.await();
                        Random random = new Random(seed);
                        for (int i = 0; i < rounds; i++) {
                            set.update((i + random.nextInt(2)) % objects, n -> n + 1);
                        }
                        return null;
                    }));
                }
                readers.add(pool.submit(() -> {
                    start.await();
                    long[] seen = new long[objects];
                    for (int i = 0; !stop.get(); i = (i + 1) % objects) {
                        long now = set.read(i);
                        assertThat(now).isGreaterThanOrEqualTo(seen[i]);
                        seen[i] = now;
                    }
                    return null;
                }));
            }
            start.countDown();
            try {
                for (Future<?> writer : writers) {
                    writer.get(15, TimeUnit.SECONDS);
                }
            } finally {
                stop.set(true);
            }
            for (Future<?> reader : readers) {
                reader.get(5, TimeUnit.SECONDS);
            }
        }
        long sum = 0;
        for (int i = 0; i < objects; i++) {
            sum += sets.get(1).read(i);
        }
        assertThat(sum).isEqualTo((long) sets.size() * threads * rounds);
    }

    @Test
    void aNodeThatNeverOpenedTheSetCanBeItsHome() {
        cluster.boot(3);
        cluster.add(NodeSet.of(NodeId.of(3)));
        KddmSet<Long> one = cluster.kddm(0).open(TestCluster.counterSpec().owner(DefaultOwner.fixed(NodeId.of(3))));
        KddmSet<Long> two = cluster.kddm(1).open(TestCluster.counterSpec().owner(DefaultOwner.fixed(NodeId.of(3))));

        one.setObject(1, 5L);
        assertThat(two.update(1, n -> n + 1)).isEqualTo(6);
        two.flushObject(1, NodeId.of(3));
        assertThat(one.update(1, n -> n + 1)).isEqualTo(7);
    }

    @Test
    void setsWithOtherPropertiesAreRefused() {
        KddmSet<Long> one = cluster.kddm(0).open(TestCluster.counterSpec());
        KddmSet<Long> two = cluster.kddm(1).open(TestCluster.counterSpec().objectSize(8));
        one.read(1);
        assertThatThrownBy(() -> two.read(1)).isInstanceOfSatisfying(KddmException.class, e -> assertThat(e.kind())
                .isEqualTo(Kind.MISMATCH));
    }

    @Test
    void whoQueuesWhileTheSetIsClosedDoesNotWait() {
        List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
        sets.get(0).read(1);

        cluster.kddm(0).close();

        assertThat(sets.get(0).getAsync(2))
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withMessageContaining("was closed");
    }

    @Test
    void aFrozenSetWaits() {
        List<KddmSet<Long>> sets =
                cluster.open(_ -> TestCluster.counterSpec().flag(SetFlag.FROZEN).deadline(Duration.ofMillis(100)));
        assertThatThrownBy(() -> sets.get(0).read(1)).isInstanceOf(KddmException.class);
        CompletableFuture<Hold<Long>> later = sets.get(1).getAsync(1);
        sets.get(1).unfreeze();
        join(later).close();
    }

    @Test
    void aLocalSetSharesNothing() {
        List<KddmSet<Long>> sets = cluster.open(_ -> TestCluster.counterSpec().flag(SetFlag.LOCAL_EXCLUSIVE));
        sets.get(0).setObject(1, 5L);
        assertThat(sets.get(1).read(1)).isZero();
        assertThat(sets.get(0).read(1)).isEqualTo(5);
    }
}
