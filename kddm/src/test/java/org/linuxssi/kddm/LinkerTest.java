package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.IoLinker;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

@Timeout(30)
class LinkerTest {

    private static final SetId SET = SetId.of(9, 1);

    private final TestCluster cluster = new TestCluster(3);
    private final List<String> log = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        cluster.close();
    }

    /** Writes down what it is told. */
    private class Recorder implements IoLinker<long[]> {
        final int node;
        final Map<Long, Long> store = new ConcurrentHashMap<>();

        Recorder(int node) {
            this.node = node;
        }

        void note(String what) {
            log.add(node + " " + what);
        }

        @Override
        public long[] firstTouch(long object) {
            note("first touch");
            return new long[] {object};
        }

        @Override
        public Optional<long[]> allocObject(long object) {
            note("alloc");
            return Optional.of(new long[1]);
        }

        @Override
        public long[] importObject(long object, Optional<long[]> into, Decoder in) {
            note("import");
            long[] value = into.orElseThrow();
            value[0] = in.i64();
            return value;
        }

        @Override
        public void exportObject(long object, long[] value, Encoder out) {
            note("export");
            out.i64(value[0]);
        }

        @Override
        public void insertObject(long object, long[] value) {
            note("insert");
        }

        @Override
        public void changeState(long object, long[] value, ObjectState state) {
            note("state " + state);
        }

        @Override
        public Invalidated invalidateObject(long object, long[] value) {
            note("invalidate");
            return Invalidated.KEEP;
        }

        @Override
        public void putObject(long object, long[] value, boolean exclusive) {
            note("put");
        }

        @Override
        public void removeObject(long object, long[] value) {
            note("remove");
        }

        @Override
        public void syncObject(long object, long[] value) {
            note("sync");
            store.put(object, value[0]);
        }

        @Override
        public void flushObject(long object, long[] value, NodeId destination) {
            note("flush to " + destination);
        }

        @Override
        public NodeId defaultOwner(long object) {
            return NodeId.of((int) (object >> 14));
        }
    }

    private List<KddmSet<long[]>> open() {
        return cluster.open(node -> SetSpec.of(SET, "recorder", new Recorder(node))
                .owner(DefaultOwner.linker())
                .objectSize(8));
    }

    @Test
    void theLinkerIsCalledInTheDocumentedOrder() {
        List<KddmSet<long[]>> sets = open();
        long object = 2 << 14;

        sets.get(0).get(object).close();
        assertThat(log).containsExactly("0 first touch", "0 insert", "0 state WRITE_OWNER", "0 put");
        log.clear();
        sets.get(1).get(object).close();
        assertThat(log)
                .containsExactly(
                        "0 export",
                        "0 state READ_OWNER",
                        "1 alloc",
                        "1 import",
                        "1 insert",
                        "1 state READ_COPY",
                        "1 put");
        log.clear();
        try (Hold<long[]> hold = sets.get(1).grab(object)) {
            hold.value()[0] = 5;
        }
        assertThat(log)
                .containsExactly("0 export", "0 state WRITE_GHOST", "0 invalidate", "1 state WRITE_OWNER", "1 put");
        log.clear();
        assertThat(sets.get(0).read(object)).containsExactly(5);
        assertThat(log)
                .containsExactly(
                        "1 export",
                        "1 state WRITE_GHOST",
                        "1 invalidate",
                        "0 import",
                        "0 insert",
                        "0 state WRITE_OWNER",
                        "0 put");
        log.clear();
        assertThat(sets.get(1).read(object)).containsExactly(5);
        assertThat(log)
                .containsExactly(
                        "0 export", "0 state READ_OWNER", "1 import", "1 insert", "1 state READ_COPY", "1 put");
    }

    @Test
    void syncAndRemoveReachTheLinkers() {
        List<KddmSet<long[]>> sets = open();
        sets.get(0).setObject(7, new long[] {9});
        sets.get(1).read(7);
        log.clear();

        sets.get(2).syncObject(7);
        sets.get(2).removeObject(7);

        assertThat(log).startsWith("0 sync").contains("0 remove", "1 remove");
    }

    @Test
    void aFailedFirstTouchIsTheCallersErrorAndMayBeRepeated() {
        List<KddmSet<long[]>> sets = cluster.open(node -> SetSpec.of(SET, "recorder", new Recorder(node) {
            private int calls;

            @Override
            public long[] firstTouch(long object) {
                if (calls++ == 0) {
                    throw new IllegalStateException("disk on fire");
                }
                return super.firstTouch(object);
            }
        }));
        for (KddmSet<long[]> set : sets.subList(0, 2)) {
            assertThatThrownBy(() -> set.get(3))
                    .hasMessageContaining("disk on fire")
                    .isInstanceOfSatisfying(
                            KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LINKER));
        }
        assertThat(sets.get(0).read(3)).containsExactly(3);
    }

    @Test
    void aLinkedSetIsTouchedAtItsDefaultOwner() {
        List<KddmSet<long[]>> sets = cluster.open(node -> SetSpec.of(SET, "recorder", new Recorder(node) {
                    @Override
                    public boolean mayBlock() {
                        return true;
                    }

                    @Override
                    public long[] firstTouch(long object) {
                        if (object == 13) {
                            throw new IllegalStateException("no such inode");
                        }
                        return super.firstTouch(object);
                    }
                })
                .owner(DefaultOwner.fixed(NodeId.of(2)))
                .flag(SetFlag.FT_LINKED));

        assertThat(sets.get(0).read(5)).containsExactly(5);
        assertThat(log).contains("2 first touch").doesNotContain("0 first touch");
        assertThat(sets.get(1).read(5)).containsExactly(5);
        assertThatThrownBy(() -> sets.get(0).grab(13)).hasMessageContaining("no such inode");
        assertThat(sets.get(2).readNoFirstTouch(13)).isEmpty();
    }

    @Test
    void theDefaultOwnerOpensTheSetByItself() {
        SetSpec<long[]> spec = SetSpec.of(SET, "recorder", new Recorder(0))
                .owner(DefaultOwner.fixed(NodeId.of(2)))
                .flag(SetFlag.FT_LINKED);
        KddmSet<long[]> set = cluster.kddm(0).open(spec);
        assertThatThrownBy(() -> set.get(1)).hasMessageContaining("has no linker recorder");

        cluster.kddm(2)
                .linker("recorder", definition -> SetSpec.of(definition.id(), definition.linkerName(), new Recorder(2))
                        .owner(definition.owner())
                        .flag(SetFlag.FT_LINKED));

        assertThat(set.read(1)).containsExactly(1);
        assertThat(log).contains("2 first touch");
    }

    @Test
    void anObjectThatIsTooLargeIsTheReadersError() {
        List<KddmSet<long[]>> sets = cluster.open(
                node -> SetSpec.of(SET, "recorder", new Recorder(node)).objectSize(4));
        sets.get(0).read(1);
        assertThatThrownBy(() -> sets.get(1).read(1)).hasMessageContaining("more than the set's 4");
        assertThat(sets.get(0).read(1)).containsExactly(1);
    }

    @Test
    void aDestroyedSetIsGoneOnAllNodes() {
        List<KddmSet<long[]>> sets = open();
        sets.get(0).setObject(1, new long[] {4});

        cluster.kddm(1).destroy(SET);

        assertThatThrownBy(() -> sets.get(0).get(1))
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NO_SET));
        KddmSet<long[]> again = cluster.kddm(0).open(SetSpec.of(SET, "recorder", new Recorder(0)));
        assertThat(again.read(1)).containsExactly(1);
    }
}
