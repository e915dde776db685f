package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Sockets of all kinds: their addresses, options and what waits in them ({@code socket(7)}, {@code linux/socket.h}). */
public final class Sockets {

    /** {@code AF_UNIX}. */
    public static final int AF_UNIX = 1;

    /** {@code AF_INET}. */
    public static final int AF_INET = 2;

    /** {@code AF_INET6}. */
    public static final int AF_INET6 = 10;

    /** {@code SOCK_STREAM}. */
    public static final int SOCK_STREAM = 1;

    /** {@code SOCK_DGRAM}. */
    public static final int SOCK_DGRAM = 2;

    /** {@code SOCK_SEQPACKET}. */
    public static final int SOCK_SEQPACKET = 5;

    /** {@code SOL_SOCKET}. */
    public static final int SOL_SOCKET = 1;

    /** The most bytes of an address, {@code struct sockaddr_storage}. */
    public static final int ADDRESS = 128;

    private static final int SO_PEERCRED = 17;
    private static final int SCM_CREDENTIALS = 2;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_PEEK = 0x2;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final long SIOCOUTQ = 0x5411;

    /** {@code SIOCUNIXFILE} ({@code linux/un.h}). */
    private static final long SIOCUNIXFILE = 0x89e0;

    private static final int OPTION = 256;

    // struct user_msghdr and struct cmsghdr (include/linux/socket.h), 64 bits
    private static final int MESSAGE_SIZE = 56;
    private static final int CREDENTIALS = 32;

    private Sockets() {}

    /**
     * Who sent something, or who is at the other end.
     *
     * @param pid in the caller's pid name space, 0 when it is in none of its
     * @param uid user
     * @param gid group
     */
    public record Credentials(int pid, int uid, int gid) {}

    /**
     * What waits at some place of a queue. Never compared: so arrays are good enough.
     *
     * @param length of the message, which may be more than the bytes that were copied
     * @param bytes copied
     * @param from address of its sender, empty for none
     * @param credentials of its sender, when the socket is told them
     * @param truncated whether it carries descriptors or the like
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Waiting(
            long length, byte[] bytes, byte[] from, Optional<Credentials> credentials, boolean truncated) {}

    /** Makes a socket, closed at exec. */
    public static int create(int domain, int type, int protocol) {
        return (int) Syscalls.check(
                "make a socket of family " + domain + " and type " + type,
                Syscalls.call(Nr.SOCKET, domain, type | Descriptors.O_CLOEXEC, protocol));
    }

    /** Returns the address of the socket in the form of {@code struct sockaddr}. */
    public static byte[] local(int descriptor) {
        return address(descriptor, Nr.GETSOCKNAME).orElse(new byte[0]);
    }

    /** Returns the address of its peer; nothing when it has none. */
    public static Optional<byte[]> remote(int descriptor) {
        return address(descriptor, Nr.GETPEERNAME);
    }

    private static Optional<byte[]> address(int descriptor, int call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS, 8);
            MemorySegment size = arena.allocateFrom(JAVA_INT, ADDRESS);
            if (Syscalls.failed(Syscalls.call(call, descriptor, address.address(), size.address()))) {
                return Optional.empty();
            }
            return Optional.of(
                    address.asSlice(0, Math.min(ADDRESS, size.get(JAVA_INT, 0))).toArray(JAVA_BYTE));
        }
    }

    /** Returns an option; nothing when the socket has none such. */
    public static Optional<byte[]> option(int descriptor, int level, int name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(OPTION, 8);
            MemorySegment size = arena.allocateFrom(JAVA_INT, OPTION);
            long result = Syscalls.call(Nr.GETSOCKOPT, descriptor, level, name, value.address(), size.address());
            return Syscalls.failed(result)
                    ? Optional.empty()
                    : Optional.of(value.asSlice(0, size.get(JAVA_INT, 0)).toArray(JAVA_BYTE));
        }
    }

    /** Returns an option that is a number; -1 when the socket has none such. */
    public static int number(int descriptor, int level, int name) {
        return option(descriptor, level, name)
                .filter(value -> value.length >= 4)
                .map(value -> MemorySegment.ofArray(value).get(JAVA_INT.withByteAlignment(1), 0))
                .orElse(-1);
    }

    /**
     * Sets an option.
     *
     * @throws ErrnoException as of setsockopt(2)
     */
    public static void setOption(int descriptor, int level, int name, byte[] value) {
        try (Arena arena = Arena.ofConfined()) {
            long bytes = Syscalls.bytes(arena, value).address();
            Syscalls.check(
                    "set option " + name + " of level " + level,
                    Syscalls.call(Nr.SETSOCKOPT, descriptor, level, name, bytes, value.length));
        }
    }

    /** Sets an option that is a number. */
    public static void setNumber(int descriptor, int level, int name, int value) {
        setOption(descriptor, level, name, NetlinkSocket.word(value));
    }

    /** Returns who was at the other end when they were connected, or who began to listen. */
    public static Optional<Credentials> peer(int descriptor) {
        return option(descriptor, SOL_SOCKET, SO_PEERCRED)
                .filter(value -> value.length >= 12)
                .map(value -> credentials(MemorySegment.ofArray(value), 0));
    }

    private static Credentials credentials(MemorySegment words, long at) {
        return new Credentials(
                words.get(JAVA_INT.withByteAlignment(1), at),
                words.get(JAVA_INT.withByteAlignment(1), at + 4),
                words.get(JAVA_INT.withByteAlignment(1), at + 8));
    }

    /** Returns how many bytes the socket sent that nobody has received. */
    public static int unsent(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            Syscalls.check(
                    "SIOCOUTQ on descriptor " + descriptor,
                    Syscalls.call(Nr.IOCTL, descriptor, SIOCOUTQ, count.address()));
            return count.get(JAVA_INT, 0);
        }
    }

    /** Returns which of the events of poll(2) there are now, with those that nobody has to ask for. */
    public static int events(int descriptor, int wanted) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entry = arena.allocate(8, 8);
            entry.set(JAVA_INT, 0, descriptor);
            entry.set(JAVA_SHORT, 4, (short) wanted);
            Syscalls.check("poll", Syscalls.call(Nr.POLL, entry.address(), 1, 0));
            return entry.get(JAVA_SHORT, 6);
        }
    }

    /** Opens the file that a Unix socket was bound to, as with O_PATH; nothing when it has none. */
    public static Optional<Integer> boundFile(int descriptor) {
        long result = Syscalls.call(Nr.IOCTL, descriptor, SIOCUNIXFILE, 0);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        return Optional.of((int) Syscalls.check("open the file of a Unix socket", result));
    }

    /**
     * Copies the message that a peek finds, as {@code SO_PEEK_OFF} says, and leaves it there.
     *
     * @param most bytes to copy
     * @param credentials whether the socket is told the credentials of senders
     * @return nothing when none is there
     */
    public static Optional<Waiting> peek(int descriptor, int most, boolean credentials) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(1, most), 8);
            MemorySegment from = arena.allocate(ADDRESS, 8);
            MemorySegment control = arena.allocate(CREDENTIALS, 8);
            MemorySegment message = message(arena, buffer, most);
            message.set(JAVA_LONG, 0, from.address());
            message.set(JAVA_INT, 8, ADDRESS);
            message.set(JAVA_LONG, 32, control.address());
            message.set(JAVA_LONG, 40, credentials ? CREDENTIALS : 0);
            long result = Syscalls.call(Nr.RECVMSG, descriptor, message.address(), MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
            if (result == -Errno.EAGAIN.number()) {
                return Optional.empty();
            }
            Syscalls.check("look at what waits in a socket", result);
            boolean told = message.get(JAVA_LONG, 40) >= CREDENTIALS - 4
                    && control.get(JAVA_INT, 8) == SOL_SOCKET
                    && control.get(JAVA_INT, 12) == SCM_CREDENTIALS;
            return Optional.of(new Waiting(
                    result,
                    buffer.asSlice(0, Math.min(result, most)).toArray(JAVA_BYTE),
                    from.asSlice(0, Math.min(ADDRESS, message.get(JAVA_INT, 8))).toArray(JAVA_BYTE),
                    told ? Optional.of(credentials(control, 16)) : Optional.empty(),
                    (message.get(JAVA_INT, 48) & MSG_CTRUNC) != 0));
        }
    }

    private static MemorySegment message(Arena arena, MemorySegment bytes, long count) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(JAVA_LONG, 0, bytes.address());
        vector.set(JAVA_LONG, 8, count);
        MemorySegment message = arena.allocate(MESSAGE_SIZE, 8);
        message.set(JAVA_LONG, 16, vector.address());
        message.set(JAVA_LONG, 24, 1);
        return message;
    }

    /**
     * Sends a message, which may be empty, to the peer of a socket without waiting.
     *
     * @param credentials who is to be its sender; the caller when there are none
     * @return the count, or a negated error number
     */
    public static long send(int descriptor, byte[] bytes, Optional<Credentials> credentials) {
        return send(RootedCalls.HERE, descriptor, bytes, new byte[0], credentials);
    }

    /**
     * Sends a message to an address.
     *
     * @param place from where the address is seen
     */
    public static long send(
            RootedCalls place, int descriptor, byte[] bytes, byte[] to, Optional<Credentials> credentials) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment message = message(arena, Syscalls.bytes(arena, bytes), bytes.length);
            credentials.ifPresent(who -> {
                MemorySegment control = arena.allocate(CREDENTIALS, 8);
                control.set(JAVA_LONG, 0, CREDENTIALS - 4);
                control.set(JAVA_INT, 8, SOL_SOCKET);
                control.set(JAVA_INT, 12, SCM_CREDENTIALS);
                control.set(JAVA_INT, 16, who.pid());
                control.set(JAVA_INT, 20, who.uid());
                control.set(JAVA_INT, 24, who.gid());
                message.set(JAVA_LONG, 32, control.address());
                message.set(JAVA_LONG, 40, CREDENTIALS);
            });
            int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
            if (to.length == 0) {
                return Syscalls.call(Nr.SENDMSG, descriptor, message.address(), flags);
            }
            message.set(JAVA_LONG, 0, Syscalls.bytes(arena, to).address());
            message.set(JAVA_INT, 8, to.length);
            return place.call(Nr.SENDMSG, descriptor, message.address(), flags);
        }
    }

    /** Accepts a connection that waits; it is closed at exec. */
    public static int accept(int descriptor) {
        return (int) Syscalls.check(
                "accept a connection", Syscalls.call(Nr.ACCEPT4, descriptor, 0, 0, Descriptors.O_CLOEXEC));
    }

    /** Begins to listen. */
    public static void listen(int descriptor, int backlog) {
        Syscalls.check("listen", Syscalls.call(Nr.LISTEN, descriptor, backlog));
    }

    /** Gives a socket an address. */
    public static void bind(int descriptor, byte[] address, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long bytes = Syscalls.bytes(arena, address).address();
            Syscalls.check("bind a socket to " + name, Syscalls.call(Nr.BIND, descriptor, bytes, address.length));
        }
    }

    /** Connects a socket. */
    public static void connect(int descriptor, byte[] address, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long bytes = Syscalls.bytes(arena, address).address();
            Syscalls.check("connect a socket to " + name, Syscalls.call(Nr.CONNECT, descriptor, bytes, address.length));
        }
    }

    /** Makes a socket another user's, in whose name it is listed and shares ports. */
    public static void own(int descriptor, int uid, int gid) {
        Syscalls.check("give a socket to user " + uid, Syscalls.call(Nr.FCHOWN, descriptor, uid, gid));
    }
}
