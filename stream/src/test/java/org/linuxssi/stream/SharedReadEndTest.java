package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Pipes;
import org.linuxssi.linux.ProcFilesCall;

/**
 * Programs that hold the read end of one pipe, go from node to node, or nearly so, and read some bytes in turn: each gets
 * those that follow what the one before got.
 */
@Timeout(120)
class SharedReadEndTest {

    private static final int NODES = 3;
    private static final int HOLDERS = 4;
    private static final int STEPS = 120;
    private static final int WAITS = 15;
    private static final int MOST_READ = 6;

    /** Reads so many bytes, or until it is told to end, and prints what it has taken. */
    private static final String INTERRUPTIBLE = """
            import ctypes, os, signal, sys
            ended = []
            signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
            signal.siginterrupt(signal.SIGTERM, True)
            libc, byte, taken = ctypes.CDLL(None), ctypes.create_string_buffer(1), b''
            while len(taken) < int(sys.argv[1]) and not ended:
                if libc.read(0, byte, 1) == 1:
                    taken += byte.raw
            os.write(1, taken)
            """;

    private final StreamCluster cluster = new StreamCluster(NODES);
    private final Pipes.Pipe pipe = Pipes.create();
    private final List<Holder> holders = new ArrayList<>();
    private final StringBuilder done = new StringBuilder();
    private String content = "";
    private int position;
    private int written;

    /** A program that holds the read end somewhere and does nothing with it. */
    private final class Holder {
        private int node;
        private int descriptor;
        private Process program;

        Holder() throws IOException {
            descriptor = Descriptors.duplicate(pipe.readEnd());
            program = start("sleep", "1000");
        }

        Process start(String... command) throws IOException {
            return new ProcessBuilder(command)
                    .redirectInput(new File("/proc/self/fd/" + descriptor))
                    .start();
        }

        Export leave(int to) {
            return cluster.prepare(node, to, descriptor);
        }

        void moved(int to, int arrived) throws IOException, InterruptedException {
            Process before = program;
            int old = descriptor;
            node = to;
            descriptor = arrived;
            program = start("sleep", "1000");
            before.destroyForcibly().waitFor();
            Descriptors.close(old);
        }
    }

    @AfterEach
    void stop() {
        Descriptors.close(pipe.writeEnd());
        for (Holder holder : holders) {
            holder.program.destroyForcibly();
            Descriptors.close(holder.descriptor);
        }
        cluster.awaitNothingHeld();
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void bytesComeOnceAndInOrder(long seed) throws Exception {
        Random random = new Random(seed);
        begin();
        supply(content.length());
        for (int step = 0; step < STEPS; step++) {
            step(random);
        }
    }

    private void begin() throws IOException {
        for (int i = 0; i < HOLDERS; i++) {
            holders.add(new Holder());
        }
        StringBuilder all = new StringBuilder();
        for (int number = 1000; all.length() < STEPS * MOST_READ; number++) {
            all.append(number).append(' ');
        }
        content = all.toString();
        Descriptors.close(pipe.readEnd());
    }

    /** Readers go in the middle of their waiting, while others stay where they were. */
    @ParameterizedTest
    @ValueSource(longs = {2, 3})
    void whoWaitsIsMoved(long seed) throws Exception {
        Random random = new Random(seed);
        begin();
        for (int step = 0; step < WAITS; step++) {
            Holder mover = any(random);
            int to = (mover.node + 1 + random.nextInt(NODES - 1)) % NODES;
            int count = 1 + random.nextInt(MOST_READ);
            done.append("node ")
                    .append(mover.node)
                    .append(" => ")
                    .append(to)
                    .append(", ")
                    .append(count)
                    .append('\n');
            Process reading = mover.start("python3", "-c", INTERRUPTIBLE, Integer.toString(count));
            awaitReading(reading);
            supply(random.nextInt(count));
            LockSupport.parkNanos(random.nextLong(10_000_000));
            String taken = interrupt(reading);
            assertTaken(taken);
            try (Export export = mover.leave(to)) {
                mover.moved(
                        to,
                        cluster.node(to)
                                .importTicket(
                                        StreamCluster.copy(export.tickets().getFirst())));
                export.commit();
            }
            int rest = count - taken.length();
            supply(rest);
            check(read(mover, rest), rest);
        }
    }

    /** Writes so much that so many bytes were written that nobody has taken. */
    private void supply(int untaken) {
        int end = Math.max(written, position + untaken);
        StreamCluster.write(pipe.writeEnd(), content.substring(written, end));
        written = end;
    }

    private static void awaitReading(Process reading) {
        int pid = (int) reading.pid();
        await().pollInterval(Duration.ofMillis(1)).until(() -> !reading.isAlive() || readsInput(pid));
    }

    private static boolean readsInput(int pid) {
        try {
            ProcFilesCall call = ProcFilesCall.of(pid, pid);
            return call.number() == Nr.READ && call.argument(0) == 0;
        } catch (ErrnoException ended) {
            return false;
        }
    }

    private String interrupt(Process reading) throws IOException {
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            reading.toHandle().destroy();
            return !reading.isAlive();
        });
        return new String(reading.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private void assertTaken(String taken) {
        assertThat(taken).describedAs("%s", done).isEqualTo(content.substring(position, position + taken.length()));
        position += taken.length();
    }

    private Holder any(Random random) {
        return holders.get(random.nextInt(HOLDERS));
    }

    private void step(Random random) throws IOException, InterruptedException {
        Holder mover = any(random);
        Holder reader = any(random);
        int count = random.nextInt(MOST_READ);
        int to = (mover.node + 1 + random.nextInt(NODES - 1)) % NODES;
        boolean imported = random.nextInt(4) != 0;
        boolean commits = imported && random.nextInt(3) != 0;
        boolean meanwhile = reader != mover && random.nextBoolean();
        done.append("node ")
                .append(mover.node)
                .append(commits ? " -> " : imported ? " -| " : " -x ")
                .append(to)
                .append(meanwhile ? ", meanwhile " : ", then ")
                .append(count)
                .append(" on ")
                .append(reader.node)
                .append('\n');
        Process reading = meanwhile ? read(reader, count) : null;
        try (Export export = mover.leave(to)) {
            int arrived = imported
                    ? cluster.node(to)
                            .importTicket(StreamCluster.copy(export.tickets().getFirst()))
                    : -1;
            if (commits) {
                mover.moved(to, arrived);
                export.commit();
            } else if (imported) {
                Descriptors.close(arrived);
            }
        }
        check(reading == null ? read(reader, count) : reading, count);
    }

    private static Process read(Holder reader, int count) throws IOException {
        return reader.start("dd", "bs=1", "count=" + count, "status=none");
    }

    private void check(Process reading, int count) throws IOException, InterruptedException {
        String expected = content.substring(position, position + count);
        if (!reading.waitFor(20, TimeUnit.SECONDS)) {
            reading.destroyForcibly();
            throw new AssertionError("nothing came for a reader after these:\n" + done);
        }
        String taken = new String(reading.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTaken(taken);
        assertThat(taken).isEqualTo(expected);
    }
}
