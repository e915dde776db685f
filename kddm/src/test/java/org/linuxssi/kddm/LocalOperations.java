package org.linuxssi.kddm;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.linuxssi.hotplug.View;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.SystemTime;
import org.linuxssi.tools.TimeSource;

/** What Lincheck has threads of one node do, and the sequential objects that say what may come out. */
final class LocalOperations {

    private static final Duration SOON = Duration.ofSeconds(20);

    private LocalOperations() {}

    /** Messages are handled by the threads of the test; nothing is told once more after a while. */
    private static final class OwnThreads implements TimeSource {
        private final SystemTime clock = new SystemTime();

        @Override
        public long nanos() {
            return clock.nanos();
        }

        @Override
        public Registration after(Duration delay, Runnable task) {
            return delay.isZero() ? clock.after(delay, task) : () -> {};
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public <T> T await(CompletableFuture<T> future, Duration limit)
                throws InterruptedException, ExecutionException {
            return future.get();
        }
    }

    private static final Kddm NODE = node();
    private static final KddmSet<Long> SET =
            NODE.open(SetSpec.of(TestCluster.COUNTERS, "counters", TestCluster.LONG, _ -> 0L));
    private static final AtomicLong USED = new AtomicLong();

    /** Returns numbers of objects that no earlier run has touched: all runs share a node, since making one takes long. */
    private static long fresh() {
        return USED.getAndAdd(8);
    }

    private static Kddm node() {
        NodeId self = NodeId.of(0);
        FakeHotplug hotplug = new FakeHotplug(self);
        Kddm kddm = new Kddm(new MemoryNetwork(new OwnThreads()).node(self), hotplug);
        hotplug.install(new View(1, NodeSet.of(self)));
        return kddm;
    }

    /** The table of objects, used as copies do: what is in an entry counts only under its lock and while it is not dead. */
    @Param(name = "object", gen = IntGen.class, conf = "1:2")
    public static final class OfTable {

        private static final class Entry extends ObjectTable.Node {
            private boolean present;

            Entry(long object) {
                super(object);
            }
        }

        private final ObjectTable<Entry> table = new ObjectTable<>(Entry::new);

        @Operation
        public boolean make(@Param(name = "object") int object) {
            while (true) {
                Entry entry = table.get(object);
                synchronized (entry) {
                    if (!entry.dead) {
                        boolean made = !entry.present;
                        entry.present = true;
                        return made;
                    }
                }
            }
        }

        @Operation
        public boolean find(@Param(name = "object") int object) {
            Entry entry = table.find(object);
            if (entry == null) {
                return false;
            }
            synchronized (entry) {
                return !entry.dead && entry.present;
            }
        }

        @Operation
        public boolean remove(@Param(name = "object") int object) {
            Entry entry = table.find(object);
            if (entry == null) {
                return false;
            }
            synchronized (entry) {
                boolean mine = !entry.dead && entry.present;
                if (mine) {
                    table.remove(entry);
                }
                return mine;
            }
        }
    }

    /** A table that one thread uses. */
    public static final class SequentialTable {
        private final Set<Integer> objects = new HashSet<>();

        public boolean make(int object) {
            return objects.add(object);
        }

        public boolean find(int object) {
            return objects.contains(object);
        }

        public boolean remove(int object) {
            return objects.remove(object);
        }
    }

    /** All operations on the objects of a set; an object begins as 0. */
    @Param(name = "object", gen = IntGen.class, conf = "1:2")
    @Param(name = "value", gen = IntGen.class, conf = "1:3")
    public static final class OfSet {

        private final long first = fresh();

        @Operation
        public long read(@Param(name = "object") int object) {
            try (Hold<Long> hold = SET.get(first + object)) {
                return twice(hold);
            }
        }

        @Operation
        public long findOrRead(@Param(name = "object") int object) {
            Optional<Hold<Long>> found = SET.find(first + object);
            try (Hold<Long> hold = found.isPresent() ? found.get() : SET.get(first + object)) {
                return twice(hold);
            }
        }

        /** Reads two times: the object stays as it is while it is held. */
        private static long twice(Hold<Long> hold) {
            long before = hold.value();
            Thread.yield();
            return before + hold.value();
        }

        @Operation
        public long look(@Param(name = "object") int object) {
            return SET.readNoFirstTouch(first + object).orElse(-1L);
        }

        @Operation
        public long add(@Param(name = "object") int object, @Param(name = "value") int value) {
            return SET.update(first + object, now -> {
                Thread.yield();
                return now + value;
            });
        }

        @Operation
        public void set(@Param(name = "object") int object, @Param(name = "value") int value) {
            SET.setObject(first + object, (long) value);
        }

        @Operation
        public void remove(@Param(name = "object") int object) {
            SET.removeObject(first + object);
        }
    }

    /** Objects that one thread uses. */
    public static final class SequentialSet {
        private final Map<Integer, Long> objects = new HashMap<>();

        public long read(int object) {
            return 2 * objects.computeIfAbsent(object, _ -> 0L);
        }

        public long findOrRead(int object) {
            return read(object);
        }

        public long look(int object) {
            return objects.getOrDefault(object, -1L);
        }

        public long add(int object, int value) {
            return objects.merge(object, (long) value, Long::sum);
        }

        public void set(int object, int value) {
            objects.put(object, (long) value);
        }

        public void remove(int object) {
            objects.remove(object);
        }
    }

    /** A lock: taken and freed by threads, and held by some while they count. */
    @Param(name = "thread", gen = ThreadIdGen.class)
    public static final class OfLock {

        private static final int THREADS = 8;

        private final DistributedLocks locks = NODE.locks();
        private final long number = fresh();
        private final Registration[] held = new Registration[THREADS];
        private int counter;
        private int shadow;

        @Operation
        public boolean take(@Param(name = "thread") int thread) {
            if (held[thread] != null) {
                return false;
            }
            Optional<Registration> lock = locks.tryLock(number);
            lock.ifPresent(it -> held[thread] = it);
            return lock.isPresent();
        }

        @Operation
        public boolean free(@Param(name = "thread") int thread) {
            Registration mine = held[thread];
            if (mine == null) {
                return false;
            }
            held[thread] = null;
            mine.close();
            return true;
        }

        @Operation
        public int count() {
            try (Registration _ = locks.lock(number + 1, SOON)) {
                counter++;
                Thread.yield();
                return ++shadow;
            }
        }

        @Operation
        public int look() {
            try (Registration _ = locks.lockShared(number + 1, SOON)) {
                return 10 * counter + shadow;
            }
        }
    }

    /** A lock that one thread uses. */
    public static final class SequentialLock {
        private int holder = -1;
        private int counter;

        public boolean take(int thread) {
            boolean free = holder < 0;
            holder = free ? thread : holder;
            return free;
        }

        public boolean free(int thread) {
            boolean mine = holder == thread;
            holder = mine ? -1 : holder;
            return mine;
        }

        public int count() {
            return ++counter;
        }

        public int look() {
            return 11 * counter;
        }
    }

    /** A counter that is written under a hold to read. */
    public static final class RacyCounter {
        private static final int TIMES = 50;

        private final DistributedLocks locks = NODE.locks();
        private final long number = fresh();
        private int counter;

        @Operation
        public int count() {
            try (Registration _ = locks.lockShared(number + 1, SOON)) {
                for (int i = 0; i < TIMES; i++) {
                    counter++;
                    Thread.yield();
                }
                return counter;
            }
        }
    }

    /** A counter that one thread uses. */
    public static final class SequentialCounter {
        private int counter;

        public int count() {
            counter += RacyCounter.TIMES;
            return counter;
        }
    }
}
