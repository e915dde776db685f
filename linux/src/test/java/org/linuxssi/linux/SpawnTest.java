package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SpawnTest {

    @TempDir
    Path directory;

    @Test
    void aProgramGetsItsEnvironmentDirectoryAndNoOtherDescriptor() throws IOException {
        Path out = directory.resolve("out");
        ProcessIdentity shell = start(out, "echo $WORD; pwd; ls /proc/self/fd | tr '\\n' ' '");
        await().until(() -> !shell.alive());
        shell.reap();
        assertThat(Files.readAllLines(out))
                .containsExactly("hello", directory.toRealPath().toString(), "0 1 2 3 ");
        assertThat(ProcessIdentity.of(shell.pid())).isEmpty();
    }

    @Test
    void aSignalReachesTheProcessAndNoOtherOne() {
        ProcessIdentity shell = start(directory.resolve("out"), "exec sleep 60");
        assertThat(new ProcessIdentity(shell.pid(), shell.start() + 1).signal(ProcessIdentity.SIGKILL))
                .isFalse();
        assertThat(shell.alive()).isTrue();
        assertThat(shell.signal(ProcessIdentity.SIGKILL)).isTrue();
        await().until(() -> !shell.alive());
        shell.reap();
        assertThat(shell.signal(ProcessIdentity.SIGKILL)).isFalse();
    }

    @Test
    void aMissingProgramIsReported() {
        assertThatThrownBy(() -> Spawn.start(List.of("/nowhere"), Map.of(), directory, directory.resolve("out")))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("start /nowhere")
                .hasMessageContaining("ENOENT");
    }

    private ProcessIdentity start(Path out, String script) {
        int pid = Spawn.start(
                List.of("/bin/sh", "-c", script), Map.of("WORD", "hello", "PATH", "/usr/bin:/bin"), directory, out);
        return ProcessIdentity.of(pid).orElseThrow();
    }
}
