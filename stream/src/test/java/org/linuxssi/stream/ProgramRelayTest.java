package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Pipes;

/** Unmodified programs in pipelines whose members are on different nodes. */
@Timeout(40)
class ProgramRelayTest {

    private static final int SIGPIPE = 13;

    private final StreamCluster cluster = new StreamCluster(3);
    private final List<Process> programs = new ArrayList<>();

    @AfterEach
    void stop() {
        programs.forEach(Process::destroyForcibly);
        cluster.close();
    }

    private Process run(int input, int output, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
        builder.redirectInput(input < 0 ? new File("/dev/null") : new File("/proc/self/fd/" + input));
        builder.redirectOutput(new File("/proc/self/fd/" + output));
        Process program = builder.start();
        programs.add(program);
        if (input >= 0) {
            Descriptors.close(input);
        }
        Descriptors.close(output);
        return program;
    }

    private static int exit(Process program) throws InterruptedException {
        assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return program.exitValue();
    }

    @Test
    void yesElsewhereDiesBySigpipeWhenHeadIsDone() throws Exception {
        Pipes.Pipe pipe = Pipes.create();
        Pipes.Pipe result = Pipes.create();
        Process yes = run(-1, cluster.move(0, 1, pipe.writeEnd()), "yes");
        Process head = run(pipe.readEnd(), result.writeEnd(), "head", "-n", "3");
        assertThat(StreamCluster.text(result.readEnd(), 100)).isEqualTo("y\ny\ny\n");
        assertThat(exit(head)).isZero();
        assertThat(exit(yes)).isEqualTo(128 + SIGPIPE);
        cluster.awaitNothingHeld();
        Descriptors.close(result.readEnd());
    }

    @Test
    void theMiddleOfAPipelineRunsElsewhere() throws Exception {
        Pipes.Pipe first = Pipes.create();
        Pipes.Pipe second = Pipes.create();
        Pipes.Pipe result = Pipes.create();
        int input = cluster.move(0, 1, first.readEnd());
        int output = cluster.move(0, 1, second.writeEnd());
        run(-1, first.writeEnd(), "seq", "1", "200000");
        Process middle = run(input, output, "bash", "-c", "while read -r x; do [ $x = 50000 ] && break; done; cat");
        Process last = run(second.readEnd(), result.writeEnd(), "sha256sum");
        String sum = StreamCluster.text(result.readEnd(), 100);
        Process here = new ProcessBuilder("bash", "-c", "seq 50001 200000 | sha256sum").start();
        programs.add(here);
        assertThat(sum).isEqualTo(new String(here.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertThat(exit(middle)).isZero();
        assertThat(exit(last)).isZero();
        cluster.awaitNothingHeld();
        Descriptors.close(result.readEnd());
    }

    @Test
    void aHundredMegabytesPassInGoodTime() throws Exception {
        long bare = transfer(Pipes.create(), false);
        long relayed = transfer(Pipes.create(), true);
        System.getLogger(ProgramRelayTest.class.getName())
                .log(System.Logger.Level.INFO, "100 MB: bare pipe {0} ms, relayed {1} ms", bare, relayed);
        assertThat(relayed).isLessThan(15_000);
        cluster.awaitNothingHeld();
    }

    private long transfer(Pipes.Pipe pipe, boolean relayed) throws Exception {
        Pipes.Pipe result = Pipes.create();
        long start = System.nanoTime();
        int output = relayed ? cluster.move(0, 1, pipe.writeEnd()) : pipe.writeEnd();
        run(-1, output, "head", "-c", "100000000", "/dev/zero");
        run(pipe.readEnd(), result.writeEnd(), "wc", "-c");
        assertThat(StreamCluster.text(result.readEnd(), 100)).isEqualTo("100000000\n");
        Descriptors.close(result.readEnd());
        return (System.nanoTime() - start) / 1_000_000;
    }
}
