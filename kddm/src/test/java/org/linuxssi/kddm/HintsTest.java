package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Reads that go to the owner and not to the home: with messages that come late or never. Node 0 is the home, time stands still. */
@Timeout(30)
class HintsTest {

    private static final long OBJECT = 7;

    private record Sent(Rpc by, NodeId to, long epoch, Message message) {}

    private final Queue<Sent> seen = new ConcurrentLinkedQueue<>();
    private final Queue<Sent> kept = new ConcurrentLinkedQueue<>();
    private volatile BiPredicate<NodeId, Message> keeping = (_, _) -> false;

    private final TestCluster cluster = new TestCluster(4, this::watched, StandingTime::new);
    private final List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));

    @AfterEach
    void stop() {
        cluster.close();
    }

    private Rpc watched(Rpc rpc) {
        return SingleMessages.of(rpc, (to, epoch, message) -> {
            Sent sent = new Sent(rpc, to, epoch, message);
            boolean keep = keeping.test(to, message);
            (keep ? kept : seen).add(sent);
            return !keep;
        });
    }

    private void keep(BiPredicate<NodeId, Message> which) {
        keeping = which;
    }

    private void release() {
        keeping = (_, _) -> false;
        for (Sent sent = kept.poll(); sent != null; sent = kept.poll()) {
            SingleMessages.send(sent.by(), sent.to(), sent.epoch(), sent.message());
        }
    }

    private long count(Class<? extends Message> kind) {
        return seen.stream().filter(it -> kind.isInstance(it.message())).count();
    }

    private ObjectState state(int node) {
        return cluster.kddm(node).objects(TestCluster.COUNTERS, 10).stream()
                .filter(it -> it.object() == OBJECT)
                .map(ObjectInfo::state)
                .findFirst()
                .orElse(ObjectState.INV_COPY);
    }

    private static boolean untold(Message message) {
        return message instanceof Message.Readers it && it.deferred() == 0;
    }

    private long read(int node) {
        return sets.get(node).read(OBJECT);
    }

    private CompletableFuture<Long> reading(int node) {
        return sets.get(node).getAsync(OBJECT).thenApply(hold -> {
            try (hold) {
                return hold.value();
            }
        });
    }

    /** Node 2 owns the object, node 1 read it before and knows that. */
    private void known(long value) {
        sets.get(2).setObject(OBJECT, value - 1);
        read(1);
        sets.get(2).setObject(OBJECT, value);
        await().until(() ->
                state(1) == ObjectState.INV_COPY && cluster.kddm(0).waits().isEmpty());
        seen.clear();
    }

    @Test
    void whoIsNoLongerTheOwnerLetsTheHomeSeeToIt() {
        known(5);
        sets.get(3).setObject(OBJECT, 6L);
        seen.clear();

        assertThat(read(1)).isEqualTo(6);

        assertThat(seen.stream()
                        .filter(it -> it.message() instanceof Message.Hinted)
                        .map(Sent::to))
                .containsExactly(NodeId.of(2), NodeId.of(0));
        assertThat(count(Message.Shared.class)).isZero();
    }

    @Test
    void whoHandedAnObjectOverKnowsItsOwner() {
        known(5);
        sets.get(3).setObject(OBJECT, 6L);
        await().until(() -> cluster.kddm(0).waits().isEmpty());
        seen.clear();

        assertThat(read(2)).isEqualTo(6);

        assertThat(count(Message.Shared.class)).isOne();
        assertThat(count(Message.Request.class)).isZero();
    }

    @Test
    void anOwnerDoesNotWriteBeforeTheHomeKnowsItsReaders() {
        known(5);
        keep((_, message) -> untold(message));
        assertThat(read(1)).isEqualTo(5);

        sets.get(2).setObject(OBJECT, 6L);

        assertThat(state(1)).isEqualTo(ObjectState.INV_COPY);
        assertThat(read(1)).isEqualTo(6);
        assertThat(kept).isNotEmpty();
    }

    @Test
    void anOwnerDoesNotLetGoBeforeTheHomeKnowsItsReaders() {
        known(5);
        keep((_, message) -> untold(message));
        assertThat(read(1)).isEqualTo(5);

        sets.get(3).setObject(OBJECT, 6L);

        assertThat(state(1)).isEqualTo(ObjectState.INV_COPY);
        assertThat(state(2).readable()).isFalse();
        assertThat(read(1)).isEqualTo(6);
        release();
        assertThat(sets.get(2).update(OBJECT, n -> n + 1)).isEqualTo(7);
        assertThat(read(1)).isEqualTo(7);
    }

    @Test
    void aRemovalWaitsForTheWordOfReaders() {
        known(5);
        boolean[] first = {true};
        keep((_, message) -> {
            boolean keep = first[0] && untold(message);
            first[0] &= !keep;
            return keep;
        });
        assertThat(read(1)).isEqualTo(5);

        sets.get(3).removeObject(OBJECT);

        assertThat(state(1)).isEqualTo(ObjectState.INV_COPY);
        assertThat(sets.get(1).readNoFirstTouch(OBJECT)).isEmpty();
    }

    @Test
    void aCopyThatWasSentBeforeAnInvalidationAndComesAfterItIsNotTaken() {
        known(5);
        keep((_, message) -> message instanceof Message.Shared);
        CompletableFuture<Long> reading = reading(1);
        await().until(() -> count(Message.Registered.class) == 1);
        sets.get(3).setObject(OBJECT, 6L);
        assertThat(reading).isNotDone();

        release();

        assertThat(TestCluster.join(reading)).isEqualTo(6);
    }

    @Test
    void whoGotNoCopyAfterAllGetsOwnershipWithTheData() {
        known(5);
        keep((_, message) -> message instanceof Message.Shared);
        CompletableFuture<Long> reading = reading(1);
        await().until(() -> count(Message.Registered.class) == 1);

        sets.get(2).flushObject(OBJECT);

        assertThat(read(3)).isEqualTo(5);
        release();
        assertThat(TestCluster.join(reading)).isEqualTo(5);
        assertThat(sets.get(1).update(OBJECT, n -> n + 1)).isEqualTo(6);
        assertThat(read(3)).isEqualTo(6);
    }

    @Test
    void aReaderThatWritesThenIsTheOnlyOneWithACopy() {
        known(5);
        assertThat(read(1)).isEqualTo(5);
        seen.clear();

        assertThat(sets.get(1).update(OBJECT, n -> n + 1)).isEqualTo(6);

        assertThat(state(1)).isEqualTo(ObjectState.WRITE_OWNER);
        assertThat(seen).noneMatch(it -> it.message() instanceof Message.Grant grant && grant.data() != null);
        assertThat(read(2)).isEqualTo(6);
        assertThat(read(3)).isEqualTo(6);
    }

    @Test
    void aWriterThatHasLostItsCopyGetsTheData() {
        known(5);
        assertThat(read(1)).isEqualTo(5);
        keep((to, message) -> to.equals(NodeId.of(1)) && message instanceof Message.Grant);
        CompletableFuture<Hold<Long>> writing = sets.get(1).grabAsync(OBJECT);
        await().until(() -> !kept.isEmpty());
        long seq = kept.stream()
                .map(it -> (Message.Grant) it.message())
                .findFirst()
                .orElseThrow()
                .seq();
        SingleMessages.send(
                Objects.requireNonNull(cluster.nodes.get(NodeId.of(0))).rpc(),
                NodeId.of(1),
                1,
                new Message.Invalidate(
                        TestCluster.COUNTERS.key(), OBJECT, seq - 1, false, false, 0, Message.ANY_NODE, 0));
        await().until(() -> state(1) == ObjectState.INV_COPY);

        release();

        try (Hold<Long> hold = TestCluster.join(writing)) {
            assertThat(hold.value()).isEqualTo(5);
        }
    }

    @Test
    void inANewViewTheHomeIsAsked() {
        known(5);
        cluster.fail(NodeSet.of(NodeId.of(3)));
        seen.clear();

        assertThat(read(1)).isEqualTo(5);

        assertThat(count(Message.Hinted.class)).isZero();
        assertThat(count(Message.Supply.class)).isOne();
    }

    @Test
    void readersOfWhomTheHomeDidNotHearAreAnnouncedInANewView() {
        known(5);
        keep((_, message) -> message instanceof Message.Readers);
        assertThat(read(1)).isEqualTo(5);
        cluster.fail(NodeSet.of(NodeId.of(3)));

        sets.get(2).setObject(OBJECT, 6L);

        assertThat(read(1)).isEqualTo(6);
    }

    @Test
    void anOwnerThatHoldsTheObjectToWriteLetsTheReaderWait() {
        known(5);
        CompletableFuture<Long> reading;
        try (Hold<Long> hold = sets.get(2).grab(OBJECT)) {
            reading = reading(1);
            await().until(() -> count(Message.Supply.class) == 1);
            hold.set(6L);
        }
        assertThat(TestCluster.join(reading)).isEqualTo(6);
    }

    @Test
    void objectsThatAreReadAndWrittenInTurnStillMove() {
        known(5);
        for (int turn = 0; turn < 12; turn++) {
            int node = 1 + turn % 3;
            long before = read(node);
            assertThat(sets.get(node).update(OBJECT, n -> n + 1)).isEqualTo(before + 1);
        }
        seen.clear();

        assertThat(read(1)).isEqualTo(17);

        assertThat(state(1)).isEqualTo(ObjectState.WRITE_OWNER);
        assertThat(count(Message.Hinted.class)).isZero();
        assertThat(state(3).readable()).isFalse();
    }
}
