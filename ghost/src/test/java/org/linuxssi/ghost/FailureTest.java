package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.ghost.TestPrograms.Outcome;
import org.linuxssi.ghost.Traveller.Mishap;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;

/** Moves that fail leave the program where it was, unharmed, and the target's agent an agent. */
@Timeout(90)
class FailureTest {

    private static final int PID = 30_000;
    private static final int FEWEST_TRIES = 8;
    private static final int MOST_RUNS = 10;

    @TempDir
    Path directory;

    private TestContainer one;
    private TestContainer two;

    @BeforeEach
    void start() throws IOException {
        one = new TestContainer(directory);
        two = new TestContainer(directory);
    }

    @AfterEach
    void stop() {
        one.close();
        two.close();
    }

    /** Runs the program as often as it takes to have tried so often: machines are not equally fast. */
    private void unharmed(Mishap mishap, boolean live, int seed) throws IOException {
        unharmed("threads", mishap, live, seed);
    }

    private void unharmed(String name, Mishap mishap, boolean live, int seed) throws IOException {
        String program = TestPrograms.compile(directory, name);
        Outcome expected = TestPrograms.alone(directory, program);
        Random random = new Random(seed);
        int tries = 0;
        for (int runs = 0; tries <= FEWEST_TRIES && runs < MOST_RUNS; runs++) {
            if (runs > 0) {
                stop();
                start();
            }
            tries += unharmed(program, expected, mishap, live, random);
        }
        assertThat(tries).isGreaterThan(FEWEST_TRIES);
    }

    /** Returns how often it was moved, or nearly so, before it ended. */
    private int unharmed(String program, Outcome expected, Mishap mishap, boolean live, Random random)
            throws IOException {
        Path output = directory.resolve("moved.out");
        int outside = one.launch(PID, output, directory, program);
        await().until(() -> ProcFiles.link(outside, "exe").equals(program));
        Traveller traveller = new Traveller(directory.resolve("agent"), one, PID, outside);
        int tries = 0;
        while (!TestContainer.ended(traveller.outside())) {
            TestContainer to = traveller.here() == one ? two : one;
            try {
                if (tries++ % 4 == 3) {
                    traveller.move(to, live);
                } else {
                    traveller.tryToMove(to, live, mishap, random.nextInt(250_000));
                }
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ESRCH) {
                    throw failure;
                }
                await().until(() -> TestContainer.ended(traveller.outside()));
            }
        }
        int status = traveller.here().reap(PID);
        assertThat(new Outcome(status >> 8, Files.readString(output))).isEqualTo(expected);
        return tries;
    }

    private Traveller refused(String... command) {
        int outside = one.launch(PID, directory.resolve("refused.out"), directory, command);
        Traveller traveller = new Traveller(directory.resolve("agent"), one, PID, outside);
        await().until(() -> !traveller.obstacles().isEmpty());
        return traveller;
    }

    @Test
    void nameSpacesOfItsOwnAreRefused() {
        Traveller traveller = refused("unshare", "--mount", "--uts", "--net", "sleep", "1000");
        await().untilAsserted(() -> assertThat(traveller.obstacles())
                .containsExactly(
                        "it has a name space of its own: mnt",
                        "it has a name space of its own: net",
                        "it has a name space of its own: uts"));
    }

    @Test
    void aTracerIsRefusedAndWhatItTraces() {
        Traveller tracer = refused("strace", "-f", "-o", "/dev/null", "sleep", "1000");
        assertThat(tracer.obstacles()).anyMatch(obstacle -> obstacle.matches("it traces process [0-9]+"));
        int tracee = ProcFiles.children(tracer.outside()).getFirst();
        assertThat(tracer.imager().obstacles(tracee))
                .anyMatch(obstacle -> obstacle.startsWith("it is traced by process "));
    }

    @Test
    void aStreamThatBreaks() throws IOException {
        unharmed(Mishap.STREAM_BREAKS, false, 1);
    }

    @Test
    void aStreamThatBreaksWhileTheProgramRuns() throws IOException {
        unharmed(Mishap.STREAM_BREAKS, true, 2);
    }

    @Test
    void aTargetThatDies() throws IOException {
        unharmed(Mishap.TARGET_DIES, false, 3);
    }

    @Test
    void locksAreThereAgainAfterAStreamThatBreaks() throws IOException {
        unharmed("locks", Mishap.STREAM_BREAKS, false, 5);
    }

    @Test
    void locksAreThereAgainAfterAMoveThatIsCalledOff() throws IOException {
        unharmed("locks", Mishap.CHANGE_OF_MIND, true, 6);
    }

    @Test
    void aMoveThatIsCalledOffAtTheLastMoment() throws IOException {
        unharmed(Mishap.CHANGE_OF_MIND, false, 4);
    }
}
