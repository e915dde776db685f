package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A set of descriptors to wait on, with a way to wake the waiting thread ({@code epoll(7)}, {@code eventfd(2)}). */
public final class Epoll implements AutoCloseable {

    /** There are bytes to read, or the end. */
    public static final int IN = 1;

    /** There is room to write. */
    public static final int OUT = 4;

    /** The other side is gone: a pipe without readers. */
    public static final int ERR = 8;

    /** The other side is gone: a pipe without writers, a closed socket or terminal. */
    public static final int HUP = 0x10;

    /** The peer of a socket ended its direction. */
    public static final int RDHUP = 0x2000;

    /** Report changes, not states. */
    public static final int EDGE = 1 << 31;

    private static final int EVENT_SIZE = 12;
    private static final int ADD = 1;
    private static final int DELETE = 2;
    private static final long WAKE = -1;
    private static final int EFD_NONBLOCK_CLOEXEC = 0x80800;

    private final Arena arena = Arena.ofShared();
    private final int limit;
    private final MemorySegment events;
    private final MemorySegment counter;
    private final int set;
    private final int wakeup;

    /** Is told of the events of one wait. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Something happened.
         *
         * @param key what {@link Epoll#add} was given
         * @param events {@code IN}, {@code OUT}, {@code ERR}, {@code HUP}, {@code RDHUP}
         */
        void event(long key, int events);
    }

    /**
     * Makes an empty set.
     *
     * @param limit the most events of one wait
     * @throws ErrnoException EMFILE
     */
    public Epoll(int limit) {
        this.limit = limit;
        events = arena.allocate((long) EVENT_SIZE * limit, 8);
        counter = arena.allocate(JAVA_LONG);
        set = (int) Syscalls.check("epoll_create1", Syscalls.call(Nr.EPOLL_CREATE1, Descriptors.O_CLOEXEC));
        wakeup = (int) Syscalls.check("eventfd", Syscalls.call(Nr.EVENTFD2, 0, EFD_NONBLOCK_CLOEXEC));
        add(wakeup, IN, WAKE);
    }

    /**
     * Adds a descriptor.
     *
     * @param descriptor anything that can be polled
     * @param events a mask, with {@link #EDGE} where wanted
     * @param key not negative
     * @throws ErrnoException EPERM (cannot be polled), EEXIST
     */
    public void add(int descriptor, int events, long key) {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment event = confined.allocate(EVENT_SIZE, 8);
            event.set(JAVA_INT, 0, events);
            event.set(JAVA_LONG_UNALIGNED, 4, key);
            Syscalls.check(
                    "watch descriptor " + descriptor,
                    Syscalls.call(Nr.EPOLL_CTL, set, ADD, descriptor, event.address()));
        }
    }

    /** Removes a descriptor; call it before closing it. */
    public void remove(int descriptor) {
        Syscalls.call(Nr.EPOLL_CTL, set, DELETE, descriptor, 0);
    }

    /**
     * Waits for events, a wake-up or the end of the time.
     *
     * @param milliseconds the most to wait, -1 for ever
     * @param listener is called for each event
     */
    public void await(int milliseconds, Listener listener) {
        long count = Syscalls.call(Nr.EPOLL_PWAIT, set, events.address(), limit, milliseconds, 0, 8);
        for (int i = 0; i < count; i++) {
            long key = events.get(JAVA_LONG_UNALIGNED, (long) i * EVENT_SIZE + 4);
            if (key == WAKE) {
                Syscalls.call(Nr.READ, wakeup, counter.address(), 8);
            } else {
                listener.event(key, events.get(JAVA_INT, (long) i * EVENT_SIZE));
            }
        }
    }

    /** Lets the present or next wait return at once; any thread may call it. */
    public void wake() {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment one = confined.allocate(JAVA_LONG);
            one.set(JAVA_LONG, 0, 1);
            Syscalls.call(Nr.WRITE, wakeup, one.address(), 8);
        }
    }

    /**
     * Returns the present state of one descriptor without waiting.
     *
     * @param descriptor any
     * @param interest {@link #IN}, {@link #OUT}; {@link #ERR} and {@link #HUP} are always reported
     */
    public static int poll(int descriptor, int interest) {
        return poll(descriptor, interest, 0);
    }

    /**
     * Waits until there is something about one descriptor, and returns its state, 0 at the end of the time.
     *
     * @param descriptor any
     * @param interest {@link #IN}, {@link #OUT}
     * @param milliseconds the most to wait, -1 for ever
     */
    public static int poll(int descriptor, int interest, int milliseconds) {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment entry = confined.allocate(8, 8);
            entry.set(JAVA_INT, 0, descriptor);
            entry.set(JAVA_INT, 4, interest & 0xffff);
            long count = Syscalls.call(Nr.POLL, entry.address(), 1, milliseconds);
            return count == 1 ? entry.get(JAVA_INT, 4) >>> 16 : 0;
        }
    }

    @Override
    public void close() {
        Descriptors.close(set);
        Descriptors.close(wakeup);
        arena.close();
    }
}
