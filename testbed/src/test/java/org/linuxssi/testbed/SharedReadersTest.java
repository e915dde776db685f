package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs whose processes share the read end of a pipe or the offset of a file, on several nodes: nobody takes what
 * another one waits for, and each goes on where the one before stopped.
 */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SharedReadersTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int MOST_MOVES = 60;

    @TempDir
    Path directory;

    private final Cluster cluster;

    SharedReadersTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void shellsReadLinesOfOnePipeInTurn() throws IOException {
        Path program = Programs.source("lines.sh", directory);
        same(Command.of("/bin/bash", program.toString(), "100"), 4, 15);
    }

    @Test
    void shellsShareOffsetsOfFiles() throws IOException {
        Path program = Programs.source("offsets.sh", directory);
        same(Command.of("/bin/bash", program.toString(), "120"), 6, 10);
    }

    @Test
    void makesShareTheirTokens() throws IOException {
        Path program = Programs.source("tokens.mk", directory);
        same(Command.of("/usr/bin/make", "-s", "-j3", "-f", program.toString(), "STEPS=2500000"), 0, 8);
    }

    private void same(Command command, int exit, int moves) throws IOException {
        Result expected = Programs.runNatively(command.in(work()), directory);
        assertThat(expected.exit()).describedAs(expected.messages()).isEqualTo(exit);
        Mover mover = new Mover(cluster, command.hashCode());
        try (Program running = cluster.start(1, command.in(work()))) {
            int moved = mover.moveTree(running, MOST_MOVES);
            Result result = running.await(PATIENCE);
            assertThat(result).isEqualTo(expected);
            assertThat(moved).isGreaterThanOrEqualTo(moves);
        }
    }

    private Path work() throws IOException {
        return Files.createTempDirectory(directory, "work");
    }
}
