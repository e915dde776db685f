package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.linuxssi.proc.CpuNumbering.OfNode;

/** Three nodes of two, three and two processors; the middle one has real processors 0, 2 and 5, and may not use 5. */
class CpuNumberingTest {

    private static final OfNode PAIR = new OfNode(2, bits(0, 1));

    private final CpuNumbering middle =
            CpuNumbering.of(List.of(PAIR), List.of(0, 2, 5), new OfNode(3, bits(0, 1)), List.of(PAIR));

    @Test
    void aThreadThatIsBoundToNothingHasAllThatCanBeUsed() {
        assertThat(middle.total()).isEqualTo(7);
        assertThat(middle.shown(bits(0, 2))).isEqualTo(bits(0, 1, 2, 3, 5, 6));
        assertThat(middle.shown(bits(0, 2, 5))).isEqualTo(bits(0, 1, 2, 3, 5, 6));
    }

    @Test
    void aBoundThreadHasTheClustersNumbersOfItsProcessors() {
        assertThat(middle.shown(bits(2))).isEqualTo(bits(3));
    }

    @Test
    void aThreadIsBoundToTheProcessorsOfItsNode() {
        assertThat(middle.real(bits(1, 2))).isEqualTo(bits(0));
        assertThat(middle.real(bits(4))).isEqualTo(bits(5));
    }

    @Test
    void anyOfTheNodeHasToDoForProcessorsOfOtherNodes() {
        assertThat(middle.real(bits(0, 6, 700)).cardinality()).isGreaterThan(1000);
    }

    @Test
    void processorsThatAreNotThereAreNone() {
        assertThat(middle.real(bits(700))).isEqualTo(new BitSet());
        assertThat(middle.real(bits())).isEqualTo(new BitSet());
    }

    @Test
    void allOfTheNodeIsNoBinding() {
        assertThat(middle.real(bits(2, 3)).cardinality()).isGreaterThan(1000);
        assertThat(middle.real(bits(0, 1, 2, 3, 4, 5, 6)).cardinality()).isGreaterThan(1000);
    }

    private static BitSet bits(int... numbers) {
        BitSet bits = new BitSet();
        for (int number : numbers) {
            bits.set(number);
        }
        return bits;
    }
}
