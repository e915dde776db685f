package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Pipes;

/** A pipe's read end that programs on several nodes hold: each gets what it reads, and nothing else is taken. */
@Timeout(60)
class DemandTest {

    private final StreamCluster cluster = new StreamCluster(3);
    private final Pipes.Pipe pipe = Pipes.create();
    private final List<Process> programs = new ArrayList<>();
    private int spare;

    @BeforeEach
    void aProgramHereHoldsTheReadEnd() throws IOException {
        start(pipe.readEnd(), "sleep", "1000");
        spare = Descriptors.duplicate(pipe.readEnd());
    }

    @AfterEach
    void stop() {
        programs.forEach(Process::destroyForcibly);
        Descriptors.close(pipe.writeEnd());
        Descriptors.close(spare);
        cluster.awaitNothingHeld();
        cluster.close();
    }

    private Process start(int input, String... command) throws IOException {
        Process program = new ProcessBuilder(command)
                .redirectError(Redirect.INHERIT)
                .redirectInput(new File("/proc/self/fd/" + input))
                .start();
        programs.add(program);
        return program;
    }

    private Process elsewhere(int node, String... command) throws IOException {
        int arrived = cluster.move(0, node, Descriptors.duplicate(pipe.readEnd()));
        try {
            return start(arrived, command);
        } finally {
            Descriptors.close(arrived);
        }
    }

    private static String output(Process program) throws Exception {
        String text = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return text;
    }

    private int waiting() {
        return Descriptors.readable(pipe.readEnd());
    }

    @Test
    void aHolderElsewhereThatDoesNotReadTakesNothing() throws Exception {
        elsewhere(1, "sleep", "1000");
        elsewhere(2, "sleep", "1000");
        StreamCluster.write(pipe.writeEnd(), "hello");
        LockSupport.parkNanos(300_000_000);
        assertThat(waiting()).isEqualTo(5);
        assertThat(output(start(spare, "head", "-c", "5"))).isEqualTo("hello");
    }

    @Test
    void aReaderTakesWhatItAsksFor() throws Exception {
        StreamCluster.write(pipe.writeEnd(), "abcdefgh");
        assertThat(output(elsewhere(1, "dd", "bs=3", "count=1", "status=none"))).isEqualTo("abc");
        assertThat(waiting()).isEqualTo(5);
        assertThat(output(elsewhere(2, "dd", "bs=1", "count=2", "status=none"))).isEqualTo("de");
        assertThat(output(start(spare, "head", "-c", "3"))).isEqualTo("fgh");
    }

    @Test
    void linesGoToThoseWhoReadThemInTurn() throws Exception {
        StreamCluster.write(pipe.writeEnd(), "one\ntwo\nthree\nfour\n");
        assertThat(output(elsewhere(1, "sh", "-c", "read x; echo $x"))).isEqualTo("one\n");
        assertThat(output(start(spare, "sh", "-c", "read x; echo $x"))).isEqualTo("two\n");
        assertThat(output(elsewhere(2, "bash", "-c", "read x; echo $x"))).isEqualTo("three\n");
        assertThat(output(elsewhere(1, "bash", "-c", "read x; echo $x"))).isEqualTo("four\n");
    }

    @Test
    void aReaderThatWaitsGetsWhatComesLater() throws Exception {
        Process reader = elsewhere(1, "head", "-c", "4");
        LockSupport.parkNanos(200_000_000);
        StreamCluster.write(pipe.writeEnd(), "late");
        assertThat(output(reader)).isEqualTo("late");
    }

    @Test
    void theEndReachesAllReaders() throws Exception {
        Process one = elsewhere(1, "cat");
        Process two = elsewhere(2, "python3", "-c", "import select; select.select([0], [], [])");
        Descriptors.close(pipe.writeEnd());
        assertThat(output(one)).isEmpty();
        assertThat(output(two)).isEmpty();
    }

    @Test
    void aReaderThatPollsIsSeen() throws Exception {
        for (String wait : List.of(
                "import select; select.select([0], [], [])",
                "import select; p = select.poll(); p.register(0); p.poll()",
                "import select; p = select.epoll(); p.register(0, select.EPOLLIN); p.poll()")) {
            Process reader = elsewhere(1, "python3", "-c", wait + "\nimport os\nprint(os.read(0, 10).decode())");
            StreamCluster.write(pipe.writeEnd(), "x");
            assertThat(output(reader)).isEqualTo("x\n");
        }
    }

    @Test
    void aReaderThatNeverWaitsGetsItsBytes() throws Exception {
        String script = """
                import os, time
                os.set_blocking(0, False)
                got = b''
                while len(got) < 3:
                    try:
                        got += os.read(0, 3)
                    except BlockingIOError:
                        time.sleep(0.01)
                print(got.decode())
                """;
        StreamCluster.write(pipe.writeEnd(), "abc");
        assertThat(output(elsewhere(1, "python3", "-c", script))).isEqualTo("abc\n");
    }

    @Test
    void whatAPollerDoesNotReadComesBackToTheFront() throws Exception {
        String script = "import select, time; select.select([0], [], []); print('seen', flush=True); time.sleep(1000)";
        Process poller = elsewhere(1, "python3", "-c", script);
        StreamCluster.write(pipe.writeEnd(), "abc");
        assertThat(poller.inputReader().readLine()).isEqualTo("seen");
        Awaitility.await().until(() -> waiting() == 3);
        assertThat(output(start(spare, "head", "-c", "3"))).isEqualTo("abc");
    }

    @Test
    void whatWasReadAheadComesBackWhenOthersReadToo() throws Exception {
        programs.forEach(Process::destroyForcibly);
        programs.getFirst().waitFor();
        elsewhere(1, "sleep", "1000");
        StreamCluster.write(pipe.writeEnd(), "first second");
        Awaitility.await().until(() -> waiting() == 0);
        assertThat(output(elsewhere(2, "dd", "bs=12", "count=1", "status=none")))
                .isEqualTo("first second");
    }

    @Test
    void manyBytesPassOnDemand() throws Exception {
        Process writer = new ProcessBuilder("seq", "1", "400000")
                .redirectOutput(new File("/proc/self/fd/" + pipe.writeEnd()))
                .start();
        programs.add(writer);
        Descriptors.close(pipe.writeEnd());
        Process sum = elsewhere(1, "sha256sum");
        Process expected = new ProcessBuilder("sh", "-c", "seq 1 400000 | sha256sum").start();
        programs.add(expected);
        assertThat(output(sum)).isEqualTo(output(expected));
    }
}
