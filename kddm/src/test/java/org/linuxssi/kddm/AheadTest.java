package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** Node 1 reads objects of node 0 and fetches some ahead. Time stands still, so that nothing is sent twice. */
@Timeout(30)
class AheadTest {

    private static final int OBJECTS = 100;
    private static final int AHEAD = 9;

    private final Queue<List<Long>> asked = new ConcurrentLinkedQueue<>();

    private Rpc recorded(Rpc rpc) {
        return WatchedRpc.of(rpc, (_, it) -> {
            List<Long> objects = it.messages().stream()
                    .filter(AheadTest::asks)
                    .map(Message::object)
                    .toList();
            if (!objects.isEmpty()) {
                asked.add(objects);
            }
        });
    }

    private static boolean asks(Message message) {
        return message instanceof Message.Request request
                && request.set() == TestCluster.COUNTERS.key()
                && request.want() == Want.READ;
    }

    private static SetSpec<Long> spec() {
        return TestCluster.counterSpec().owner(DefaultOwner.fixed(NodeId.of(0)));
    }

    /** What a test does with the set of node 0, which has made the objects, and that of node 1. */
    @FunctionalInterface
    private interface Use {
        void of(KddmSet<Long> maker, KddmSet<Long> reader);
    }

    private void use(int ahead, Use use) {
        try (TestCluster cluster = new TestCluster(2, this::recorded, StandingTime::new)) {
            KddmSet<Long> maker = cluster.kddm(0).open(spec());
            KddmSet<Long> reader = cluster.kddm(1).open(spec().ahead(ahead));
            LongStream.range(0, OBJECTS).forEach(object -> maker.setObject(object, 2 * object));
            use.of(maker, reader);
        }
    }

    @Test
    void whoReadsInOrderGetsTheNextOnesWithTheSameMessages() {
        use(AHEAD, (_, reader) -> {
            for (long object = 0; object < OBJECTS; object++) {
                assertThat(reader.read(object)).isEqualTo(2 * object);
            }
            assertThat(asked.stream().flatMap(List::stream))
                    .doesNotHaveDuplicates()
                    .contains(0L, 50L, 99L);
            assertThat(asked).hasSizeLessThan(2 + OBJECTS / AHEAD);
        });
    }

    @Test
    void withoutItEachObjectIsAskedFor() {
        use(0, (_, reader) -> {
            for (long object = 0; object < OBJECTS; object++) {
                reader.read(object);
            }
            assertThat(asked).hasSize(OBJECTS);
        });
    }

    @Test
    void nothingIsFetchedForWhoReadsHereAndThere() {
        use(AHEAD, (_, reader) -> {
            List<Long> objects = LongStream.range(0, OBJECTS)
                    .boxed()
                    .sorted(Collections.reverseOrder())
                    .toList();
            objects.forEach(reader::read);
            assertThat(asked).hasSize(OBJECTS).allMatch(each -> each.size() == 1);
        });
    }

    @Test
    void whatWasFetchedIsAsCurrentAsAnyCopy() {
        use(AHEAD, (maker, reader) -> {
            reader.read(0);
            reader.read(1);
            await().until(() -> reader.find(5).map(AheadTest::put).isPresent());
            maker.setObject(5, -1L);
            assertThat(reader.read(5)).isEqualTo(-1);
        });
    }

    @Test
    void absentObjectsStayAbsent() {
        use(AHEAD, (maker, reader) -> {
            reader.read(OBJECTS - 2);
            reader.read(OBJECTS - 1);
            await().until(() -> asked.stream().anyMatch(objects -> objects.size() == 1 + AHEAD)
                    || asked.stream().anyMatch(objects -> objects.contains((long) OBJECTS)));
            assertThat(maker.readNoFirstTouch(OBJECTS)).isEmpty();
            assertThat(reader.readNoFirstTouch(OBJECTS + 3)).isEmpty();
        });
    }

    @Test
    void theLastNumbersOfAllAreNoEnd() {
        use(AHEAD, (_, reader) -> {
            reader.setObject(Long.MAX_VALUE - 1, 7L);
            reader.setObject(Long.MAX_VALUE, 8L);
            reader.flushSet();
            assertThat(reader.read(Long.MAX_VALUE - 1)).isEqualTo(7);
            assertThat(reader.read(Long.MAX_VALUE)).isEqualTo(8);
            assertThat(asked.stream().flatMap(List::stream)).allMatch(object -> object >= 0);
        });
    }

    @Test
    void numbersOutOfRangeAndSetsWithoutCopiesAreRefused() {
        assertThatThrownBy(() -> spec().ahead(-1)).hasMessage("objects fetched ahead: -1 is not in 0-1024");
        assertThatThrownBy(() -> spec().ahead(1025)).hasMessage("objects fetched ahead: 1025 is not in 0-1024");
        assertThatThrownBy(() -> spec().flag(SetFlag.LOCAL_EXCLUSIVE).ahead(1))
                .hasMessage("set " + TestCluster.COUNTERS
                        + " is LOCAL_EXCLUSIVE: its objects have no copies that could be fetched ahead");
    }

    private static long put(Hold<Long> hold) {
        try (hold) {
            return hold.value();
        }
    }
}
