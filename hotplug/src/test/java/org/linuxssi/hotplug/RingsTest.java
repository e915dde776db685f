package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(20)
class RingsTest {

    private static final int MOST = 2 * Rings.COUNT;

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 18, 64, 256})
    void watchersAndWatchedAreTheSameFew(int nodes) {
        NodeSet all = NodeSet.first(nodes);
        Rings rings = new Rings(all);
        for (NodeId node : all) {
            NodeSet neighbours = rings.neighbours(node);
            assertThat(neighbours.size()).isBetween(1, MOST);
            assertThat(neighbours.contains(node)).isFalse();
            neighbours.forEach(
                    other -> assertThat(rings.neighbours(other).contains(node)).isTrue());
        }
    }

    @Test
    void aNodeAloneWatchesNobody() {
        NodeId only = NodeId.of(9);
        assertThat(new Rings(NodeSet.of(only)).neighbours(only)).isEqualTo(NodeSet.EMPTY);
    }

    @ParameterizedTest
    @ValueSource(ints = {18, 64, 256})
    void newsReachesAllInFewSteps(int nodes) {
        Rings rings = new Rings(NodeSet.first(nodes));
        for (NodeId first : NodeSet.first(nodes)) {
            NodeSet reached = NodeSet.of(first);
            for (int step = 0; step < 5; step++) {
                for (NodeId node : reached) {
                    reached = reached.plus(rings.neighbours(node));
                }
            }
            assertThat(reached.size()).as("reached from " + first).isEqualTo(nodes);
        }
    }

    @Test
    void oneThatIsAwayIsStillTriedAndTheNextOneTakesItsPart() {
        NodeSet all = NodeSet.first(64);
        Rings rings = new Rings(all);
        NodeId node = NodeId.of(20);
        NodeSet usual = rings.neighbours(node);
        NodeSet now = rings.neighbours(node, usual::contains);
        assertThat(now.containsAll(usual)).isTrue();
        assertThat(now.minus(usual).size()).isBetween(2, MOST);
        assertThat(rings.neighbours(node, _ -> true)).isEqualTo(usual);
    }

    @Test
    void aNodeMoreChangesTheNeighboursOfFew() {
        NodeSet all = NodeSet.first(64);
        Rings before = new Rings(all.minus(NodeId.of(33)));
        Rings after = new Rings(all);
        long changed = all.minus(NodeId.of(33)).stream()
                .filter(node -> !before.neighbours(node).equals(after.neighbours(node)))
                .count();
        assertThat(changed).isBetween(1L, (long) MOST);
    }
}
