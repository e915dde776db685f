package org.linuxssi.stream;

import java.lang.System.Logger;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.linuxssi.linux.Epoll;

/**
 * The one thread that touches all relayed descriptors and the state of all streams of a node. It sleeps in epoll until a
 * descriptor changes, a task is posted or a timer is due; it never blocks elsewhere.
 */
final class Loop implements AutoCloseable {

    /** Size of {@link #buffer}. */
    static final int BUFFER = 1 << 20;

    private static final Logger LOG = System.getLogger(Loop.class.getName());

    private final Epoll epoll = new Epoll(128);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER, 4096);
    private final Map<Long, IntConsumer> watches = new HashMap<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean closed;
    private long keys;

    private record Timer(long due, Runnable task) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            return Long.compare(due - other.due, 0);
        }
    }

    /** Starts the thread. */
    Loop(String name) {
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    /** Returns memory for reads and writes of the loop's thread. */
    MemorySegment buffer() {
        return buffer;
    }

    /** Runs the task soon on the loop's thread; any thread may call it. */
    void post(Runnable task) {
        tasks.add(task);
        if (awake.compareAndSet(false, true) && !closed) {
            epoll.wake();
        }
    }

    /** Runs on the loop's thread and returns its result. */
    <T> CompletableFuture<T> ask(Supplier<T> question) {
        if (closed) {
            return CompletableFuture.failedFuture(new StreamException("the streams of this node are closed"));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        post(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException problem) {
                answer.completeExceptionally(problem);
            }
        });
        return answer;
    }

    /** Runs the task later on the loop's thread; only the loop's thread may call it. */
    void after(long milliseconds, Runnable task) {
        timers.add(new Timer(System.nanoTime() + milliseconds * 1_000_000, task));
    }

    /** Reports changes of the descriptor until {@link #unwatch}; only the loop's thread may call it. */
    long watch(int descriptor, IntConsumer events) {
        long key = keys++;
        epoll.add(descriptor, Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.EDGE, key);
        watches.put(key, events);
        return key;
    }

    /** Stops reporting; call it before the descriptor is closed. */
    void unwatch(int descriptor, long key) {
        watches.remove(key);
        epoll.remove(descriptor);
    }

    private void run() {
        while (!closed) {
            epoll.await(timeout(), this::event);
            awake.set(false);
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                guarded(task);
            }
            while (!timers.isEmpty() && timers.element().due() - System.nanoTime() <= 0) {
                guarded(timers.remove().task());
            }
        }
    }

    private int timeout() {
        if (!tasks.isEmpty()) {
            return 0;
        }
        Timer next = timers.peek();
        return next == null ? -1 : Math.clamp((next.due() - System.nanoTime() + 999_999) / 1_000_000, 0, 60_000);
    }

    private void event(long key, int events) {
        IntConsumer watch = watches.get(key);
        if (watch != null) {
            guarded(() -> watch.accept(events));
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException problem) {
            LOG.log(Logger.Level.ERROR, "a relayed stream failed", problem);
        }
    }

    @Override
    public void close() {
        closed = true;
        epoll.wake();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        epoll.close();
        arena.close();
    }
}
