package org.linuxssi.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.linuxssi.kddm.BenchmarkRow;
import org.linuxssi.kddm.DefaultOwner;
import org.linuxssi.kddm.ObjectInfo;
import org.linuxssi.kddm.SetCounters;
import org.linuxssi.kddm.SetDefinition;
import org.linuxssi.kddm.SetFlag;
import org.linuxssi.kddm.SetInfo;
import org.linuxssi.kddm.WaitInfo;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

class KddmTableTest {

    private static final SetCounters COUNTERS = new SetCounters(40, 5, 6, 7, 8, 9, 10, 11, 12);

    @Test
    void aLineTellsASetsPropertiesAndWhatTheNodeHasOfIt() {
        SetDefinition pids = new SetDefinition(SetId.of(200, 1), "pids", DefaultOwner.shift(14), 16, Set.of(), 2);
        SetInfo set = new SetInfo(pids.id(), Optional.of(pids), Optional.of(NodeId.of(2)), 3, 2, 1, COUNTERS);
        List<String> lines = KddmTable.format(List.of(set)).lines().toList();
        assertThat(lines.getFirst().split(" +"))
                .containsExactly(
                        "SET",
                        "LINKER",
                        "SIZE",
                        "COPIES",
                        "MANAGER",
                        "OBJECTS",
                        "OWNED",
                        "HOMES",
                        "HITS",
                        "MISSES",
                        "GETS",
                        "GRABS",
                        "INVALS",
                        "EVICTED",
                        "INJECTED",
                        "REHOMED",
                        "LOST",
                        "FLAGS");
        assertThat(lines.get(1).split(" +"))
                .containsExactly(
                        "200:1", "pids", "16", "2", "2", "3", "2", "1", "40", "5", "6", "7", "8", "9", "10", "11", "12",
                        "-");
    }

    @Test
    void aSetThatIsNotOpenHereHasNoProperties() {
        SetInfo set = new SetInfo(
                SetId.of(7, 1),
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                4,
                new SetCounters(0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(KddmTable.format(List.of(set)).lines().toList().get(1).split(" +"))
                .containsExactly(
                        "7:1", "-", "-", "-", "-", "0", "0", "4", "0", "0", "0", "0", "0", "0", "0", "0", "0", "-");
    }

    @Test
    void propertiesObjectsAndWaitsAreLines() {
        SetDefinition pids = new SetDefinition(
                SetId.of(200, 1), "pids", DefaultOwner.fixed(NodeId.of(4)), 16, Set.of(SetFlag.DURABLE), 2);
        SetInfo set = new SetInfo(pids.id(), Optional.of(pids), Optional.of(NodeId.of(2)), 3, 2, 1, COUNTERS);
        assertThat(KddmTable.sets(List.of(set)).lines().toList().get(1).split(" +"))
                .containsExactly("200:1", "pids", "node", "4", "16", "2", "2", "DURABLE");
        ObjectInfo object = new ObjectInfo(
                -5, ObjectState.READ_OWNER, ObjectInfo.Awaited.HOLDS, Optional.of(NodeId.of(1)), 9, 2, false, 1);
        assertThat(KddmTable.objects(List.of(object))
                        .lines()
                        .toList()
                        .get(1)
                        .strip()
                        .split(" +"))
                .containsExactly("-5", "READ_OWNER", "HOLDS", "1", "9", "2", "no", "1");
        WaitInfo wait = new WaitInfo(pids.id(), 7, NodeId.of(3), "WRITE", 0, NodeSet.first(2), true);
        assertThat(KddmTable.waits(List.of(wait)).split(" +"))
                .containsExactly("200:1", "7", "WRITE", "3", "0", "0-1", "held");
    }

    @Test
    void bytesAreShownWithTheirCharacters() {
        assertThat(KddmViews.dump("ABCDEFGHIJKLMNOP\n".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("""
                00000000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50  |ABCDEFGHIJKLMNOP|
                00000010  0a                                               |.|
                00000011""");
    }

    @Test
    void theBenchmarkIsInMicrosecondsAndExchanges() {
        List<String> lines = KddmTable.benchmark(List.of(
                        new BenchmarkRow("4 B, home here", "get from node 1", 16, 51_234.5, 50_000, 99_999, 1.5),
                        new BenchmarkRow("4 B, home here", "get from node 2", 0, 0, 0, 0, 0)))
                .lines()
                .toList();
        assertThat(lines.getFirst().split("  +"))
                .containsExactly("OBJECTS", "OPERATION", "MEAN-US", "P50-US", "P99-US", "EXCHANGES");
        assertThat(lines.get(1).split("  +"))
                .containsExactly("4 B, home here", "get from node 1", "51.23", "50.00", "100.00", "1.50");
        assertThat(lines.get(2).split("  +")).containsExactly("4 B, home here", "get from node 2", "-", "-", "-", "-");
    }
}
