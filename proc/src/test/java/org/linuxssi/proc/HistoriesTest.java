package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.SystemTime;

/** The past of a process that came from elsewhere; this one stands for it. */
class HistoriesTest {

    private static final int PID = 17;
    private static final int HOST_PID = (int) ProcessHandle.current().pid();
    private static final long BOOT = 1_000_000_000_000L;
    private static final History PAST =
            new History(new CpuTimes(1_000_000, 2_000_000, 30, 40), BOOT + 70_000, List.of());

    @TempDir
    Path directory;

    private Histories histories() {
        return new Histories(directory, () -> BOOT);
    }

    @Test
    void aProcessWithoutAPastHasTheTimesOfTheKernel() {
        ProcFiles.Stat stat = ProcFiles.stat(HOST_PID);
        History now = histories().of(PID, HOST_PID);
        assertThat(now.startMillis()).isEqualTo(BOOT + stat.field(22) * 10);
        assertThat(now.used().user())
                .isGreaterThanOrEqualTo(stat.field(14))
                .isLessThan(PAST.used().user());
        assertThat(histories().shift(PID)).isEmpty();
    }

    @Test
    void theTimesGoOnFromThoseOfThePast() {
        Histories histories = histories();
        histories.put(PID, HOST_PID, PAST);
        CpuTimes used = histories.of(PID, HOST_PID).used();
        assertThat(used.user()).isBetween(1_000_000L, 1_010_000L);
        assertThat(used.system()).isBetween(2_000_000L, 2_010_000L);
        assertThat(histories.of(PID, HOST_PID).startMillis()).isEqualTo(PAST.startMillis());
        assertThat(histories.shift(PID).orElseThrow().start()).isEqualTo(7_000);
    }

    @Test
    void theNextDaemonKnowsThem() {
        Histories histories = histories();
        histories.put(PID, HOST_PID, PAST);
        histories.save();
        assertThat(histories().shift(PID)).isPresent().isEqualTo(histories.shift(PID));
        histories.remove(PID);
        assertThat(histories().shift(PID)).isEmpty();
    }

    @Test
    void aProcessThatEndedIsDroppedWhenItIsReaped() {
        Histories histories = histories();
        histories.put(PID, HOST_PID, PAST);
        try (SystemTime time = new SystemTime()) {
            AtomicBoolean zombie = new AtomicBoolean(true);
            histories.ended(PID, time, pid -> Optional.of(HOST_PID).filter(host -> zombie.get()));
            assertThat(histories.shift(PID)).isPresent();
            zombie.set(false);
            await().until(() -> histories.shift(PID).isEmpty());
        }
    }

    @Test
    void anotherProcessThatHasThePidOfOneThatEndedDoesNotKeepItsPast() {
        Histories histories = histories();
        histories.put(PID, HOST_PID, PAST);
        try (SystemTime time = new SystemTime()) {
            histories.ended(PID, time, pid -> Optional.of(1));
        }
        assertThat(histories.shift(PID)).isEmpty();
    }

    @Test
    void anotherProcessWithTheSamePidDoesNotInheritThem() {
        Histories histories = histories();
        histories.put(PID, HOST_PID, PAST);
        CpuTimes init = histories.of(PID, 1).used();
        assertThat(init.user()).isLessThan(1_000_000);
    }
}
