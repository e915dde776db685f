package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PidFdTest {

    /** Kernels before 6.15 forget it. */
    @BeforeEach
    void kernel() {
        String[] release = ProcFiles.kernelText("sys/kernel/osrelease").split("[.-]");
        int version = Integer.parseInt(release[0]) * 1000 + Integer.parseInt(release[1]);
        assumeThat(version).isGreaterThanOrEqualTo(6015);
    }

    @Test
    void theStatusOfAProcessIsKnownAfterItsParentTookNotice() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sh", "-c", "read line; exit 7").start();
        try (PidFd descriptor = PidFd.open((int) process.pid())) {
            assertThat(descriptor.exitStatus()).isEmpty();
            process.getOutputStream().close();
            assertThat(process.waitFor()).isEqualTo(7);
            assertThat(descriptor.exitStatus()).contains(WaitStatus.ofExit(7));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aSignalThatEndedItIsKnownToo() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("sleep", "100").start();
        try (PidFd descriptor = PidFd.open((int) process.pid())) {
            assertThat(descriptor.signal(Signals.SIGTERM)).isTrue();
            process.waitFor();
            assertThat(descriptor.exitStatus()).contains(WaitStatus.ofSignal(Signals.SIGTERM));
        } finally {
            process.destroyForcibly();
        }
    }
}
