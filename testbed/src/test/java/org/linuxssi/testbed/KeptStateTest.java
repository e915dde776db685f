package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A program finds all its state again where it is moved to: what it holds, who it is, what waits for it. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class KeptStateTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final Cluster cluster;

    KeptStateTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void ofRoot() throws IOException {
        isKept(new int[] {2, 0, 1});
    }

    @Test
    void ofAUserWithSomeCapabilities() throws IOException {
        isKept(new int[] {2, 0, 1}, "rights");
    }

    @Test
    void ofAUserWhoCanGainNone() throws IOException {
        isKept(new int[] {2}, "more");
    }

    private void isKept(int[] nodes, String... arguments) throws IOException {
        Path program = Programs.compileC("kept", directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path work = Files.createTempDirectory(directory, "work");
        List<String> argv = new ArrayList<>(List.of(program.toString()));
        argv.addAll(List.of(arguments));
        try (Program running =
                cluster.start(1, Command.of(argv.toArray(String[]::new)).in(work))) {
            await().atMost(PATIENCE).until(() -> running.output().equals("ready\n") || !running.running());
            for (int node : nodes) {
                cluster.migrate(running.pid(), node);
            }
            Files.createFile(work.resolve("go"));
            assertThat(running.await(PATIENCE)).isEqualTo(new Result(5, "ready\nprivate\n", ""));
            assertThat(Files.readString(work.resolve("after"))).isEqualTo(Files.readString(work.resolve("before")));
            assertThat(Files.readString(work.resolve("mapped"))).contains("shared", "written there");
        }
    }
}
