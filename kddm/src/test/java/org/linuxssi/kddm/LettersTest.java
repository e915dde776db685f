package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** What one step has for a node travels in one envelope. Time stands still, so that nothing is sent twice. */
@Timeout(30)
class LettersTest {

    private static final int OBJECTS = 20;

    private record Letter(NodeId from, NodeId to, List<Message> messages) {}

    private final Queue<Letter> letters = new ConcurrentLinkedQueue<>();

    private Rpc recorded(Rpc rpc) {
        return WatchedRpc.of(rpc, (to, it) -> letters.add(new Letter(rpc.self(), to, it.messages())));
    }

    private TestCluster cluster(int nodes) {
        return new TestCluster(nodes, this::recorded, StandingTime::new);
    }

    private long messages(Class<? extends Message> kind) {
        return messages().filter(kind::isInstance).count();
    }

    private Stream<Message> messages() {
        return letters.stream().flatMap(letter -> letter.messages().stream());
    }

    @Test
    void copiesOfManyObjectsAreInvalidatedTogether() {
        try (TestCluster cluster = cluster(3)) {
            List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
            List<Long> objects = LongStream.range(0, OBJECTS).boxed().toList();
            objects.forEach(object -> sets.get(0).setObject(object, 5L));
            objects.forEach(object -> sets.get(1).read(object));
            objects.forEach(object -> sets.get(2).read(object));
            await().until(() -> cluster.kddm(0).waits().isEmpty());
            letters.clear();

            sets.get(1).removeObjects(objects);

            await().until(() -> messages(Message.Done.class) == OBJECTS);
            assertThat(messages(Message.Invalidate.class)).isEqualTo(2 * OBJECTS);
            assertThat(messages(Message.Invalidated.class)).isEqualTo(2 * OBJECTS);
            assertThat(messages().filter(it -> !(it instanceof Message.Exists))).hasSize(7 * OBJECTS);
            assertThat(letters).hasSizeBetween(7, 9);
            assertThat(objects)
                    .allMatch(object -> sets.get(2).readNoFirstTouch(object).isEmpty());
        }
    }

    /** Returns what was sent about the counters. */
    private List<String> ways() {
        return letters.stream()
                .filter(it -> it.messages().getFirst().set() == TestCluster.COUNTERS.key())
                .map(it -> it.from() + " to " + it.to() + ": "
                        + it.messages().stream()
                                .map(message -> message.getClass().getSimpleName())
                                .toList())
                .toList();
    }

    @Test
    void aReadTakesTwoMessagesWhenTheReaderKnowsTheOwnerAndThreeWhenNot() {
        try (TestCluster cluster = cluster(4)) {
            List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
            sets.get(2).setObject(1, 5L);
            sets.get(1).read(1);
            sets.get(2).setObject(1, 6L);
            await().until(() -> cluster.kddm(0).waits().isEmpty());
            letters.clear();

            assertThat(sets.get(1).read(1)).isEqualTo(6);

            await().untilAsserted(() -> assertThat(ways())
                    .containsExactly(
                            "1 to 2: [Hinted]", "2 to 1: [Shared]", "2 to 0: [Readers]", "0 to 2: [Registered]"));
            letters.clear();

            assertThat(sets.get(3).read(1)).isEqualTo(6);

            await().untilAsserted(() -> assertThat(ways())
                    .containsExactly("3 to 0: [Request]", "0 to 2: [Supply]", "2 to 3: [Grant]", "3 to 0: [Done]"));
        }
    }

    @Test
    void whoGetsOwnershipFromTheHomeConfirmsItToOwnerAndHomeAtOnce() {
        try (TestCluster cluster = cluster(2)) {
            List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));
            sets.get(0).setObject(1, 5L);
            sets.get(0).setObject(2, 5L);
            sets.get(1).read(2);
            await().until(() -> cluster.kddm(0).waits().isEmpty());
            letters.clear();

            sets.get(1).update(1, n -> n + 1);

            await().until(() -> messages(Message.Done.class) == 1);
            assertThat(messages().map(Object::getClass))
                    .containsExactly(
                            Message.Request.class, Message.Grant.class, Message.Received.class, Message.Done.class);
            assertThat(letters).hasSize(3);
        }
    }

    @Test
    void anEnvelopeHasRoomForManyMessagesAndFewLargeObjects() {
        Message small = new Message.Probe(1, 2, 3);
        assertThat(Envelope.of(1, LongStream.range(0, 130).mapToObj(_ -> small).toList()))
                .extracting(it -> it.messages().size())
                .containsExactly(64, 64, 2);
        Message large = new Message.Backup(1, 2, 3, 4, 5, 255, false, new byte[40 << 10]);
        assertThat(Envelope.of(1, List.of(large, small, large, small)))
                .extracting(it -> it.messages().size())
                .containsExactly(3, 1);
    }
}
