package org.linuxssi.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.linuxssi.kddm.DefaultOwner;
import org.linuxssi.kddm.SetDefinition;
import org.linuxssi.kddm.SetInfo;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;

class KddmTableTest {

    @Test
    void aLineTellsASetsPropertiesAndWhatTheNodeHasOfIt() {
        SetDefinition pids = new SetDefinition(SetId.of(200, 1), "pids", DefaultOwner.shift(14), 16, Set.of(), 2);
        SetInfo set = new SetInfo(pids.id(), Optional.of(pids), Optional.of(NodeId.of(2)), 3, 2, 1, 40, 5);
        List<String> lines = KddmTable.format(List.of(set)).lines().toList();
        assertThat(lines.getFirst().split(" +"))
                .containsExactly(
                        "SET", "LINKER", "SIZE", "COPIES", "MANAGER", "OBJECTS", "OWNED", "HOMES", "HITS", "MISSES",
                        "FLAGS");
        assertThat(lines.get(1).split(" +"))
                .containsExactly("200:1", "pids", "16", "2", "2", "3", "2", "1", "40", "5", "-");
    }

    @Test
    void aSetThatIsNotOpenHereHasNoProperties() {
        SetInfo set = new SetInfo(SetId.of(7, 1), Optional.empty(), Optional.empty(), 0, 0, 4, 0, 0);
        assertThat(KddmTable.format(List.of(set)).lines().toList().get(1).split(" +"))
                .containsExactly("7:1", "-", "-", "-", "-", "0", "0", "4", "0", "0", "-");
    }
}
