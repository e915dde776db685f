package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.spi.ObjectState;

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
