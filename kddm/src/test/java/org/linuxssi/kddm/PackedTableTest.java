package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(60)
class PackedTableTest {

    @Test
    void itHasWhatAMapHas() {
        Random random = new Random(5);
        PackedTable table = new PackedTable();
        Map<Long, Integer> model = new HashMap<>();
        for (int round = 0; round < 400_000; round++) {
            int range = round < 200_000 ? 20_000 : 50;
            long object = random.nextInt(range) * (random.nextBoolean() ? 1L : 1L << 40);
            if (random.nextInt(3) == 0) {
                assertThat(table.remove(object)).isEqualTo(model.remove(object) != null);
            } else {
                int value = 1 + random.nextInt(1000);
                table.put(object, value);
                model.put(object, value);
            }
            assertThat(table.get(object)).isEqualTo(model.getOrDefault(object, 0));
        }
        model.keySet().removeIf(object -> {
            boolean gone = object % 3 == 0;
            if (gone) {
                table.remove(object);
            }
            return gone;
        });
        Map<Long, Integer> seen = new HashMap<>();
        table.forEach((object, value) -> assertThat(seen.put(object, value)).isNull());
        assertThat(seen).isEqualTo(model);
        assertThat(table.size()).isEqualTo(model.size());
    }

    @Test
    void aDirectoryEntryIsTheSameAfterItWasPacked() {
        DirectoryTable table = new DirectoryTable(TestCluster.COUNTERS.key());
        for (int n = 0; n < 5000; n++) {
            int number = n;
            table.locked(n, entry -> fill(entry, number));
        }
        for (int n = 0; n < 5000; n++) {
            int number = n;
            table.locked(n, entry -> {
                DirectoryEntry expected = new DirectoryEntry(entry.set, number);
                fill(expected, number);
                assertThat(entry).usingRecursiveComparison().isEqualTo(expected);
            });
        }
        assertThat(table.size()).isEqualTo(5000);
        for (int n = 0; n < 5000; n++) {
            table.locked(n, entry -> entry.holders = Holders.Absent.IT);
        }
        assertThat(table.size()).isZero();
    }

    /** More copy sets than have numbers, and lost objects. */
    private static void fill(DirectoryEntry entry, int n) {
        entry.placement = n % (Members.LOCAL + 1);
        entry.replicated = n % 3 == 0;
        entry.shadowed = n % 5 == 0;
        if (n % 11 == 0) {
            entry.holders = Holders.Lost.IT;
        } else {
            entry.holders = Holders.Absent.IT
                    .ownedBy(NodeId.of(n % NodeId.LIMIT))
                    .perhapsWith(NodeSet.of(NodeId.of(n / 20 % NodeId.LIMIT)))
                    .with(NodeId.of(7));
        }
    }
}
