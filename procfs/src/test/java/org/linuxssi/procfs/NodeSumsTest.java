package org.linuxssi.procfs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.linuxssi.tools.NodeId;

class NodeSumsTest {

    @Test
    void processorsAndSocketsAreNumberedOn() {
        String node =
                "processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\nphysical id\t: 0\ncore id\t\t: 1\n\n";
        assertThat(NodeSums.cpuInfo(List.of(node, node)))
                .isEqualTo(
                        node
                                + "processor\t: 2\nphysical id\t: 1\ncore id\t\t: 0\n\nprocessor\t: 3\nphysical id\t: 1\ncore id\t\t: 1\n\n");
    }

    @Test
    void memoryIsAddedAndKeepsItsForm() {
        String one = "MemTotal:       24684188 kB\nHugePages_Total:       1\n";
        String two = "MemTotal:              2 kB\nHugePages_Total:       2\nNew:     5 kB\n";
        assertThat(NodeSums.keyed(List.of(one, two)))
                .isEqualTo("MemTotal:       24684190 kB\nHugePages_Total:        3\nNew:                   5 kB\n");
        assertThat(NodeSums.keyed(List.of("pgpgin 1\n", "pgpgin 41\n"))).isEqualTo("pgpgin 42\n");
    }

    @Test
    void timesAreAddedAndTheBootTimeIsOurs() {
        String one = "cpu  1 2 3\ncpu0 1 2 3\nintr 10 4 6\nctxt 5\nbtime 100\nprocesses 7\n";
        String two = "cpu  10 20 30\ncpu0 4 8 15\ncpu2 6 12 15\nintr 1 1\nctxt 6\nbtime 90\nprocesses 8\n";
        assertThat(NodeSums.stat(two, List.of(one, two)))
                .isEqualTo(
                        "cpu  11 22 33\ncpu0 1 2 3\ncpu1 4 8 15\ncpu2 6 12 15\nintr 11 5 6\nctxt 11\nbtime 90\nprocesses 15\n");
    }

    @Test
    void loadsAreAdded() {
        assertThat(NodeSums.loadAverage(
                        "0.50 0.25 1.00 2/100 77\n", List.of("0.50 0.25 1.00 2/100 77\n", "1.00 1.00 1.00 1/50 9\n")))
                .isEqualTo("1.50 1.25 2.00 3/150 77\n");
    }

    @Test
    void uptimeIsOursAndIdleTimeIsAdded() {
        Uptime here = Uptime.parse("100.05 7.10\n");
        assertThat(Uptime.sum(here, List.of(here, Uptime.parse("900.00 3.00\n")))
                        .format())
                .isEqualTo("100.05 10.10\n");
    }

    @Test
    void statLinesAreMadeToFitThisNode() {
        String line = "16485 (a) b) S 1 2 3 34817 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1000 " + "9 ".repeat(29) + "9\n";
        String shown = new String(StatLine.convert(line.getBytes(ISO_8859_1), NodeId.of(1), -50, true), ISO_8859_1);
        String[] fields = shown.substring(shown.lastIndexOf(')') + 2).strip().split(" ");
        assertThat(shown).startsWith("16485 (a) b) S 1 2 3 ");
        assertThat(fields[22 - 3]).isEqualTo("950");
        int tty = Integer.parseInt(fields[7 - 3]);
        assertThat((tty >> 8) & 0xfff).isEqualTo(136);
        assertThat((tty & 0xff) | (tty >> 12 & 0xfff00)).isEqualTo(4097);
        assertThat(fields[28 - 3]).isEqualTo("9");
        String hidden = new String(StatLine.convert(line.getBytes(ISO_8859_1), NodeId.of(1), 0, false), ISO_8859_1);
        assertThat(hidden.substring(hidden.lastIndexOf(')') + 2).split(" ")[28 - 3])
                .isEqualTo("0");
    }
}
