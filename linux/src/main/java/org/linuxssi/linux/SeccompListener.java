package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Receives and answers notified system calls ({@code seccomp_unotify(2)}, {@code linux/seccomp.h}).
 *
 * <p>One thread receives; any thread answers. Everything here is safe for concurrent use, except {@link #receive}.
 */
public final class SeccompListener implements AutoCloseable {

    private static final long RECV = 0xc0502100L;
    private static final long SEND = 0xc0182101L;
    private static final long ID_VALID = 0x40082102L;
    private static final long ADDFD = 0x40182103L;
    private static final long SET_FLAGS = 0x40082104L;
    private static final long SYNC_WAKE_UP = 1;
    private static final int CONTINUE = 1;
    private static final int ADDFD_SETFD = 1;
    private static final int ADDFD_SEND = 2;
    private static final int NOTIFICATION_SIZE = 80;
    private static final int RESPONSE_SIZE = 24;
    private static final int POLLHUP = 0x10;

    /** A call that waits for its answer. */
    public static final class Notification {

        private final long[] words = new long[NOTIFICATION_SIZE / 8];

        /** Copies a {@code struct seccomp_notif}. */
        public Notification(MemorySegment bytes) {
            MemorySegment.copy(bytes, JAVA_LONG, 0, words, 0, words.length);
        }

        /** Returns what the kernel knows it by. */
        public long id() {
            return words[0];
        }

        /** Returns the calling thread, as the receiver's pid name space numbers it. */
        public int thread() {
            return (int) words[1];
        }

        /** Returns the system call. */
        public int number() {
            return (int) words[2];
        }

        /** Returns the address of the instruction after the call. */
        public long address() {
            return words[3];
        }

        /** Returns an argument, 0 to 5. */
        public long argument(int index) {
            return words[4 + index];
        }

        /** Returns an argument as an int of C. */
        public int word(int index) {
            return (int) argument(index);
        }
    }

    private final int descriptor;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment notification = arena.allocate(NOTIFICATION_SIZE, 8);
    private final ThreadLocal<MemorySegment> scratch =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(RESPONSE_SIZE, 8));

    /** Owns the descriptor of a listener and asks for synchronous wake-ups, where the kernel has them (6.6). */
    public SeccompListener(int descriptor) {
        this.descriptor = descriptor;
        Syscalls.call(Nr.IOCTL, descriptor, SET_FLAGS, SYNC_WAKE_UP);
    }

    /** Returns the descriptor. */
    public int descriptor() {
        return descriptor;
    }

    /**
     * Waits for the next call. Returns nothing when the wait ended without one: the caller died meanwhile, or a signal
     * came.
     *
     * @throws ErrnoException when the descriptor is closed
     */
    public Optional<Notification> receive() {
        notification.fill((byte) 0);
        long result = Syscalls.call(Nr.IOCTL, descriptor, RECV, notification.address());
        if (result == -Errno.EINTR.number() || result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        Syscalls.check("receive a notified call", result);
        return Optional.of(new Notification(notification));
    }

    /** Tells whether no process is left under the filter, so that no call will ever come. */
    public boolean deserted() {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment poll = local.allocate(8, 4);
            poll.set(JAVA_INT, 0, descriptor);
            return Syscalls.call(Nr.POLL, poll.address(), 1, 0) > 0 && (poll.get(JAVA_SHORT, 6) & POLLHUP) != 0;
        }
    }

    /** Answers with a result, or with a negated error number; false when the call is no longer there. */
    public boolean answer(long id, long result) {
        return Syscalls.failed(result) ? send(id, 0, (int) result, 0) : send(id, result, 0, 0);
    }

    /** Lets the kernel carry out the call as if it had not been notified; false when it is no longer there. */
    public boolean proceed(long id) {
        return send(id, 0, 0, CONTINUE);
    }

    private boolean send(long id, long value, int error, int flags) {
        MemorySegment response = scratch.get();
        response.set(JAVA_LONG, 0, id);
        response.set(JAVA_LONG, 8, value);
        response.set(JAVA_INT, 16, error);
        response.set(JAVA_INT, 20, flags);
        return Syscalls.call(Nr.IOCTL, descriptor, SEND, response.address()) == 0;
    }

    /** Tells whether the call still waits. */
    public boolean valid(long id) {
        MemorySegment word = scratch.get();
        word.set(JAVA_LONG, 0, id);
        return Syscalls.call(Nr.IOCTL, descriptor, ID_VALID, word.address()) == 0;
    }

    /**
     * Gives the caller a copy of one of our descriptors at a fixed number, replacing what it has there.
     *
     * @throws ErrnoException EBADF when the number is above its limit, ENOENT when the call is no longer there
     */
    public void install(long id, int ours, int theirs, boolean closeOnExec) {
        addfd("descriptor " + theirs, id, ADDFD_SETFD, ours, theirs, closeOnExec);
    }

    /** Gives the caller a copy of one of our descriptors at its lowest free number, which is returned. */
    public int install(long id, int ours, boolean closeOnExec) {
        return addfd("descriptor", id, 0, ours, 0, closeOnExec);
    }

    /** Like {@link #install(long, int, boolean)} and answers the call with the number. */
    public int installAndAnswer(long id, int ours, boolean closeOnExec) {
        return addfd("descriptor", id, ADDFD_SEND, ours, 0, closeOnExec);
    }

    private int addfd(String what, long id, int flags, int ours, int theirs, boolean closeOnExec) {
        MemorySegment request = scratch.get();
        request.set(JAVA_LONG, 0, id);
        request.set(JAVA_INT, 8, flags);
        request.set(JAVA_INT, 12, ours);
        request.set(JAVA_INT, 16, theirs);
        request.set(JAVA_INT, 20, closeOnExec ? Fds.O_CLOEXEC : 0);
        while (true) {
            long result = Syscalls.call(Nr.IOCTL, descriptor, ADDFD, request.address());
            if (result != -Errno.EINTR.number()) {
                return (int) Syscalls.check("install " + what + " in the caller", result);
            }
        }
    }

    @Override
    public void close() {
        Fds.close(descriptor);
    }
}
