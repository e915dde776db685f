package org.linuxssi.ghost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.linuxssi.ghost.SavedSocket.Connection;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.TcpRepair;

/** The TCP sockets of an application, and the connections among them. */
final class TcpConnections {

    // net/tcp_states.h
    static final int ESTABLISHED = 1;
    private static final int FIN_WAIT1 = 4;
    private static final int FIN_WAIT2 = 5;
    static final int CLOSE = 7;
    private static final int CLOSE_WAIT = 8;
    private static final int LAST_ACK = 9;
    static final int LISTEN = 10;
    private static final int CLOSING = 11;

    private static final int SO_DOMAIN = 39;
    private static final int SO_PROTOCOL = 38;
    private static final int SO_PEEK_OFF = 42;

    private final Map<Long, End> ends = new LinkedHashMap<>();
    private final Map<Route, End> byRoute = new HashMap<>();
    private final Map<Long, Connection> taken = new HashMap<>();

    /**
     * A socket. Written and read, never compared: so arrays are good enough.
     *
     * @param ended whether its peer sends nothing any more
     * @param silent whether it has sent nothing
     */
    @SuppressWarnings("ArrayRecordComponent")
    private record End(OpenFile file, byte[] local, byte[] remote, int state, boolean ended, boolean silent) {

        /** Returns the way from here to there; nothing when it is not connected. */
        Optional<Route> route() {
            return remote.length > 0 ? Optional.of(new Route(text(local), text(remote))) : Optional.empty();
        }

        /** Returns the inode of the other end, 0 when no process has it; nothing when it is not of this node. */
        OptionalLong otherEnd() {
            return TcpTable.inode(/* local= */ remote, /* remote= */ local);
        }

        boolean listensAt(byte[] address) {
            byte[] host = SocketNames.host(local);
            boolean any = Arrays.equals(host, new byte[host.length]);
            return state == LISTEN
                    && SocketNames.port(local) == SocketNames.port(address)
                    && (any || Arrays.equals(host, SocketNames.host(address)));
        }
    }

    /** What was sent. Written and read, never compared: so an array is good enough. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Sent(int next, byte[] bytes) {}

    /** What was received. Written and read, never compared: so an array is good enough. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Received(int next, byte[] bytes, TcpRepair.Info info, int segment) {

        /** Tells whether the end sends nothing any more. */
        boolean ended() {
            int state = info.state();
            return state == FIN_WAIT1 || state == FIN_WAIT2 || state == LAST_ACK || state == CLOSING || state == CLOSE;
        }

        Connection connection(long peer, byte[] underWay) {
            return new Connection(
                    peer, segment, info.abilities(), info.sendScale(), info.receiveScale(), bytes, underWay, ended());
        }
    }

    /** Looks at the sockets that processes have. */
    static TcpConnections of(Map<Integer, List<OpenFile>> application) {
        TcpConnections found = new TcpConnections();
        application.values().stream()
                .flatMap(Collection::stream)
                .filter(OpenFile::socket)
                .forEach(found::look);
        return found;
    }

    private void look(OpenFile file) {
        if (ends.containsKey(file.inode())) {
            return;
        }
        try {
            with(file, descriptor -> {
                int domain = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_DOMAIN);
                int protocol = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_PROTOCOL);
                boolean tcp = (domain == Sockets.AF_INET || domain == Sockets.AF_INET6)
                        && protocol == SocketOptions.IPPROTO_TCP;
                if (tcp) {
                    End end = end(file, descriptor);
                    ends.put(file.inode(), end);
                    end.route().ifPresent(route -> byRoute.put(route, end));
                }
            });
        } catch (ErrnoException closed) {
            // a process that runs closed it meanwhile
        }
    }

    private static End end(OpenFile file, int descriptor) {
        TcpRepair.Info info = TcpRepair.info(descriptor);
        boolean silent = info.acknowledged() <= 1 && (info.state() == LISTEN || Sockets.unsent(descriptor) == 0);
        return new End(
                file,
                Sockets.local(descriptor),
                Sockets.remote(descriptor).orElse(new byte[0]),
                info.state(),
                StreamSockets.isEnded(descriptor),
                silent);
    }

    @FunctionalInterface
    private interface Work {
        void on(int descriptor);
    }

    private static void with(OpenFile file, Work work) {
        int descriptor = Descriptors.fromProcess(file.pid(), file.fd());
        try {
            work.on(descriptor);
        } finally {
            Descriptors.close(descriptor);
        }
    }

    /** An address and another that it is connected to, in one form for both families. */
    private record Route(String from, String to) {
        Route back() {
            return new Route(to, from);
        }
    }

    private static String text(byte[] address) {
        return HexFormat.of().formatHex(SocketNames.host(address)) + ":" + SocketNames.port(address);
    }

    private Optional<End> peer(End end) {
        return end.route().map(route -> byRoute.get(route.back()));
    }

    /** Tells whether the other end of a connection is among the sockets. */
    boolean hasPeer(long inode) {
        End end = ends.get(inode);
        return end != null && peer(end).isPresent();
    }

    /** Tells whether a socket was connected to another that nobody has any more; what it received is still there. */
    boolean peerIsGone(long inode) {
        End end = ends.get(inode);
        if (end == null || end.remote.length == 0) {
            return end != null && end.state == CLOSE && end.ended;
        }
        return peerEnded(end.state)
                && peer(end).isEmpty()
                && isHere(end.remote)
                && end.otherEnd().orElse(0) == 0;
    }

    /** Tells whether an address is one of this node. */
    private static boolean isHere(byte[] address) {
        byte[] anyPort = address.clone();
        anyPort[2] = 0;
        anyPort[3] = 0;
        int probe = Sockets.create(address[0], Sockets.SOCK_STREAM, 0);
        try {
            Sockets.bind(probe, anyPort, SocketNames.text(address));
            return true;
        } catch (ErrnoException elsewhere) {
            return false;
        } finally {
            Descriptors.close(probe);
        }
    }

    /** Tells whether a socket has sent nothing and waits to be accepted by one of the application. */
    boolean waits(long inode) {
        End end = ends.get(inode);
        return end != null
                && end.state == ESTABLISHED
                && end.silent
                && ends.values().stream().anyMatch(other -> other.listensAt(end.remote))
                && end.otherEnd().orElse(-1) == 0;
    }

    /** Tells whether a socket is to be connected again. */
    boolean connected(long inode) {
        return hasPeer(inode) || peerIsGone(inode);
    }

    /**
     * Returns the connection of a socket whose peer is among them too or is gone, once all processes stand still.
     *
     * @throws ErrnoException EAGAIN when it has none
     */
    Connection of(long inode) {
        if (taken.isEmpty()) {
            take();
        }
        Connection connection = taken.get(inode);
        if (connection == null) {
            throw new ErrnoException("save TCP connection socket:[" + inode + "]", Errno.EAGAIN);
        }
        return connection;
    }

    /** What an end has sent is looked at before what the other has received: so no byte is missing. */
    private void take() {
        Map<Long, Sent> sent = new HashMap<>();
        Map<Long, Received> received = new HashMap<>();
        List<End> connected = ends.values().stream()
                .filter(end -> connected(end.file.inode()))
                .toList();
        connected.forEach(end -> with(end.file, descriptor -> sent.put(end.file.inode(), sent(descriptor))));
        connected.forEach(
                end -> with(end.file, descriptor -> received.put(end.file.inode(), received(end, descriptor))));
        for (End end : connected) {
            long inode = end.file.inode();
            Received here = Objects.requireNonNull(received.get(inode));
            Connection connection = peer(end)
                    .map(other -> {
                        long peer = other.file.inode();
                        return here.connection(peer, underWay(end, sent.get(inode), here, received.get(peer)));
                    })
                    .orElseGet(() -> here.connection(0, new byte[0]));
            taken.put(inode, connection);
        }
    }

    /** Returns what an end has sent and the other has not received. */
    private static byte[] underWay(End end, @Nullable Sent sent, Received here, @Nullable Received there) {
        if (sent == null || there == null) {
            throw new IllegalStateException(end.file.link() + " was not looked at");
        }
        int last = sent.next - (here.ended() ? 1 : 0);
        int missing = last - (there.next - (peerEnded(there.info.state()) ? 1 : 0));
        if (missing < 0 || missing > sent.bytes.length) {
            throw new ErrnoException(
                    "save " + end.file.link() + ", of which " + missing + " of " + sent.bytes.length
                            + " bytes are under way",
                    Errno.EAGAIN);
        }
        return Arrays.copyOfRange(sent.bytes, sent.bytes.length - missing, sent.bytes.length);
    }

    /** Tells whether an end has heard that the other sends nothing any more. */
    private static boolean peerEnded(int state) {
        return state == CLOSE_WAIT || state == LAST_ACK || state == CLOSING;
    }

    private static Sent sent(int descriptor) {
        Sent[] found = new Sent[1];
        TcpRepair.during(descriptor, () -> {
            TcpRepair.choose(descriptor, TcpRepair.SEND_QUEUE);
            byte[] bytes = peek(descriptor, Sockets.unsent(descriptor));
            found[0] = new Sent(TcpRepair.sequence(descriptor), bytes);
        });
        return found[0];
    }

    /** Bytes may arrive while they are looked at. */
    private static Received received(End end, int descriptor) {
        Received[] found = new Received[1];
        TcpRepair.during(descriptor, () -> {
            TcpRepair.choose(descriptor, TcpRepair.RECEIVE_QUEUE);
            int before;
            TcpRepair.Info info;
            do {
                before = TcpRepair.sequence(descriptor);
                info = TcpRepair.info(descriptor);
                int waiting = Descriptors.readable(descriptor);
                byte[] bytes = peek(descriptor, waiting);
                if (bytes.length != waiting) {
                    throw new ErrnoException("save " + end.file.link() + ", which has urgent data", Errno.EAGAIN);
                }
                found[0] = new Received(before, bytes, info, TcpRepair.segment(descriptor));
            } while (TcpRepair.sequence(descriptor) != before
                    || TcpRepair.info(descriptor).state() != info.state());
        });
        return found[0];
    }

    private static byte[] peek(int descriptor, int most) {
        if (most == 0) {
            return new byte[0];
        }
        int offset = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_PEEK_OFF);
        if (offset >= 0) {
            Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_PEEK_OFF, -1);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(most);
            long count = StreamSockets.peek(descriptor, copy, most);
            if (count == -Errno.EAGAIN.number()) {
                return new byte[0];
            }
            Syscalls.check("look at what a TCP connection holds", count);
            return copy.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
        } finally {
            if (offset >= 0) {
                Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_PEEK_OFF, offset);
            }
        }
    }
}
