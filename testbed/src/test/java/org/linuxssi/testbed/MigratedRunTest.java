package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Unmodified programs give the same output and exit status natively and when they are moved at least 20 times among
 * three nodes at random moments. {@code -Dlinuxssi.e2e.scale=N} makes them N times longer.
 */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class MigratedRunTest {

    private static final int SCALE = Integer.getInteger("linuxssi.e2e.scale", 1);
    private static final int MOVES = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int C_FUNCTIONS = 350;

    @TempDir
    Path directory;

    private final Cluster cluster;
    private final Leaks before;

    MigratedRunTest(Cluster cluster) {
        this.cluster = cluster;
        this.before = cluster.leaks();
    }

    @AfterEach
    void nothingIsLeft() {
        await().atMost(Duration.ofSeconds(10)).until(() -> !cluster.leaksSince(before).keySet().stream()
                .anyMatch(name -> name.endsWith("processes")));
    }

    @Test
    void aSingleThreadedProgramWithFileAndTimer() throws IOException {
        Path program = Programs.compileC("state", directory);
        same(Command.of(program.toString(), laps(1400), "state.txt"), 7);
    }

    @Test
    void aStaticProgram() throws IOException {
        Path program = Programs.compileC("state", directory, "-static");
        same(Command.of(program.toString(), laps(1400), "state.txt"), 7);
    }

    @Test
    void sixteenThreads() throws IOException {
        Path program = Programs.compileC("threads", directory);
        same(Command.of(program.toString(), laps(6000)), 11);
    }

    @Test
    void python() throws IOException {
        Path program = Programs.source("work.py", directory);
        same(Command.of("/usr/bin/python3", program.toString(), laps(1500), "log.txt"), 9);
    }

    @Test
    void shellWithPipelinesAndChildren() throws IOException {
        Path program = Programs.source("work.sh", directory);
        same(Command.of("/bin/bash", program.toString(), laps(150)), 5);
    }

    @Test
    void aProgramThatReplacesItself() throws IOException {
        Path program = Programs.source("exec.sh", directory);
        same(Command.of("/bin/bash", program.toString(), laps(5000)), 12);
    }

    @Test
    void awk() throws IOException {
        Path program = Programs.source("work.awk", directory);
        same(Command.of("/usr/bin/awk", "-v", "laps=" + laps(1800), "-f", program.toString()), 6);
    }

    @Test
    void java() throws IOException {
        Programs.compileJava("Work", directory);
        same(
                Command.of(
                        Programs.jdk("java"),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-cp",
                        directory.toString(),
                        "Work",
                        laps(1000)),
                17);
    }

    @Test
    void checksumOfAGigabyte() throws IOException {
        Path file = directory.resolve("gigabyte");
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength((long) SCALE << 30);
            for (int position = 0; position < 1 << 30; position += 1 << 20) {
                content.seek(position);
                content.writeLong(position * 31L);
            }
        }
        same(Command.of("/usr/bin/sha256sum", file.toString()), 0);
    }

    @Test
    void compiler() throws IOException {
        Path source = Files.writeString(directory.resolve("big.c"), bigSource(C_FUNCTIONS * SCALE));
        String script = "gcc -O2 -o big " + source + " && sha256sum big && ./big";
        same(Command.of("/bin/sh", "-c", script), 21);
    }

    @Test
    void aParentWaitsOnNodeZeroForTwentyChildrenOnTheMove() throws IOException {
        Path program = Programs.compileC("children", directory);
        Command command =
                Command.of(program.toString(), "20", laps(400_000_000)).in(work());
        Result expected = Programs.runNatively(command, directory);
        Mover mover = new Mover(cluster, 20);
        try (Program running = cluster.start(0, command)) {
            int moved = mover.moveChildren(running, 10 * MOVES);
            assertThat(running.await(PATIENCE)).isEqualTo(expected);
            assertThat(expected.exit()).isEqualTo(13);
            assertThat(mover.failures()).isEmpty();
            assertThat(moved).isGreaterThanOrEqualTo(MOVES);
        }
    }

    private void same(Command command, int exit) throws IOException {
        Result expected = Programs.runNatively(command.in(work()), directory);
        assertThat(expected.exit()).describedAs(expected.messages()).isEqualTo(exit);
        Mover mover = new Mover(cluster, command.hashCode());
        try (Program running = cluster.start(1, command.in(work()))) {
            int moved = mover.moveTree(running, 3 * MOVES);
            Result result = running.await(PATIENCE);
            assertThat(mover.failures()).isEmpty();
            assertThat(result).isEqualTo(expected);
            assertThat(moved).isGreaterThanOrEqualTo(MOVES);
        }
    }

    /** Every run has a working directory of its own. */
    private Path work() throws IOException {
        return Files.createTempDirectory(directory, "work");
    }

    private static String laps(int count) {
        return Integer.toString(count * SCALE);
    }

    private static String bigSource(int functions) {
        StringBuilder source = new StringBuilder("#include <stdio.h>\n");
        StringBuilder calls = new StringBuilder();
        for (int i = 0; i < functions; i++) {
            source.append(
                    "static unsigned f%d(unsigned a) { unsigned t[8] = {a, %d}; for (unsigned i = 0; i < a %% 9; i++)"
                            .formatted(i, i * 7));
            source.append(" { t[i %% 8] += t[(i + 3) %% 8] * %du + (a >> (i %% 5)); if (t[i %% 8] & 1) a ^= t[%d]; }"
                    .formatted(i + 3, i % 8));
            source.append(
                    " switch (a %% 5) { case 0: return a + t[1]; case 1: return a * %du; default: return a ^ t[2]; } }\n"
                            .formatted(i + 11));
            calls.append("    v = f%d(v);\n".formatted(i));
        }
        return source + "int main(void) {\n    unsigned v = 12345;\n" + calls
                + "    printf(\"%u\\n\", v);\n    return 21;\n}\n";
    }
}
