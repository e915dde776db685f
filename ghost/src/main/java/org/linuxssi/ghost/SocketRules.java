package org.linuxssi.ghost;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.SocketDiag.Unix;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.TcpRepair;

/**
 * Tells why a socket can't be in an image.
 *
 * @param file the socket, of a process that may run
 * @param descriptor of ours for it
 * @param view the sockets that there are
 */
record SocketRules(OpenFile file, int descriptor, SocketView view) {

    private static final int SO_TYPE = 3;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_PROTOCOL = 38;
    private static final int SO_DOMAIN = 39;
    private static final int SO_NETNS_COOKIE = 71;
    private static final int SO_PASSPIDFD = 76;
    private static final int TCP_INFO = 11;
    private static final int TCP_ULP = 31;
    private static final int UDP_ENCAP = 100;
    private static final int POLLERR = 0x8;
    private static final String DESCRIPTORS = "scm_fds:";

    static int domain(int descriptor) {
        return Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_DOMAIN);
    }

    static int type(int descriptor) {
        return Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_TYPE);
    }

    /** Returns the backlog of a TCP socket; -1 when it does not listen. */
    static int backlog(int descriptor) {
        byte[] info = tcpInfo(descriptor);
        boolean listens = info.length >= 32 && info[0] == TcpConnections.LISTEN;
        return listens ? (info[28] & 0xff) | (info[29] & 0xff) << 8 | (info[30] & 0xff) << 16 | info[31] << 24 : -1;
    }

    private static byte[] tcpInfo(int descriptor) {
        return Sockets.option(descriptor, SocketOptions.IPPROTO_TCP, TCP_INFO).orElse(new byte[1]);
    }

    /** Tells whether reading from it, or writing, will fail. */
    static boolean failed(int descriptor) {
        return (Sockets.events(descriptor, 0) & POLLERR) != 0;
    }

    Optional<String> refusal() {
        if (!Arrays.equals(cookie(descriptor), ownCookie())) {
            return Optional.of("it is of another network name space");
        }
        Optional<byte[]> filter = Sockets.option(descriptor, Sockets.SOL_SOCKET, SO_ATTACH_FILTER);
        if (filter.isEmpty() || filter.get().length > 0) {
            return Optional.of("it has a filter (SO_ATTACH_FILTER)");
        }
        int protocol = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_PROTOCOL);
        return switch (domain(descriptor)) {
            case Sockets.AF_UNIX -> unix();
            case Sockets.AF_INET, Sockets.AF_INET6 ->
                protocol == SocketOptions.IPPROTO_TCP ? tcp() : protocol == SocketOptions.IPPROTO_UDP ? udp() : other();
            default -> other();
        };
    }

    /** Tells whether it can be in the image of its process alone: it has no name, and no other end but in the process. */
    boolean alone() {
        if (refusal().isPresent()) {
            return false;
        }
        if (domain(descriptor) == Sockets.AF_UNIX) {
            return view.find(file.inode())
                    .filter(socket -> socket.name().isEmpty() && !socket.listens())
                    .filter(socket -> !socket.connected() || peerIsAlone(socket))
                    .isPresent();
        }
        return SocketNames.port(Sockets.local(descriptor)) == 0
                && Sockets.remote(descriptor).isEmpty()
                && backlog(descriptor) < 0;
    }

    private boolean peerIsAlone(Unix socket) {
        return view.find(socket.peer())
                .filter(peer -> peer.name().isEmpty() && peer.peer() == socket.inode())
                .isPresent();
    }

    private Optional<String> other() {
        return Optional.of(StreamSockets.describe(descriptor) + " is not saved");
    }

    private static byte[] cookie(int descriptor) {
        return Sockets.option(descriptor, Sockets.SOL_SOCKET, SO_NETNS_COOKIE).orElse(new byte[0]);
    }

    private static byte[] ownCookie() {
        int own = Sockets.create(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, 0);
        try {
            return cookie(own);
        } finally {
            Descriptors.close(own);
        }
    }

    private Optional<String> tcp() {
        if (Sockets.option(descriptor, SocketOptions.IPPROTO_TCP, TCP_ULP).orElse(new byte[0]).length > 0) {
            return Optional.of("it has a protocol on top (TCP_ULP)");
        }
        int state = TcpRepair.info(descriptor).state();
        if (state == TcpConnections.LISTEN) {
            return Optional.empty();
        }
        if (view.tcp().connected(file.inode()) || view.tcp().waits(file.inode())) {
            return failed(descriptor) ? Optional.of("it has an error that nobody has heard of") : Optional.empty();
        }
        if (state != TcpConnections.CLOSE) {
            return Optional.of("a TCP connection from " + SocketNames.text(Sockets.local(descriptor))
                    + Sockets.remote(descriptor)
                            .map(remote -> " to " + SocketNames.text(remote))
                            .orElse("")
                    + ", which is not an open file of the application");
        }
        return StreamSockets.isEnded(descriptor)
                ? Optional.of("a TCP connection that has just ended")
                : Optional.empty();
    }

    private Optional<String> udp() {
        return Sockets.number(descriptor, SocketOptions.IPPROTO_UDP, UDP_ENCAP) > 0
                ? Optional.of("it decapsulates packets (UDP_ENCAP)")
                : Optional.empty();
    }

    private Optional<String> unix() {
        Optional<Unix> socket = view.find(file.inode());
        if (socket.isEmpty()) {
            return view.complete() ? Optional.of("the kernel does not list it") : Optional.empty();
        }
        if (file.extra().stream().anyMatch(SocketRules::descriptorsWait)) {
            return Optional.of("descriptors that were sent to it wait there");
        }
        if (Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_PASSPIDFD) > 0) {
            return Optional.of("it is told pidfds (SO_PASSPIDFD)");
        }
        Optional<String> link = link(socket.get());
        return link.isPresent() ? link : SocketNames.of(file, descriptor).refusal();
    }

    private static boolean descriptorsWait(String line) {
        return line.startsWith(DESCRIPTORS)
                && !line.substring(DESCRIPTORS.length()).strip().equals("0");
    }

    private Optional<String> link(Unix socket) {
        boolean failed = failed(descriptor);
        if (failed && (socket.peer() != 0 || !socket.connected() || lost(socket))) {
            return Optional.of("it has an error that nobody has heard of");
        }
        if (!socket.connected()) {
            return Optional.empty();
        }
        return socket.peer() == 0 ? withoutPeer(socket) : peer(socket);
    }

    /** Looking at messages would take the error. */
    private boolean lost(Unix socket) {
        int type = type(descriptor);
        return type == Sockets.SOCK_DGRAM
                || (type == Sockets.SOCK_SEQPACKET && socket.connected() && Descriptors.readable(descriptor) > 0);
    }

    private Optional<String> withoutPeer(Unix socket) {
        Optional<Unix> awaited = view.awaited(socket.inode());
        if (awaited.isEmpty()) {
            return Optional.empty();
        }
        if (!view.inside(awaited.get())) {
            return outsider(awaited.get().inode()).map(who -> "it waits to be accepted by " + who);
        }
        return Sockets.unsent(descriptor) > 0
                ? Optional.of("it waits to be accepted and has sent something")
                : Optional.empty();
    }

    private Optional<String> peer(Unix socket) {
        Optional<Unix> peer = view.find(socket.peer());
        if (peer.isEmpty() || !view.inside(peer.get())) {
            return outsider(socket.peer()).map(who -> "its other end belongs to " + who);
        }
        boolean back = peer.get().peer() == socket.inode();
        return back || !peer.get().name().isEmpty()
                ? Optional.empty()
                : Optional.of("it is connected to one without a name that is not connected back");
    }

    /** Returns who has a socket that is not the application's; nothing when it may be by now. */
    private Optional<String> outsider(long inode) {
        OptionalInt holder = view.holder(inode);
        if (holder.isPresent()) {
            return Optional.of("process " + holder.getAsInt() + ", which is not saved with it");
        }
        return view.complete() ? Optional.of("no process that is saved") : Optional.empty();
    }
}
