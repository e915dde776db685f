package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A stream socket of the Unix domain that carries bytes and descriptors and knows its peer (unix(7)).
 *
 * <p>Calls block their platform thread. One thread may send while another receives; {@link #close()} by any thread
 * makes both return.
 *
 * <pre>{@code
 * try (UnixSocket server = UnixSocket.listen("/run/x", 0600); UnixSocket peer = server.accept()) {
 *     peer.send(bytes, List.of(0, 1, 2));
 * }
 * }</pre>
 */
public final class UnixSocket implements AutoCloseable {

    /** The most descriptors that one {@link #send} takes; the kernel's own limit is 253 (SCM_MAX_FD, net/scm.h). */
    public static final int DESCRIPTORS = 16;

    // include/linux/socket.h
    private static final int AF_UNIX = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SCM_RIGHTS = 1;
    // include/linux/net.h
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SHUT_RDWR = 2;
    // include/uapi/asm-generic/socket.h
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERGROUPS = 59;
    // include/uapi/linux/limits.h
    private static final int NGROUPS_MAX = 65536;
    // include/uapi/linux/un.h
    private static final int PATH_BYTES = 108;

    // struct user_msghdr and struct cmsghdr (include/linux/socket.h), 64 bits
    private static final int MESSAGE_SIZE = 56;
    private static final int MESSAGE_VECTOR = 16;
    private static final int MESSAGE_VECTOR_COUNT = 24;
    private static final int MESSAGE_CONTROL = 32;
    private static final int MESSAGE_CONTROL_SIZE = 40;
    private static final int MESSAGE_FLAGS = 48;
    private static final int CONTROL_HEADER = 16;

    private final int fd;
    private final String name;
    private int users;
    private boolean closed;

    private UnixSocket(int fd, String name) {
        this.fd = fd;
        this.name = name;
    }

    /**
     * Who is at the other end, as it was when it connected.
     *
     * @param pid the process, in the reader's pid name space, 0 when it is not visible there
     * @param uid its effective user
     * @param gid its effective group
     * @param groups its supplementary groups
     */
    public record Peer(int pid, int uid, int gid, List<Integer> groups) {}

    /**
     * What one {@link #receive} brought.
     *
     * @param count the number of bytes, 0 at the end of the stream
     * @param descriptors the descriptors, open and close-on-exec in this process; the receiver has to close them
     */
    public record Received(int count, List<Integer> descriptors) {}

    /**
     * Listens at a path that does not exist yet.
     *
     * @param path at most 107 bytes
     * @param mode permissions of the socket file, for example 0666
     * @throws ErrnoException EADDRINUSE when the path exists, ENOENT without its directory, ENAMETOOLONG
     */
    public static UnixSocket listen(String path, int mode) {
        UnixSocket socket = open(path);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            Syscalls.check("bind " + path, Syscalls.call(Nr.BIND, socket.fd, address.address(), address.byteSize()));
            Syscalls.check(
                    "chmod " + path,
                    Syscalls.call(Nr.CHMOD, Syscalls.text(arena, path).address(), mode));
            Syscalls.check("listen " + path, Syscalls.call(Nr.LISTEN, socket.fd, 128));
            return socket;
        } catch (ErrnoException problem) {
            socket.close();
            throw problem;
        }
    }

    /**
     * Connects to a listening socket.
     *
     * @throws ErrnoException ENOENT without the file, ECONNREFUSED without a listener, EACCES
     */
    public static UnixSocket connect(String path) {
        UnixSocket socket = open(path);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            Syscalls.check(
                    "connect " + path, Syscalls.call(Nr.CONNECT, socket.fd, address.address(), address.byteSize()));
            return socket;
        } catch (ErrnoException problem) {
            socket.close();
            throw problem;
        }
    }

    private static UnixSocket open(String path) {
        long fd = Syscalls.check("socket", Syscalls.call(Nr.SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        return new UnixSocket((int) fd, path);
    }

    private static MemorySegment address(Arena arena, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= PATH_BYTES) {
            throw new ErrnoException(
                    "socket path " + path + " has " + bytes.length + " bytes, at most 107 fit", Errno.ENAMETOOLONG);
        }
        MemorySegment address = arena.allocate(2 + bytes.length + 1L, 8);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, JAVA_BYTE, 2, bytes.length);
        return address;
    }

    /**
     * Waits for a connection.
     *
     * @throws ErrnoException EINVAL or EBADF after {@link #close()}
     */
    public UnixSocket accept() {
        enter("accept");
        try {
            long result;
            do {
                result = Syscalls.call(Nr.ACCEPT4, fd, 0, 0, SOCK_CLOEXEC);
            } while (result == -Errno.EINTR.number());
            return new UnixSocket((int) Syscalls.check("accept " + name, result), name);
        } finally {
            leave();
        }
    }

    /** Returns the process at the other end. */
    public Peer peer() {
        enter("getsockopt");
        try (Arena arena = Arena.ofConfined()) {
            int[] credentials = option(arena, SO_PEERCRED, 3);
            List<Integer> groups = IntStream.of(option(arena, SO_PEERGROUPS, NGROUPS_MAX))
                    .boxed()
                    .toList();
            return new Peer(credentials[0], credentials[1], credentials[2], groups);
        } finally {
            leave();
        }
    }

    private int[] option(Arena arena, int option, int limit) {
        MemorySegment words = arena.allocate(4L * limit, 8);
        MemorySegment size = arena.allocateFrom(JAVA_INT, 4 * limit);
        Syscalls.check(
                "getsockopt " + option + " " + name,
                Syscalls.call(Nr.GETSOCKOPT, fd, SOL_SOCKET, option, words.address(), size.address()));
        return words.asSlice(0, size.get(JAVA_INT, 0)).toArray(JAVA_INT);
    }

    /**
     * Sends all bytes; the descriptors travel with the first of them and stay open here.
     *
     * @param bytes at least one
     * @param descriptors at most {@link #DESCRIPTORS}
     * @throws ErrnoException EPIPE or ECONNRESET when the peer is gone, EBADF for a descriptor that is not open
     */
    public void send(MemorySegment bytes, List<Integer> descriptors) {
        if (descriptors.size() > DESCRIPTORS || bytes.byteSize() == 0) {
            throw new IllegalArgumentException(descriptors.size() + " descriptors, " + bytes.byteSize() + " bytes");
        }
        enter("sendmsg");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(bytes.byteSize(), 8).copyFrom(bytes);
            MemorySegment control = rights(arena, descriptors);
            long sent = transfer(Nr.SENDMSG, arena, copy, control, MSG_NOSIGNAL).count();
            while (sent < copy.byteSize()) {
                sent += transfer(Nr.SENDMSG, arena, copy.asSlice(sent), MemorySegment.NULL, MSG_NOSIGNAL)
                        .count();
            }
        } finally {
            leave();
        }
    }

    /**
     * Waits for bytes and takes those that are there, with the descriptors that came with them.
     *
     * @param into filled from its start
     * @throws ErrnoException ECONNRESET, or EMSGSIZE when more than {@link #DESCRIPTORS} descriptors came
     */
    public Received receive(MemorySegment into) {
        enter("recvmsg");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(into.byteSize(), 8);
            MemorySegment control = arena.allocate(CONTROL_HEADER + 4L * DESCRIPTORS, 8);
            Transfer transfer = transfer(Nr.RECVMSG, arena, buffer, control, MSG_CMSG_CLOEXEC);
            List<Integer> descriptors = descriptors(control.asSlice(0, transfer.controlSize()));
            if ((transfer.flags() & MSG_CTRUNC) != 0) {
                descriptors.forEach(descriptor -> Syscalls.call(Nr.CLOSE, descriptor));
                throw new ErrnoException("recvmsg " + name + ": too many descriptors", Errno.EMSGSIZE);
            }
            MemorySegment.copy(buffer, 0, into, 0, transfer.count());
            return new Received((int) transfer.count(), descriptors);
        } finally {
            leave();
        }
    }

    private record Transfer(long count, long controlSize, int flags) {}

    private Transfer transfer(int call, Arena arena, MemorySegment bytes, MemorySegment control, int flags) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(JAVA_LONG, 0, bytes.address());
        vector.set(JAVA_LONG, 8, bytes.byteSize());
        MemorySegment message = arena.allocate(MESSAGE_SIZE, 8);
        message.set(JAVA_LONG, MESSAGE_VECTOR, vector.address());
        message.set(JAVA_LONG, MESSAGE_VECTOR_COUNT, 1);
        message.set(JAVA_LONG, MESSAGE_CONTROL, control.address());
        message.set(JAVA_LONG, MESSAGE_CONTROL_SIZE, control.byteSize());
        long result;
        do {
            result = Syscalls.call(call, fd, message.address(), flags);
        } while (result == -Errno.EINTR.number());
        Syscalls.check((call == Nr.SENDMSG ? "sendmsg " : "recvmsg ") + name, result);
        return new Transfer(result, message.get(JAVA_LONG, MESSAGE_CONTROL_SIZE), message.get(JAVA_INT, MESSAGE_FLAGS));
    }

    private static MemorySegment rights(Arena arena, List<Integer> descriptors) {
        if (descriptors.isEmpty()) {
            return MemorySegment.NULL;
        }
        long size = CONTROL_HEADER + 4L * descriptors.size();
        MemorySegment control = arena.allocate((size + 7) & -8, 8);
        control.set(JAVA_LONG, 0, size);
        control.set(JAVA_INT, 8, SOL_SOCKET);
        control.set(JAVA_INT, 12, SCM_RIGHTS);
        for (int i = 0; i < descriptors.size(); i++) {
            control.set(JAVA_INT, CONTROL_HEADER + 4L * i, descriptors.get(i));
        }
        return control;
    }

    private static List<Integer> descriptors(MemorySegment control) {
        List<Integer> descriptors = new ArrayList<>();
        long at = 0;
        while (at + CONTROL_HEADER <= control.byteSize()) {
            long size = control.get(JAVA_LONG, at);
            boolean rights =
                    control.get(JAVA_INT, at + 8) == SOL_SOCKET && control.get(JAVA_INT, at + 12) == SCM_RIGHTS;
            for (long data = at + CONTROL_HEADER; rights && data + 4 <= at + size; data += 4) {
                descriptors.add(control.get(JAVA_INT, data));
            }
            at += (Math.max(size, CONTROL_HEADER) + 7) & -8;
        }
        return List.copyOf(descriptors);
    }

    private synchronized void enter(String operation) {
        if (closed) {
            throw new ErrnoException(operation + " " + name + ": closed", Errno.EBADF);
        }
        users++;
    }

    private synchronized void leave() {
        users--;
        release();
    }

    private void release() {
        if (closed && users == 0) {
            users = -1;
            Syscalls.call(Nr.CLOSE, fd);
        }
    }

    /** Ends both directions; the descriptor goes when the last call on it has returned. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Syscalls.call(Nr.SHUTDOWN, fd, SHUT_RDWR);
            release();
        }
    }

    /** Returns the path. */
    @Override
    public String toString() {
        return name;
    }
}
