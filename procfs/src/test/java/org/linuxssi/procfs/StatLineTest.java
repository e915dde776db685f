package org.linuxssi.procfs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.linuxssi.proc.CpuTimes;
import org.linuxssi.proc.TimeShift;

class StatLineTest {

    private static final String HEAD = "17 (a) name) S 1 17 17 0 -1 0 0 0 0 0 ";

    private static String shifted(String times, TimeShift shift) {
        byte[] line = (HEAD + times + " 4096\n").getBytes(US_ASCII);
        return new String(StatLine.shift(line, shift), US_ASCII);
    }

    @Test
    void theTimesBeforeAMoveAreAdded() {
        TimeShift shift = new TimeShift(900, new CpuTimes(100, 20, 3, 4), 55);
        assertThat(shifted("5 6 7 8 20 0 1 0 900", shift)).isEqualTo(HEAD + "105 26 10 12 20 0 1 0 55 4096\n");
    }

    @Test
    void whatTheAgentUsedBeforeDoesNotCount() {
        TimeShift shift = new TimeShift(900, new CpuTimes(-2, -1, -1, 0), 0);
        assertThat(shifted("5 1 0 8 20 0 1 0 900", shift)).isEqualTo(HEAD + "3 0 0 8 20 0 1 0 0 4096\n");
    }

    @Test
    void anotherProcessWithTheSamePidHasNoPast() {
        TimeShift shift = new TimeShift(900, new CpuTimes(100, 20, 3, 4), 55);
        assertThat(shifted("5 6 7 8 20 0 1 0 901", shift)).isEqualTo(HEAD + "5 6 7 8 20 0 1 0 901 4096\n");
    }
}
