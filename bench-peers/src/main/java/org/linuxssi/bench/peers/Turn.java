package org.linuxssi.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.linuxssi.bench.peers.Order.Action;

/** All rows of one product, once. */
final class Turn {

    private static final int WARM_UPS = 4;
    private static final int EXCHANGES = 1500;
    private static final int BATCHES = 150;
    private static final int LOCAL_KEYS = 16;
    private static final int READS = 600;
    private static final int WRITES = 1200;
    private static final int WRITTEN_KEYS = 48;
    private static final int SHARED_WRITES = 600;
    private static final int LOCKS = 6;
    private static final int LOCK_MILLIS = 300;
    private static final int LOST_KEYS = 64;
    private static final int FIRST = 0;
    private static final int SECOND = 1;
    private static final int THIRD = 2;

    /** A time in which a node had a lock. */
    private record Held(int node, long asked, long got, long freed) {}

    private final Cluster cluster;
    private long nextKey = 1;
    private long nextVersion = 1;
    private long nextLock = 1;

    Turn(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Returns the nanoseconds of each operation, after all were done some times to warm up; the third node is dead then. */
    Map<Row, double[]> measure() throws IOException {
        for (int i = 0; i < WARM_UPS; i++) {
            operations();
        }
        Map<Row, double[]> nanos = operations();
        long[] survived = survive();
        nanos.put(Row.SURVIVE_ONE, new double[] {survived[0]});
        nanos.put(Row.SURVIVE_ALL, new double[] {survived[survived.length - 1]});
        return nanos;
    }

    private Map<Row, double[]> operations() throws IOException {
        Map<Row, double[]> nanos = new EnumMap<>(Row.class);
        double[] before = exchange();
        nanos.put(Row.LOCAL_READ, readHere());
        nanos.put(Row.REMOTE_READ, readOthers());
        nanos.put(Row.WRITE_HERE, write(keys(Action.HERE, FIRST, WRITTEN_KEYS)));
        nanos.put(Row.WRITE_ANY, write(keys(WRITTEN_KEYS)));
        nanos.put(Row.WRITE_SHARED, writeShared());
        nanos.put(Row.HAND_OVER, handOver());
        nanos.put(
                Row.BARE,
                DoubleStream.concat(Arrays.stream(before), Arrays.stream(exchange()))
                        .toArray());
        return nanos;
    }

    private long[] keys(int count) {
        long first = nextKey;
        nextKey += count;
        return LongStream.range(first, nextKey).toArray();
    }

    private long[] keys(Action which, int node, int count) throws IOException {
        long[] keys = cluster.order(node, new Order(which, 0, nextKey, count));
        nextKey = keys[count - 1] + 1;
        return keys;
    }

    private static double[] doubles(long[] nanos) {
        return Arrays.stream(nanos).asDoubleStream().toArray();
    }

    private double[] exchange() throws IOException {
        long port = cluster.order(SECOND, new Order(Action.ECHO, 0))[0];
        return doubles(cluster.order(FIRST, new Order(Action.EXCHANGE, 0, port, EXCHANGES)));
    }

    private double[] readHere() throws IOException {
        long[] keys = keys(Action.HERE, FIRST, LOCAL_KEYS);
        cluster.order(FIRST, new Order(Action.WRITE, nextVersion++, keys));
        long[] numbers =
                LongStream.concat(LongStream.of(BATCHES), Arrays.stream(keys)).toArray();
        return Arrays.stream(cluster.order(FIRST, new Order(Action.READ_MANY, 0, numbers)))
                .mapToDouble(nanos -> (double) nanos / Node.BATCH)
                .toArray();
    }

    private double[] readOthers() throws IOException {
        long[] keys = keys(Action.OTHERS, FIRST, READS);
        long version = nextVersion++;
        cluster.order(SECOND, new Order(Action.WRITE, version, keys));
        return doubles(cluster.order(FIRST, new Order(Action.READ, version, keys)));
    }

    private double[] write(long[] keys) throws IOException {
        cluster.order(FIRST, new Order(Action.WRITE, nextVersion++, keys));
        long[] again =
                IntStream.range(0, WRITES).mapToLong(i -> keys[i % keys.length]).toArray();
        return doubles(cluster.order(FIRST, new Order(Action.WRITE, nextVersion++, again)));
    }

    private double[] writeShared() throws IOException {
        long[] keys = keys(SHARED_WRITES);
        long before = nextVersion++;
        cluster.order(FIRST, new Order(Action.WRITE, before, keys));
        cluster.order(SECOND, new Order(Action.READ, before, keys));
        cluster.order(THIRD, new Order(Action.READ, before, keys));
        long after = nextVersion++;
        double[] nanos = doubles(cluster.order(FIRST, new Order(Action.WRITE, after, keys)));
        cluster.order(SECOND, new Order(Action.READ, after, keys));
        cluster.order(THIRD, new Order(Action.READ, after, keys));
        return nanos;
    }

    private double[] handOver() throws IOException {
        DoubleStream.Builder nanos = DoubleStream.builder();
        for (int i = 0; i < LOCKS; i++) {
            Order order = new Order(Action.LOCK, 0, nextLock++, LOCK_MILLIS);
            cluster.send(FIRST, order);
            cluster.send(SECOND, order);
            List<Held> all = new ArrayList<>();
            for (int node : List.of(FIRST, SECOND)) {
                long[] times = cluster.receive(node);
                for (int at = 0; at < times.length; at += 3) {
                    all.add(new Held(node, times[at], times[at + 1], times[at + 2]));
                }
            }
            all.sort(Comparator.comparingLong(Held::got));
            for (int at = 1; at < all.size(); at++) {
                Held last = all.get(at - 1);
                Held next = all.get(at);
                if (next.got() < last.freed()) {
                    throw new IOException("nodes " + last.node() + " and " + next.node() + " had a lock at once");
                }
                if (next.node() != last.node() && next.asked() < last.freed()) {
                    nanos.add((double) (next.got() - last.freed()));
                }
            }
        }
        return nanos.build().toArray();
    }

    private long[] survive() throws IOException {
        long[] keys = keys(Action.HERE, THIRD, LOST_KEYS);
        long version = nextVersion++;
        cluster.order(THIRD, new Order(Action.WRITE, version, keys));
        long killed = cluster.kill(THIRD);
        long[] ends = cluster.order(FIRST, new Order(Action.RECOVER, version, keys));
        return Arrays.stream(ends).map(end -> end - killed).toArray();
    }
}
