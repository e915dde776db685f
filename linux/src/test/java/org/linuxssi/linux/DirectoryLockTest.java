package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DirectoryLockTest {

    @TempDir
    Path directory;

    @Test
    void anotherProcessWaitsUntilTheLockIsGivenBack() throws IOException {
        Path entered = directory.resolve("entered");
        Process other;
        try (DirectoryLock _ = DirectoryLock.of(directory)) {
            assertThat(flock("--nonblock", "true").onExit().join().exitValue()).isEqualTo(1);
            other = flock("touch", entered.toString());
            assertThat(entered).doesNotExist();
        }
        await().until(() -> Files.exists(entered));
        assertThat(other.onExit().join().exitValue()).isZero();
        assertThat(flock("--nonblock", "true").onExit().join().exitValue()).isZero();
    }

    @Test
    void whatIsNoDirectoryIsRefused() {
        assertThatThrownBy(() -> DirectoryLock.of(directory.resolve("missing")))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("missing");
    }

    private Process flock(String first, String second) throws IOException {
        return first.startsWith("--")
                ? new ProcessBuilder("flock", first, directory.toString(), second).start()
                : new ProcessBuilder("flock", directory.toString(), first, second).start();
    }
}
