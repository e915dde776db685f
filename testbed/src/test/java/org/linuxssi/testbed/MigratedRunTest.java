package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
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
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class MigratedRunTest {

    private static final int SCALE = Integer.getInteger("linuxssi.e2e.scale", 1);
    private static final int MOVES = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

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
        await().atMost(Duration.ofSeconds(30)).until(() -> !cluster.leaksSince(before).keySet().stream()
                .anyMatch(name -> name.endsWith("processes")));
    }

    @Test
    void aSingleThreadedProgramWithFileAndTimer() throws IOException {
        Path program = Programs.compileC("state", directory);
        same(1400, 7, laps -> Command.of(program.toString(), text(laps), "state.txt"));
    }

    @Test
    void aStaticProgram() throws IOException {
        Path program = Programs.compileC("state", directory, "-static");
        same(1400, 7, laps -> Command.of(program.toString(), text(laps), "state.txt"));
    }

    @Test
    void sixteenThreads() throws IOException {
        Path program = Programs.compileC("threads", directory);
        same(6000, 11, laps -> Command.of(program.toString(), text(laps)));
    }

    /** Its memory is copied while it runs, and other files are open and other children live each time it is looked at. */
    @Test
    void eachRequestMovesAProgramThatStartsChildrenAllTheTime() throws IOException {
        Path stop = directory.resolve("stop");
        String code = "import os, subprocess, sys\n"
                + "memory = bytearray(os.urandom(32 << 20))\n"
                + "while not os.path.exists(sys.argv[1]):\n"
                + "    assert subprocess.run('cat; exit 9', shell=True, input=b'x', capture_output=True).returncode == 9\n"
                + "try: os.waitpid(-1, 0)\n"
                + "except ChildProcessError: sys.exit(7)\n";
        try (Program program = cluster.start(0, Command.of("/usr/bin/python3", "-c", code, stop.toString()))) {
            for (int move = 1; move <= MOVES; move++) {
                cluster.migrate(program.pid(), move % cluster.nodes());
            }
            Files.createFile(stop);
            assertThat(program.await(PATIENCE)).isEqualTo(new Result(7, "", ""));
        }
    }

    @Test
    void python() throws IOException {
        Path program = Programs.source("work.py", directory);
        same(1500, 9, laps -> Command.of("/usr/bin/python3", program.toString(), text(laps), "log.txt"));
    }

    @Test
    void pythonWithAnEventLoop() throws IOException {
        Path program = Programs.source("loop.py", directory);
        same(500, 13, laps -> Command.of("/usr/bin/python3", program.toString(), text(laps)));
    }

    @Test
    void pythonThatWatchesItsChildren() throws IOException {
        Path program = Programs.source("watch.py", directory);
        same(200, 14, laps -> Command.of("/usr/bin/python3", program.toString(), text(laps)));
    }

    @Test
    void shellWithPipelinesAndChildren() throws IOException {
        Path program = Programs.source("work.sh", directory);
        same(150, 5, laps -> Command.of("/bin/bash", program.toString(), text(laps)));
    }

    /** It can seldom be moved: never while the kernel replaces it. */
    @Test
    void aProgramThatReplacesItself() throws IOException {
        Path program = Programs.source("exec.sh", directory);
        new MovedRun(cluster, directory, MOVES / 2, MOVES)
                .same(3000 * SCALE, 12, laps -> Command.of("/bin/bash", program.toString(), text(laps)));
    }

    @Test
    void awk() throws IOException {
        Path program = Programs.source("work.awk", directory);
        same(1800, 6, laps -> Command.of("/usr/bin/awk", "-v", "laps=" + laps, "-f", program.toString()));
    }

    @Test
    void java() throws IOException {
        Programs.compileJava("Work", directory);
        same(
                1000,
                17,
                laps -> Command.of(
                        Programs.jdk("java"),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-cp",
                        directory.toString(),
                        "Work",
                        text(laps)));
    }

    @Test
    void checksumOfAGigabyte() throws IOException {
        same(
                1024,
                0,
                megabytes -> Command.of("/usr/bin/sha256sum", fileOf(megabytes).toString()));
    }

    private Path fileOf(int megabytes) {
        Path file = directory.resolve("content");
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength((long) megabytes << 20);
            for (long position = 0; position < content.length(); position += 1 << 20) {
                content.seek(position);
                content.writeLong(position * 31);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void compiler() throws IOException {
        same(
                350,
                21,
                functions -> Command.of(
                        "/bin/sh", "-c", "gcc -O2 -o big " + sourceOf(functions) + " && sha256sum big && ./big"));
    }

    private Path sourceOf(int functions) {
        try {
            return Files.writeString(directory.resolve("big.c"), bigSource(functions));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aParentWaitsOnNodeZeroForTwentyChildrenOnTheMove() throws IOException {
        Path program = Programs.compileC("children", directory);
        Command command = Command.of(program.toString(), "20", text(400_000_000 * SCALE))
                .in(Files.createTempDirectory(directory, "work"));
        Result expected = Programs.runNatively(command, directory);
        Mover mover = new Mover(cluster, 20);
        try (Program running = cluster.start(0, command)) {
            int moved = mover.moveChildren(running, 4 * MOVES);
            assertThat(running.await(PATIENCE)).isEqualTo(expected);
            assertThat(expected.exit()).isEqualTo(13);
            assertThat(mover.failures()).isEmpty();
            assertThat(moved).isGreaterThanOrEqualTo(MOVES);
        }
    }

    private void same(int work, int exit, IntFunction<Command> program) {
        new MovedRun(cluster, directory, MOVES, 3 * MOVES / 2).same(work * SCALE, exit, program);
    }

    private static String text(int laps) {
        return Integer.toString(laps);
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
