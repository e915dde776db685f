package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One thread that waits for many descriptors ({@code epoll(7)}) and runs a short action once when one becomes readable or
 * is hung up: ends of pipes, pidfds.
 */
public final class Poller implements AutoCloseable {

    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int EPOLLIN = 1;
    private static final int EVENT_SIZE = 12;
    private static final int BATCH = 64;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.nativeOrder());

    private final int epoll;
    private final Fds.Pipe wake = Fds.pipe();
    private final Map<Integer, Watch> watches = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closed;

    /**
     * What to do for a descriptor.
     *
     * @param key the descriptor below, a number of the watch above: an event that was fetched before the descriptor was
     *     closed and given out again is not for the new one
     */
    private record Watch(long key, Runnable action) {}

    /** Starts the thread. */
    public Poller(String name) {
        epoll = (int) Syscalls.check("epoll_create1", Syscalls.call(Nr.EPOLL_CREATE1, Fds.O_CLOEXEC));
        watch(wake.readEnd(), () -> {});
        thread = Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    /**
     * Runs the action once, when the descriptor is readable or hung up. The action runs on the poller's thread and must
     * not block; it may close the descriptor. A descriptor must be forgotten before anybody else closes it.
     */
    public void watch(int descriptor, Runnable action) {
        Watch watch = new Watch((long) numbers.incrementAndGet() << 32 | descriptor, action);
        watches.put(descriptor, watch);
        add(descriptor, watch.key());
    }

    /** Stops watching; returns whether the action has not been started. */
    public boolean forget(int descriptor) {
        boolean pending = watches.remove(descriptor) != null;
        if (pending) {
            Syscalls.call(Nr.EPOLL_CTL, epoll, REMOVE, descriptor, 0);
        }
        return pending;
    }

    private void add(int descriptor, long key) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(EVENT_SIZE, 8);
            event.set(ValueLayout.JAVA_INT, 0, EPOLLIN);
            event.set(I64, 4, key);
            Syscalls.check(
                    "watch descriptor " + descriptor,
                    Syscalls.call(Nr.EPOLL_CTL, epoll, ADD, descriptor, event.address()));
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate((long) EVENT_SIZE * BATCH, 8);
            while (!closed) {
                long count = Syscalls.call(Nr.EPOLL_WAIT, epoll, events.address(), BATCH, -1);
                for (long i = 0; i < count && !closed; i++) {
                    fire(events.get(I64, i * EVENT_SIZE + 4));
                }
            }
        }
        Fds.close(epoll);
        Fds.close(wake.readEnd());
    }

    private void fire(long key) {
        int descriptor = (int) key;
        Watch watch = watches.get(descriptor);
        if (watch == null || watch.key() != key || !watches.remove(descriptor, watch)) {
            return;
        }
        Syscalls.call(Nr.EPOLL_CTL, epoll, REMOVE, descriptor, 0);
        try {
            watch.action().run();
        } catch (RuntimeException problem) {
            System.getLogger(Poller.class.getName())
                    .log(System.Logger.Level.ERROR, "action for descriptor " + descriptor, problem);
        }
    }

    @Override
    public void close() {
        closed = true;
        Fds.close(wake.writeEnd());
        try {
            thread.join(1000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
