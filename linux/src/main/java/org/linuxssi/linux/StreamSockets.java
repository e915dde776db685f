package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Connected stream sockets ({@code linux/socket.h}, {@code asm-generic/socket.h}). */
public final class StreamSockets {

    /** Ends the writing direction in {@link #shutdown}. */
    public static final int SHUT_WR = 1;

    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int AF_NETLINK = 16;
    private static final int AF_PACKET = 17;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int POLLRDHUP = 0x2000;
    private static final int MSG_PEEK = 2;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;

    private StreamSockets() {}

    /**
     * Two sockets connected to each other, both closed at exec.
     *
     * @param first descriptor
     * @param second descriptor
     */
    public record Pair(int first, int second) {}

    /**
     * Makes a pair of connected local stream sockets.
     *
     * @throws ErrnoException EMFILE
     */
    public static Pair pair() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            Syscalls.check(
                    "make a socket pair",
                    Syscalls.call(Nr.SOCKETPAIR, AF_UNIX, SOCK_STREAM | Descriptors.O_CLOEXEC, 0, ends.address()));
            return new Pair(ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1));
        }
    }

    /** Tells whether the socket is a stream that is connected, or was. */
    public static boolean isConnectedStream(int descriptor) {
        return option(descriptor, SO_TYPE) == SOCK_STREAM
                && option(descriptor, SO_ACCEPTCONN) == 0
                && !isNew(descriptor);
    }

    /** Tells whether it was never connected: an ended connection has an end to be read, or still knows its peer. */
    private static boolean isNew(int descriptor) {
        return Sockets.remote(descriptor).isEmpty() && !isEnded(descriptor);
    }

    /** Tells whether nothing comes any more to a socket that was connected. */
    public static boolean isEnded(int descriptor) {
        return (Sockets.events(descriptor, POLLRDHUP) & POLLRDHUP) != 0;
    }

    /** Returns what kind of socket it is, as {@code a listening TCP socket}. */
    public static String describe(int descriptor) {
        int domain = option(descriptor, SO_DOMAIN);
        int type = option(descriptor, SO_TYPE);
        String protocol =
                switch (domain) {
                    case AF_UNIX -> type == SOCK_DGRAM ? "Unix datagram" : type == SOCK_STREAM ? "Unix" : "Unix packet";
                    case AF_INET, AF_INET6 -> type == SOCK_STREAM ? "TCP" : type == SOCK_DGRAM ? "UDP" : "raw IP";
                    case AF_NETLINK -> "netlink";
                    case AF_PACKET -> "packet";
                    default -> "family " + domain;
                };
        return option(descriptor, SO_ACCEPTCONN) == 0
                ? "a " + protocol + " socket"
                : "a listening " + protocol + " socket";
    }

    private static int option(int descriptor, int name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            MemorySegment size = arena.allocate(JAVA_INT);
            size.set(JAVA_INT, 0, 4);
            long result = Syscalls.call(Nr.GETSOCKOPT, descriptor, SOL_SOCKET, name, value.address(), size.address());
            return Syscalls.failed(result) ? -1 : value.get(JAVA_INT, 0);
        }
    }

    /** Receives without waiting; returns the count, 0 at the end, or a negated error number. */
    public static long receive(int descriptor, MemorySegment target, long count) {
        return Syscalls.call(Nr.RECVFROM, descriptor, target.address(), count, MSG_DONTWAIT, 0, 0);
    }

    /** Copies what could be received and leaves it there; returns the count or a negated error number. */
    public static long peek(int descriptor, MemorySegment target, long count) {
        return Syscalls.call(Nr.RECVFROM, descriptor, target.address(), count, MSG_DONTWAIT | MSG_PEEK, 0, 0);
    }

    /** Sends without waiting and without SIGPIPE; returns the count or a negated error number. */
    public static long send(int descriptor, MemorySegment source, long count) {
        return Syscalls.call(Nr.SENDTO, descriptor, source.address(), count, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    }

    /** Ends directions of the connection for all its holders. */
    public static void shutdown(int descriptor, int how) {
        Syscalls.call(Nr.SHUTDOWN, descriptor, how);
    }
}
