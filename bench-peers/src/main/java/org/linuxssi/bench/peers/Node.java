package org.linuxssi.bench.peers;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** One node of a cluster, in a Java machine of its own, which ends when whoever ordered it does. */
final class Node {

    /** Reads of a local value that are timed together. */
    static final int BATCH = 100;

    private static final long LONGEST_RECOVERY = Duration.ofSeconds(60).toNanos();
    private static final long RETRY_NANOS = Duration.ofMillis(2).toNanos();
    private static final long HOLD_NANOS = Duration.ofNanos(200_000).toNanos();

    private final Product product;
    private final Seat seat;
    private final Echo echo;
    private @Nullable Peer started;

    private Node(Product product, Seat seat) throws IOException {
        this.product = product;
        this.seat = seat;
        this.echo = new Echo();
    }

    /** Serves orders: arguments PRODUCT NUMBER DIRECTORY CONTROL-PORT PORT... */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int number = Integer.parseInt(arguments[1]);
        List<Integer> ports =
                Arrays.stream(arguments).skip(4).map(Integer::valueOf).toList();
        Node node = new Node(Product.valueOf(arguments[0]), new Seat(number, ports, Path.of(arguments[2])));
        try (Socket control = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[3]))) {
            control.setTcpNoDelay(true);
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(control.getOutputStream()));
            out.writeInt(number);
            out.flush();
            BlockingQueue<Order> orders = new LinkedBlockingQueue<>();
            Thread.ofPlatform().name("orders").start(() -> receive(control, orders));
            while (true) {
                node.answer(orders.take(), out);
            }
        }
    }

    private static void receive(Socket control, BlockingQueue<Order> orders) {
        try {
            DataInputStream in = new DataInputStream(new BufferedInputStream(control.getInputStream()));
            while (true) {
                orders.add(Order.receive(in));
            }
        } catch (IOException ended) {
            Runtime.getRuntime().halt(0);
        }
    }

    private void answer(Order order, DataOutputStream out) throws IOException, InterruptedException {
        String problem = "";
        long[] numbers = {};
        try {
            numbers = carryOut(order);
        } catch (RuntimeException | IOException | LinkageError failure) {
            failure.printStackTrace();
            problem = order.action() + ": " + failure;
        }
        out.writeUTF(problem);
        Order.sendNumbers(out, numbers);
        out.flush();
    }

    private long[] carryOut(Order order) throws IOException, InterruptedException {
        long[] numbers = order.numbers();
        return switch (order.action()) {
            case START -> {
                started = product.start(seat);
                yield new long[0];
            }
            case HERE -> keysFrom(numbers[0], numbers[1], true);
            case OTHERS -> keysFrom(numbers[0], numbers[1], false);
            case WRITE -> write(numbers, order.version());
            case READ -> read(numbers, order.version());
            case READ_MANY -> readMany((int) numbers[0], Arrays.copyOfRange(numbers, 1, numbers.length));
            case LOCK -> lock(numbers[0], Duration.ofMillis(numbers[1]).toNanos());
            case ECHO -> new long[] {echo.port()};
            case EXCHANGE -> Echo.exchange((int) numbers[0], (int) numbers[1]);
            case RECOVER -> recover(numbers, order.version());
        };
    }

    private Peer peer() {
        if (started == null) {
            throw new IllegalStateException("node " + seat.number() + " of " + product + " was not started");
        }
        return started;
    }

    private long[] keysFrom(long first, long count, boolean here) {
        Peer peer = peer();
        return LongStream.iterate(first, key -> key + 1)
                .filter(key -> here ? peer.answersHere(key) : peer.asksOthers(key))
                .limit(count)
                .toArray();
    }

    private long[] write(long[] keys, long version) {
        Peer peer = peer();
        long[] nanos = new long[keys.length];
        for (int i = 0; i < keys.length; i++) {
            byte[] value = Values.make(keys[i], version);
            long start = System.nanoTime();
            peer.write(keys[i], value);
            nanos[i] = System.nanoTime() - start;
        }
        return nanos;
    }

    private long[] read(long[] keys, long version) {
        Peer peer = peer();
        long[] nanos = new long[keys.length];
        for (int i = 0; i < keys.length; i++) {
            long start = System.nanoTime();
            byte[] value = peer.read(keys[i]);
            nanos[i] = System.nanoTime() - start;
            Values.check(value, keys[i], version);
        }
        return nanos;
    }

    private long[] readMany(int batches, long[] keys) {
        Peer peer = peer();
        long[] nanos = new long[batches];
        long bytes = 0;
        for (int batch = 0; batch < batches; batch++) {
            long start = System.nanoTime();
            for (int i = 0; i < BATCH; i++) {
                bytes += peer.read(keys[i % keys.length]).length;
            }
            nanos[batch] = System.nanoTime() - start;
        }
        if (bytes != (long) batches * BATCH * Values.BYTES) {
            throw new IllegalStateException(batches + " times " + BATCH + " reads came to " + bytes + " bytes");
        }
        return nanos;
    }

    private long[] lock(long number, long duration) {
        Peer peer = peer();
        LongStream.Builder times = LongStream.builder();
        long end = System.nanoTime() + duration;
        for (long asked = System.nanoTime(); asked < end; asked = System.nanoTime()) {
            peer.lock(number);
            long got = System.nanoTime();
            LockSupport.parkNanos(HOLD_NANOS);
            long freed = System.nanoTime();
            peer.unlock(number);
            times.add(asked).add(got).add(freed);
        }
        return times.build().toArray();
    }

    private long[] recover(long[] keys, long version) {
        long[] ends = new long[keys.length];
        for (int i = 0; i < keys.length; i++) {
            recover(keys[i], version);
            ends[i] = System.nanoTime();
        }
        return ends;
    }

    private void recover(long key, long version) {
        Peer peer = peer();
        long start = System.nanoTime();
        while (true) {
            try {
                Values.check(peer.read(key), key, version);
                peer.write(key, Values.make(key, version + 1));
                return;
            } catch (RuntimeException failure) {
                if (System.nanoTime() - start > LONGEST_RECOVERY) {
                    throw failure;
                }
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }
}
