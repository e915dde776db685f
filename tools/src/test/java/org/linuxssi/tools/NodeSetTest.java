package org.linuxssi.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSetTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0|0", "3,2|2-3", "2,3,6-10|2-3,6-10", "16:18|16-18", "255|255", "1,1,2|1-2"})
    void readsBothFormsAndWritesTheNewerOne(String text, String written) {
        assertThat(NodeSet.parse(text)).hasToString(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "a", "256", "-1", "3-2", "1-2-3", "1 2", "1,,2", "99999999999"})
    void refusesAllElse(String text) {
        assertThatThrownBy(() -> NodeSet.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("node list '" + text + "'");
    }

    @Test
    void masksSurviveARoundTrip() {
        NodeSet nodes = NodeSet.parse("0,7,8,100-120,255");
        assertThat(NodeSet.ofMask(nodes.toMask())).isEqualTo(nodes);
        assertThat(nodes.lowest()).isEqualTo(NodeId.of(0));
        assertThat(nodes.minus(NodeSet.first(101)).plus(NodeId.of(1))).hasToString("1,101-120,255");
    }
}
