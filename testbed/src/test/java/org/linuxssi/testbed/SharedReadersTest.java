package org.linuxssi.testbed;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs whose processes share the read end of a pipe or the offset of a file, on several nodes: nobody takes what
 * another one waits for, and each goes on where the one before stopped.
 */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class SharedReadersTest {

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
        same(100, 4, 15, laps -> Command.of("/bin/bash", program.toString(), Integer.toString(laps)));
    }

    @Test
    void shellsShareOffsetsOfFiles() throws IOException {
        Path program = Programs.source("offsets.sh", directory);
        same(120, 6, 10, laps -> Command.of("/bin/bash", program.toString(), Integer.toString(laps)));
    }

    @Test
    void makesShareTheirTokens() throws IOException {
        Path program = Programs.source("tokens.mk", directory);
        same(
                2_500_000,
                0,
                8,
                steps -> Command.of("/usr/bin/make", "-s", "-j3", "-f", program.toString(), "STEPS=" + steps));
    }

    private void same(int work, int exit, int moves, IntFunction<Command> program) {
        new MovedRun(cluster, directory, moves, MOST_MOVES).same(work, exit, program);
    }
}
