package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.linuxssi.hotplug.Agreed.Member;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(20)
class QuorumTest {

    private static Agreed view(int nodes) {
        return Agreed.first(
                1,
                IntStream.range(0, nodes)
                        .mapToObj(i -> new Member(NodeId.of(i), 1))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1|0|true",
                "2|0|true",
                "2|1|false",
                "3|1-2|true",
                "3|0|false",
                "4|0,3|true",
                "4|1-2|false",
                "4|1-3|true",
                "5|0-1|false",
                "5|2-4|true"
            })
    void moreThanHalfOrHalfWithTheLowest(int nodes, String some, boolean enough) {
        assertThat(view(nodes).quorum(NodeSet.parse(some), NodeSet.EMPTY)).isEqualTo(enough);
    }

    @Test
    void membersThatEndedAreNotWaitedForWhenAllOthersAgree() {
        NodeSet ended = NodeSet.parse("0-1");
        assertThat(view(3).quorum(NodeSet.parse("2"), ended)).isTrue();
        assertThat(view(4).quorum(NodeSet.parse("2"), ended)).isFalse();
        assertThat(view(3).quorum(NodeSet.EMPTY, NodeSet.parse("0-2"))).isFalse();
    }

    @Test
    void anyTwoQuorumsHaveANodeInCommon() {
        for (int nodes = 1; nodes <= 6; nodes++) {
            Agreed view = view(nodes);
            for (int one = 0; one < 1 << nodes; one++) {
                for (int two = 0; two < 1 << nodes; two++) {
                    if (view.quorum(mask(one), NodeSet.EMPTY) && view.quorum(mask(two), NodeSet.EMPTY)) {
                        assertThat(one & two).isNotZero();
                    }
                }
            }
        }
    }

    private static NodeSet mask(int bits) {
        return NodeSet.of(IntStream.range(0, 8)
                .filter(i -> (bits & 1 << i) != 0)
                .mapToObj(NodeId::of)
                .toList());
    }
}
