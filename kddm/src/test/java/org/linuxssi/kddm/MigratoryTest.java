package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** Objects that nodes read and then write in turn. */
@Timeout(30)
class MigratoryTest {

    private static final long OBJECT = 3;

    private final TestCluster cluster = new TestCluster(4);
    private final List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());

    @AfterEach
    void stop() {
        cluster.close();
    }

    private ObjectState state(int node) {
        return state(cluster, node);
    }

    private static ObjectState state(TestCluster cluster, int node) {
        return cluster.kddm(node).objects(TestCluster.COUNTERS, 10).stream()
                .filter(it -> it.object() == OBJECT)
                .map(ObjectInfo::state)
                .findFirst()
                .orElse(ObjectState.INV_COPY);
    }

    private void readAndWrite(int node) {
        long before = sets.get(node).read(OBJECT);
        assertThat(sets.get(node).update(OBJECT, n -> n + 1)).isEqualTo(before + 1);
    }

    @Test
    void whoReadsThemGetsThemToWrite() {
        sets.get(0).setObject(OBJECT, 5L);
        readAndWrite(1);

        assertThat(sets.get(2).read(OBJECT)).isEqualTo(6);

        assertThat(state(2)).isEqualTo(ObjectState.WRITE_OWNER);
        assertThat(state(1).readable()).isFalse();
        for (int turn = 0; turn < 20; turn++) {
            readAndWrite(turn % 4);
        }
        assertThat(sets.get(3).read(OBJECT)).isEqualTo(26);
    }

    @Test
    void aReaderThatDoesNotWriteEndsIt() {
        sets.get(0).setObject(OBJECT, 5L);
        readAndWrite(1);
        sets.get(2).read(OBJECT);

        assertThat(sets.get(3).read(OBJECT)).isEqualTo(6);
        assertThat(sets.get(0).read(OBJECT)).isEqualTo(6);

        assertThat(state(0)).isEqualTo(ObjectState.READ_COPY);
        assertThat(state(2)).isEqualTo(ObjectState.READ_OWNER);
        assertThat(state(3)).isEqualTo(ObjectState.READ_COPY);
    }

    @Test
    void aReaderDoesNotWaitForAnother() {
        sets.get(0).setObject(OBJECT, 5L);
        readAndWrite(1);

        try (Hold<Long> here = sets.get(1).get(OBJECT);
                Hold<Long> there = sets.get(2).get(OBJECT)) {
            assertThat(there.value()).isEqualTo(here.value());
        }
    }

    /** A cache that is full may send an object to a node whose request is under way. */
    @Test
    void whoGetsOwnershipBeforeItsRequestToReadArrivesKeepsIt() {
        AtomicReference<@Nullable Runnable> late = new AtomicReference<>();
        UnaryOperator<Rpc> holding = rpc -> SingleMessages.of(rpc, (to, epoch, message) -> {
            boolean hold = rpc.self().equals(NodeId.of(1))
                    && message instanceof Message.Request it
                    && it.set() == TestCluster.COUNTERS.key()
                    && it.want() == Message.Want.READ
                    && late.compareAndSet(null, () -> SingleMessages.send(rpc, to, epoch, message));
            return !hold;
        });
        try (TestCluster three = new TestCluster(3, holding, StandingTime::new)) {
            List<KddmSet<Long>> counters = three.counters(DefaultOwner.fixed(NodeId.of(0)));
            counters.get(0).setObject(OBJECT, 5L);
            counters.get(2).read(OBJECT);
            counters.get(2).setObject(OBJECT, 6L);
            CompletableFuture<Hold<Long>> reading = counters.get(1).getAsync(OBJECT);
            await().until(() -> late.get() != null);

            counters.get(2).flushObject(OBJECT, NodeId.of(1));
            TestCluster.join(reading).close();
            counters.get(1).setObject(OBJECT, 7L);
            Objects.requireNonNull(late.get()).run();

            await().until(() -> three.kddm(1).outstanding() == 0);
            assertThat(state(three, 1)).isEqualTo(ObjectState.READ_OWNER);
            assertThat(counters.get(2).read(OBJECT)).isEqualTo(7);
        }
    }

    @Test
    void whatOneNodeWritesAndOthersOnlyReadStaysWithTheWriter() {
        for (long value = 0; value < 5; value++) {
            sets.get(0).setObject(OBJECT, value);
            for (int reader = 1; reader < 4; reader++) {
                assertThat(sets.get(reader).read(OBJECT)).isEqualTo(value);
            }
            assertThat(state(0)).isEqualTo(ObjectState.READ_OWNER);
        }
    }
}
