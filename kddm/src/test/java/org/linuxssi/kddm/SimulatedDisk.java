package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.linuxssi.kddm.spi.ObjectStore;
import org.linuxssi.tools.TimeSource;
import org.linuxssi.tools.VirtualTime;

/**
 * The disk of a simulated node. It is slow, does one thing after the other, and outlives its node; of what it has not yet done at a loss
 * of power some is done, in its order, and the rest is not.
 */
final class SimulatedDisk {

    private static final int MICROS = 1_000;
    private static final int MICROS_SEEK = 100_000;

    private final VirtualTime time;
    private final Random random;
    private final Map<Long, ObjectStore.Stored> objects = new TreeMap<>();
    private final Queue<Runnable> queue = new ArrayDeque<>();
    private long idleAt;
    private long life;

    SimulatedDisk(VirtualTime time, Random random) {
        this.time = time;
        this.random = random;
    }

    /** Returns the store as a node sees it from now until the power goes. */
    ObjectStore open(TimeSource node) {
        return new Store(node, life);
    }

    /** What is begun from now on takes so much longer. */
    void stall(Duration duration) {
        idleAt = Math.max(idleAt, time.nanos()) + duration.toNanos();
    }

    void powerLoss() {
        for (int done = random.nextInt(queue.size() + 1); done > 0; done--) {
            queue.remove().run();
        }
        queue.clear();
        life++;
        idleAt = time.nanos();
    }

    private long latency() {
        return 1000L * (50 + random.nextInt(random.nextInt(20) == 0 ? MICROS_SEEK : MICROS));
    }

    private final class Store implements ObjectStore {
        private final TimeSource node;
        private final long opened;

        Store(TimeSource node, long opened) {
            this.node = node;
            this.opened = opened;
        }

        private <T> CompletionStage<T> later(Supplier<T> work) {
            CompletableFuture<T> result = new CompletableFuture<>();
            if (opened == life) {
                idleAt = Math.max(idleAt, time.nanos()) + latency();
                queue.add(() -> {
                    T done = work.get();
                    node.after(Duration.ZERO, () -> result.complete(done));
                });
                time.after(Duration.ofNanos(idleAt - time.nanos()), this::next);
            }
            return result;
        }

        private void next() {
            if (opened == life) {
                queue.remove().run();
            }
        }

        @Override
        public CompletionStage<Void> write(long object, Stored version) {
            return later(() -> objects.merge(object, version, (old, now) -> now.version() >= old.version() ? now : old))
                    .thenAccept(_ -> {});
        }

        @Override
        public CompletionStage<Optional<Stored>> read(long object) {
            return later(() -> Optional.ofNullable(objects.get(object)));
        }

        @Override
        public CompletionStage<Void> remove(long object) {
            return later(() -> Optional.ofNullable(objects.remove(object))).thenAccept(_ -> {});
        }
    }
}
