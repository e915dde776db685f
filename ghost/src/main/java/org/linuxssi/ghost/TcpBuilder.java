package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.linuxssi.ghost.SavedSocket.Connection;
import org.linuxssi.ghost.SavedSocket.Inet;
import org.linuxssi.ghost.SavedSocket.Option;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.TcpRepair;

/**
 * Makes TCP connections whose ends are both in an image, or one of them closed, with their addresses and what they held. First all ends are there, in
 * repair mode with what they had received; then they learn of each other and send what was under way.
 */
final class TcpBuilder {

    private static final int PART = 1 << 15;
    private static final int TCP_MAXSEG = 2;
    private static final int SO_RCVBUFFORCE = 33;

    private final Map<Long, SavedSocket> ends = new HashMap<>();
    private final Map<Long, Integer> made;
    private final List<Integer> closedPeers = new ArrayList<>();

    /**
     * Begins.
     *
     * @param made gets the descriptors, by the ids of the sockets
     */
    TcpBuilder(List<SavedSocket> sockets, Map<Long, Integer> made) {
        sockets.stream().filter(one -> connection(one).isPresent()).forEach(one -> ends.put(one.id(), one));
        this.made = made;
    }

    private static Optional<Connection> connection(SavedSocket socket) {
        return socket.state() instanceof Inet inet ? inet.connection() : Optional.empty();
    }

    private int descriptor(SavedSocket socket) {
        return Objects.requireNonNull(made.get(socket.id()));
    }

    void build() {
        try {
            ends.values().forEach(this::create);
            ends.values().forEach(socket -> TcpRepair.end(descriptor(socket)));
            closedPeers.forEach(TcpRepair::end);
            ends.values().forEach(this::send);
            ends.values().forEach(this::setOptions);
        } finally {
            closedPeers.forEach(Descriptors::close);
        }
    }

    private void create(SavedSocket socket) {
        if (!(socket.state() instanceof Inet inet)) {
            throw new IllegalArgumentException(socket.name());
        }
        Connection here = inet.connection().orElseThrow();
        int descriptor = Sockets.create(inet.domain(), inet.type(), 0);
        made.put(socket.id(), descriptor);
        Sockets.own(descriptor, socket.uid(), socket.gid());
        TcpRepair.begin(descriptor);
        byte[] local = inet.local().length > 0 ? inet.local() : loopback(inet.domain());
        Sockets.bind(descriptor, local, SocketNames.text(local));
        if (here.peer() == 0) {
            createClosed(socket.id(), inet, here, descriptor);
            return;
        }
        Connection there = Optional.ofNullable(ends.get(here.peer()))
                .flatMap(TcpBuilder::connection)
                .orElseThrow(() -> new ErrnoException("find the other end of " + socket.name(), Errno.EPROTO));
        connect(descriptor, inet.remote(), begin(socket.id()), begin(here.peer()), here);
        receive(descriptor, here.received(), there.underWay().length);
    }

    /** Makes the peer too, for the time of the restoration. */
    private void createClosed(long id, Inet inet, Connection here, int descriptor) {
        int peer = Sockets.create(inet.domain(), inet.type(), 0);
        closedPeers.add(peer);
        TcpRepair.begin(peer);
        byte[] address = inet.remote().length > 0 ? inet.remote() : loopback(inet.domain());
        Sockets.bind(peer, address, SocketNames.text(address));
        connect(descriptor, Sockets.local(peer), begin(id), begin(-id), here);
        connect(peer, Sockets.local(descriptor), begin(-id), begin(id), here.reversed());
        receive(descriptor, here.received(), 0);
    }

    private static byte[] loopback(int domain) {
        byte[] address = new byte[domain == Sockets.AF_INET ? 16 : 28];
        address[0] = (byte) domain;
        address[domain == Sockets.AF_INET ? 7 : 23] = 1;
        if (domain == Sockets.AF_INET) {
            address[4] = 127;
        }
        return address;
    }

    private static void connect(int descriptor, byte[] to, int sends, int receives, Connection here) {
        TcpRepair.sequence(descriptor, TcpRepair.SEND_QUEUE, sends);
        TcpRepair.sequence(descriptor, TcpRepair.RECEIVE_QUEUE, receives - here.received().length);
        Sockets.connect(descriptor, to, SocketNames.text(to));
        TcpRepair.agree(descriptor, here.segment(), here.agreed());
    }

    /** The number of the first byte that an end sends; any will do. */
    private static int begin(long id) {
        return Long.hashCode(id * 0x9e3779b97f4a7c15L);
    }

    /** Makes room for what it had received and for what is under way, and puts the first there. */
    private static void receive(int descriptor, byte[] bytes, int underWay) {
        Sockets.setNumber(
                descriptor, Sockets.SOL_SOCKET, SO_RCVBUFFORCE, Math.max(1 << 20, 2 * (bytes.length + underWay)));
        TcpRepair.choose(descriptor, TcpRepair.RECEIVE_QUEUE);
        put(descriptor, bytes);
    }

    private static void put(int descriptor, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + PART));
            long count = Sockets.send(descriptor, part, Optional.empty());
            at += (int) Syscalls.check("fill a TCP connection with what it held", count);
        }
    }

    private void send(SavedSocket socket) {
        Connection here = connection(socket).orElseThrow();
        int descriptor = descriptor(socket);
        int size = SocketOptions.sendBuffer(descriptor);
        SocketOptions.widen(descriptor, 2 * here.underWay().length);
        put(descriptor, here.underWay());
        SocketOptions.narrow(descriptor, size);
        if (here.ended()) {
            StreamSockets.shutdown(descriptor, StreamSockets.SHUT_WR);
        }
    }

    /** The size of its segments is what its ends have agreed upon, and its buffers grow by themselves unless somebody has set them. */
    private void setOptions(SavedSocket socket) {
        int descriptor = descriptor(socket);
        List<Option> options = SocketOptions.withoutGrown(socket.options()).stream()
                .filter(option -> option.level() != SocketOptions.IPPROTO_TCP || option.name() != TCP_MAXSEG)
                .toList();
        SocketOptions.free(descriptor);
        SocketOptions.set(descriptor, options);
        int reuse = SocketOptions.number(options, Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR);
        Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SocketOptions.SO_REUSEADDR, reuse);
    }
}
