package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Pipes;
import org.linuxssi.linux.StreamSockets;

/** Ends that move at random while bytes flow: the reader sees each byte once and in order. */
@Timeout(60)
class RandomMovesTest {

    private static final int TOTAL = 2 << 20;

    private final AtomicLong progress = new AtomicLong();
    private final AtomicLong moved = new AtomicLong();
    private volatile boolean written;
    private final StreamCluster cluster = new StreamCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    /** A program's descriptor that can be moved between two of its calls. */
    private final class Mobile {
        private final ReentrantLock lock = new ReentrantLock();
        private int descriptor;
        private int node;
        private boolean closed;

        Mobile(int descriptor) {
            this.descriptor = descriptor;
        }

        byte[] read(int limit) {
            lock.lock();
            try {
                if (Epoll.poll(descriptor, Epoll.IN, 2) == 0) {
                    return new byte[1 << 20];
                }
                return StreamCluster.read(descriptor, limit);
            } finally {
                lock.unlock();
                Thread.yield();
            }
        }

        boolean write(byte[] bytes, int from, int count) {
            lock.lock();
            try {
                if (Epoll.poll(descriptor, Epoll.OUT, 2) == 0) {
                    return false;
                }
                StreamCluster.write(descriptor, java.util.Arrays.copyOfRange(bytes, from, from + count));
                return true;
            } finally {
                lock.unlock();
                Thread.yield();
            }
        }

        boolean move(Random random) {
            lock.lock();
            try {
                if (closed) {
                    return false;
                }
                int to = random.nextInt(3);
                if (random.nextInt(4) == 0) {
                    cluster.tryMove(node, to, descriptor, random.nextBoolean());
                } else {
                    descriptor = cluster.move(node, to, descriptor);
                    node = to;
                }
                return true;
            } finally {
                lock.unlock();
            }
        }

        void close() {
            lock.lock();
            try {
                closed = true;
                Descriptors.close(descriptor);
            } finally {
                lock.unlock();
            }
        }
    }

    private void transfer(Mobile writer, Mobile reader, boolean moveWriter, boolean moveReader) {
        Random data = new Random(7);
        byte[] bytes = new byte[TOTAL];
        data.nextBytes(bytes);
        CompletableFuture<Long> sum = CompletableFuture.supplyAsync(() -> readAll(reader), RandomMovesTest::run);
        CompletableFuture<Void> writing =
                CompletableFuture.runAsync(() -> writeAll(writer, bytes), RandomMovesTest::run);
        Random moves = new Random(3);
        while (!sum.isDone()) {
            long goal = progress.get() + TOTAL / 80;
            while (!sum.isDone() && progress.get() < goal && !ahead()) {
                if (writing.isCompletedExceptionally() || Thread.interrupted()) {
                    throw new AssertionError("stuck at byte " + progress.get() + " after " + moved + " moves");
                }
                LockSupport.parkNanos(100_000);
            }
            boolean one = moveWriter && writer.move(moves);
            one |= moveReader && reader.move(moves);
            moved.addAndGet(one ? 1 : 0);
        }
        writing.join();
        CRC32C expected = new CRC32C();
        expected.update(bytes);
        assertThat(sum.join()).isEqualTo(expected.getValue());
        assertThat(moved.get()).isGreaterThan(10);
        cluster.awaitNothingHeld();
    }

    /** The reader waits for moves: a machine where many things run does them slowly. */
    private boolean ahead() {
        return !written && progress.get() > (moved.get() + 1) * (TOTAL / 20);
    }

    private static void run(Runnable program) {
        Thread.ofPlatform().daemon().start(program);
    }

    private long readAll(Mobile reader) {
        CRC32C sum = new CRC32C();
        Random sizes = new Random(1);
        while (true) {
            while (ahead()) {
                LockSupport.parkNanos(100_000);
            }
            byte[] some = reader.read(1 + sizes.nextInt(100_000));
            if (some.length == 0) {
                reader.close();
                return sum.getValue();
            }
            if (some.length < 1 << 20) {
                sum.update(some);
                progress.addAndGet(some.length);
            }
        }
    }

    private void writeAll(Mobile writer, byte[] bytes) {
        Random sizes = new Random(2);
        int done = 0;
        while (done < bytes.length) {
            int count = Math.min(bytes.length - done, 1 + sizes.nextInt(4096));
            done += writer.write(bytes, done, count) ? count : 0;
        }
        writer.close();
        written = true;
    }

    @Test
    void aMovingReader() {
        Pipes.Pipe pipe = Pipes.create();
        transfer(new Mobile(pipe.writeEnd()), new Mobile(pipe.readEnd()), false, true);
    }

    @Test
    void aMovingWriter() {
        Pipes.Pipe pipe = Pipes.create();
        transfer(new Mobile(pipe.writeEnd()), new Mobile(pipe.readEnd()), true, false);
    }

    @Test
    void bothMove() {
        Pipes.Pipe pipe = Pipes.create();
        transfer(new Mobile(pipe.writeEnd()), new Mobile(pipe.readEnd()), true, true);
    }

    @Test
    void bothEndsOfASocketPairMove() {
        StreamSockets.Pair pair = StreamSockets.pair();
        transfer(new Mobile(pair.first()), new Mobile(pair.second()), true, true);
    }

    @Test
    void aThousandMovesLeakNothing() throws IOException {
        Pipes.Pipe pipe = Pipes.create();
        int writer = pipe.writeEnd();
        int at = 0;
        long before = 0;
        for (int i = 0; i < 1000; i++) {
            int to = (at + 1) % 3;
            writer = cluster.move(at, to, writer);
            at = to;
            if (i == 99) {
                before = descriptors();
            }
        }
        long after = descriptors();
        assertThat(after).isLessThanOrEqualTo(before + 8);
        Descriptors.close(writer);
        Descriptors.close(pipe.readEnd());
        cluster.awaitNothingHeld();
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
