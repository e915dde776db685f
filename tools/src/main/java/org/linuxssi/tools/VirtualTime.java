package org.linuxssi.tools;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Time that moves only when it is told to: everything that happens is an event in one queue, ordered by time and then by
 * the order of its making, so that a run is repeatable.
 *
 * <p>Overview. The thread that calls {@link #advance}, {@link #runUntil} or {@link #await} is the driver and runs the
 * events one at a time. Tasks given to {@link #execute} have threads of their own, so that they may wait with
 * {@link #await}; but only one thread runs at any moment: the driver hands over to the task and goes on when the task ends or
 * waits. A task that waits is made an event again when its future is done.
 */
public final class VirtualTime implements TimeSource {

    private static final Duration LONGEST_WAIT = Duration.ofHours(24);

    private record Event(long time, long order, Runnable task) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::time).thenComparingLong(Event::order));

    @SuppressWarnings("ThreadLocalUsage") // each virtual time has its own tasks
    private final ThreadLocal<@Nullable Task> current = new ThreadLocal<>();

    private final Semaphore driver = new Semaphore(0);
    private long now;
    private long made;
    private @Nullable Throwable failure;

    private synchronized Event add(long delay, Runnable task) {
        Event event = new Event(now + Math.max(delay, 0), made++, task);
        events.add(event);
        return event;
    }

    private synchronized @Nullable Event next(long limit) {
        Event event = events.peek();
        if (event == null || event.time() > limit) {
            return null;
        }
        events.remove();
        now = Math.max(now, event.time());
        return event;
    }

    private synchronized void remove(Event event) {
        events.remove(event);
    }

    private boolean step(long limit) {
        Event event = next(limit);
        if (event == null) {
            return false;
        }
        event.task().run();
        Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            throw new IllegalStateException("a task failed: " + thrown, thrown);
        }
        return true;
    }

    @Override
    public synchronized long nanos() {
        return now;
    }

    /** Runs the task as an event of the driver, which must not block for long but may {@link #await}. */
    @Override
    public Registration after(Duration delay, Runnable task) {
        Event event = add(delay.toNanos(), task);
        return () -> remove(event);
    }

    @Override
    public void execute(Runnable task) {
        add(0, () -> new Task(task).begin());
    }

    /** Runs all that happens within the duration; afterwards it is that much later. */
    public void advance(Duration duration) {
        long end = nanos() + duration.toNanos();
        while (step(end)) {}
        synchronized (this) {
            now = Math.max(now, end);
        }
    }

    /**
     * Runs until the condition holds.
     *
     * @throws IllegalStateException when it does not within the virtual time given
     */
    public void runUntil(Duration limit, BooleanSupplier condition) {
        long end = nanos() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (!step(end)) {
                throw new IllegalStateException("the condition does not hold within " + limit + " of virtual time");
            }
        }
    }

    @Override
    public <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
        Task task = current.get();
        if (task != null) {
            task.await(future);
        } else {
            runUntil(LONGEST_WAIT, future::isDone);
        }
        return future.get();
    }

    @Override
    public <T> T await(CompletableFuture<T> future, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Boolean> either = new CompletableFuture<>();
        var _ = future.whenComplete((_, _) -> either.complete(true));
        try (Registration _ = after(limit, () -> either.complete(false))) {
            if (!await(either)) {
                throw new TimeoutException();
            }
        }
        return await(future);
    }

    private final class Task {
        private final Runnable work;
        private final Semaphore turn = new Semaphore(0);

        Task(Runnable work) {
            this.work = work;
        }

        void begin() {
            Thread.ofVirtual().start(this::run);
            driver.acquireUninterruptibly();
        }

        private void run() {
            current.set(this);
            try {
                work.run();
            } catch (Throwable thrown) {
                failure = thrown;
            } finally {
                driver.release();
            }
        }

        @SuppressWarnings("FutureReturnValueIgnored") // the caller looks at the future itself
        void await(CompletableFuture<?> future) {
            if (future.isDone()) {
                return;
            }
            future.whenComplete((_, _) -> add(0, this::resume));
            driver.release();
            turn.acquireUninterruptibly();
        }

        private void resume() {
            turn.release();
            driver.acquireUninterruptibly();
        }
    }
}
