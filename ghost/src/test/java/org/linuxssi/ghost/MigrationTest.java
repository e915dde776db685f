package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.ghost.TestPrograms.Outcome;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;

/** Runs programs natively and while they are moved between two containers; both must say the same. */
@Timeout(120)
class MigrationTest {

    private static final System.Logger LOG = System.getLogger(MigrationTest.class.getName());
    private static final int PID = 30_000;
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

    private String compile(String name, String... options) throws IOException {
        return TestPrograms.compile(directory, name, options);
    }

    /** How a program ended, and how often it was moved before. */
    private record Journey(Outcome outcome, int moves) {}

    private Journey moving(boolean live, Duration pace, String... command) throws IOException {
        Path run = Files.createDirectories(directory.resolve("moved"));
        Path output = directory.resolve("moved.out");
        int outside = one.launch(PID, output, run, command);
        String shell = Path.of("/bin/sh").toRealPath().toString();
        await().until(() -> TestContainer.ended(outside)
                || (!ProcFiles.link(outside, "exe").equals(shell) && Files.size(output) >= 0));
        Traveller traveller = new Traveller(directory.resolve("agent"), one, PID, outside);
        Random random = ThreadLocalRandom.current();
        int moves = 0;
        while (!TestContainer.ended(traveller.outside())) {
            TestContainer to = traveller.here() == one ? two : one;
            try {
                Traveller.Trip trip = traveller.move(to, live);
                LOG.log(System.Logger.Level.DEBUG, "{0}", trip);
                moves++;
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ESRCH) {
                    throw failure;
                }
                await().until(() -> TestContainer.ended(traveller.outside()));
            }
            LockSupport.parkNanos((long) (pace.toNanos() * random.nextDouble()));
        }
        int status = traveller.here().reap(PID);
        int exit = (status & 0x7f) == 0 ? status >> 8 : 128 + (status & 0x7f);
        return new Journey(new Outcome(exit, Files.readString(output)), moves);
    }

    /** Runs the program as often as it takes to have it moved so often: machines are not equally fast. */
    private void sameWhenMoved(int least, boolean live, Duration pace, String... command) throws IOException {
        Outcome expected = TestPrograms.alone(directory, command);
        int moves = 0;
        for (int runs = 0; moves < least && runs < MOST_RUNS; runs++) {
            if (runs > 0) {
                stop();
                start();
            }
            Journey journey = moving(live, pace, command);
            assertThat(journey.outcome()).isEqualTo(expected);
            moves += journey.moves();
        }
        assertThat(moves).isGreaterThanOrEqualTo(least);
    }

    @Test
    void aCounter() throws IOException {
        sameWhenMoved(5, false, Duration.ofMillis(40), compile("counter"));
    }

    @Test
    void aStaticCounter() throws IOException {
        sameWhenMoved(5, false, Duration.ofMillis(40), compile("counter", "-static"));
    }

    @Test
    void aCounterMovedLive() throws IOException {
        sameWhenMoved(3, true, Duration.ofMillis(40), compile("counter"));
    }

    @Test
    void sixteenThreads() throws IOException {
        sameWhenMoved(5, false, Duration.ofMillis(60), compile("threads"));
    }

    @Test
    void signalsTimersLimitsAndOffsets() throws IOException {
        sameWhenMoved(5, false, Duration.ofMillis(60), compile("signals"));
    }

    @Test
    void countersTimersAndSignalsThatEpollWatches() throws IOException {
        sameWhenMoved(5, false, Duration.ofMillis(40), compile("events"));
    }

    @Test
    void timersOfAllKinds() throws IOException {
        sameWhenMoved(5, false, Duration.ofMillis(40), compile("timers"));
    }

    @Test
    void python() throws IOException {
        String program = "import time,sys,hashlib,threading\n"
                + "d={}\n"
                + "def f():\n"
                + "  global d\n"
                + "  for i in range(300): time.sleep(0.004)\n"
                + "t=threading.Thread(target=f); t.start()\n"
                + "for i in range(250):\n"
                + "  d[i]=hashlib.sha256(str(d.get(i-1)).encode()*2000).hexdigest()\n"
                + "  print(i,d[i],flush=True); time.sleep(0.004)\n"
                + "t.join(); sys.exit(3)\n";
        sameWhenMoved(5, false, Duration.ofMillis(80), realPython(), "-c", program);
    }

    private static String realPython() {
        return Files.exists(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
    }

    @Test
    void bash() throws IOException {
        sameWhenMoved(
                3,
                false,
                Duration.ofMillis(60),
                "/bin/bash",
                "-c",
                "trap 'echo bye' EXIT; s=0; for ((i=0;i<200000;i++)); do ((s=(s*31+i)%1000003));"
                        + " ((i%1000==0)) && echo $i $s; done; exit 9");
    }

    @Test
    void aShellWhoseChildStaysBehindAndWritesToTheSameFile() throws IOException {
        String[] command = {
            "/bin/bash",
            "-c",
            "(for ((i=0;i<100;i++)); do echo inner $i; for ((k=0;k<2000;k++)); do :; done; done)&"
                    + " for ((i=0;i<200;i++)); do echo outer $i; for ((k=0;k<2000;k++)); do :; done; done; exit 3"
        };
        Outcome expected = TestPrograms.alone(directory, command);
        Journey journey = moving(false, Duration.ofMillis(60), command);
        assertThat(journey.moves()).isPositive();
        await().untilAsserted(() -> assertThat(Files.readAllLines(directory.resolve("moved.out")))
                .containsExactlyInAnyOrderElementsOf(Files.readAllLines(directory.resolve("native.out"))));
        assertThat(journey.outcome().status()).isEqualTo(expected.status());
    }

    @Test
    void awk() throws IOException {
        sameWhenMoved(
                3,
                true,
                Duration.ofMillis(60),
                "/usr/bin/awk",
                "BEGIN { for (i=0;i<3000000;i++) { s=(s*31+i)%1000003; a[i%1000]=s; if (i%100000==0) print i, s } exit 4 }");
    }

    @Test
    void sha256sum() throws IOException {
        Path big = directory.resolve("big");
        byte[] block = new byte[1 << 20];
        new Random(1).nextBytes(block);
        try (var out = Files.newOutputStream(big)) {
            for (int i = 0; i < 400; i++) {
                out.write(block);
            }
        }
        sameWhenMoved(5, false, Duration.ofMillis(40), "/usr/bin/sha256sum", big.toString());
    }

    @Test
    void java() throws IOException {
        Path source = TestPrograms.copy(directory, "Work.java");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        sameWhenMoved(
                2,
                true,
                Duration.ofMillis(300),
                java,
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                source.toString());
    }
}
