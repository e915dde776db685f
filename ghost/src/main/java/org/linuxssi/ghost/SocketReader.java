package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.ghost.SavedSocket.Inet;
import org.linuxssi.ghost.SavedSocket.Link;
import org.linuxssi.ghost.SavedSocket.Message;
import org.linuxssi.ghost.SavedSocket.Sender;
import org.linuxssi.ghost.SavedSocket.State;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.SocketDiag;
import org.linuxssi.linux.SocketDiag.Unix;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.Sockets.Credentials;
import org.linuxssi.linux.Sockets.Waiting;

/**
 * Takes a socket of a process that stands still; it stays as it is.
 *
 * @param file the socket
 * @param descriptor of ours for it
 * @param view the sockets that there are
 */
record SocketReader(OpenFile file, int descriptor, SocketView view) {

    private static final int SO_PASSCRED = 16;
    private static final int SO_PEEK_OFF = 42;
    private static final int RECEIVES_NOTHING = 1;
    private static final int BUFFER = 1 << 16;
    private static final int LARGEST = 1 << 28;
    private static final int NOBODY = 65534;

    SavedSocket take() {
        new SocketRules(file, descriptor, view).refusal().ifPresent(this::refuse);
        int domain = SocketRules.domain(descriptor);
        int type = SocketRules.type(descriptor);
        Map<String, Object> status = SocketNames.status(descriptor);
        State state = domain == Sockets.AF_UNIX ? unix(type) : inet(domain, type);
        return new SavedSocket(
                file.inode(),
                file.flags(),
                SocketNames.number(status, "uid"),
                SocketNames.number(status, "gid"),
                SocketOptions.of(descriptor, domain, type),
                state);
    }

    private void refuse(String reason) {
        throw new ErrnoException("save fd " + file.fd() + ", " + file.link() + ": " + reason, Errno.EAGAIN);
    }

    private Inet inet(int domain, int type) {
        boolean datagrams = type == Sockets.SOCK_DGRAM;
        byte[] local = Sockets.local(descriptor);
        boolean connected = !datagrams && view.tcp().connected(file.inode());
        boolean peered = datagrams || connected || view.tcp().waits(file.inode());
        return new Inet(
                domain,
                type,
                SocketNames.port(local) == 0 ? new byte[0] : local,
                peered ? Sockets.remote(descriptor).orElse(new byte[0]) : new byte[0],
                datagrams ? -1 : SocketRules.backlog(descriptor),
                connected ? Optional.of(view.tcp().of(file.inode())) : Optional.empty());
    }

    private SavedSocket.Unix unix(int type) {
        Unix socket =
                view.find(file.inode()).orElseThrow(() -> new ErrnoException("find " + file.link(), Errno.ENOENT));
        Optional<Unix> awaited = view.awaited(socket.inode());
        Link link = link(socket, awaited.isPresent());
        SocketNames name = SocketNames.of(file, descriptor);
        Credentials peer = Sockets.peer(descriptor).orElse(new Credentials(0, 0, 0));
        boolean queues = link != Link.LISTENS && link != Link.WAITS;
        List<Message> queue = queues ? queue(type, socket.shutdown()) : List.of();
        requireSenders(type, socket, queue);
        return new SavedSocket.Unix(
                type,
                name.name(),
                view.accepted(socket) ? Optional.empty() : name.file(),
                link,
                awaited.map(Unix::inode).orElse(socket.peer()),
                awaited.map(listener -> listener.waiting().indexOf(socket.inode()))
                        .orElse(socket.backlog()),
                socket.shutdown(),
                link == Link.ENDED && type != Sockets.SOCK_DGRAM && SocketRules.failed(descriptor),
                Math.max(peer.uid(), 0),
                Math.max(peer.gid(), 0),
                queue);
    }

    private static Link link(Unix socket, boolean waits) {
        if (socket.listens()) {
            return Link.LISTENS;
        }
        if (!socket.connected()) {
            return Link.NONE;
        }
        return waits ? Link.WAITS : socket.peer() == 0 ? Link.ENDED : Link.CONNECTED;
    }

    /** What comes from others than the peer could not be sent again in their name. */
    private void requireSenders(int type, Unix socket, List<Message> queue) {
        if (type != Sockets.SOCK_DGRAM) {
            return;
        }
        queue.stream()
                .map(message -> SocketDiag.name(message.from()))
                .filter(name -> name.startsWith("\0") && !view.inside(name))
                .findFirst()
                .ifPresent(
                        name -> refuse("it has a message from @" + name.substring(1) + ", which is not saved with it"));
        if (!socket.connected()) {
            return;
        }
        Optional<Unix> peer = view.find(socket.peer()).filter(other -> other.peer() == socket.inode());
        List<String> names = queue.stream()
                .map(message -> SocketDiag.name(message.from()))
                .distinct()
                .toList();
        boolean foreign = peer.isPresent()
                ? names.stream().anyMatch(name -> !name.equals(peer.get().name()))
                : socket.peer() == 0 && names.size() > 1;
        if (foreign) {
            refuse("it has messages from others than its peer");
        }
    }

    private List<Message> queue(int type, int shutdown) {
        boolean counted = type != Sockets.SOCK_DGRAM;
        boolean endsByCount = type == Sockets.SOCK_STREAM || (counted && (shutdown & RECEIVES_NOTHING) != 0);
        int all = counted ? Descriptors.readable(descriptor) : -1;
        boolean told = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_PASSCRED) > 0;
        int offset = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_PEEK_OFF);
        if (endsByCount && all == 0) {
            return List.of();
        }
        List<Message> found = new ArrayList<>();
        try {
            int size = Math.max(BUFFER, type == Sockets.SOCK_STREAM ? all : 0);
            int total = 0;
            Optional<Waiting> next = at(total, size, told);
            while (next.isPresent() && (!endsByCount || total < all)) {
                Waiting waiting = next.get();
                if (waiting.truncated()) {
                    refuse("descriptors or the like that were sent to it wait there");
                }
                if (waiting.length() > LARGEST - total || (type == Sockets.SOCK_STREAM && waiting.length() == 0)) {
                    break;
                }
                if (waiting.length() > waiting.bytes().length) {
                    size = Math.toIntExact(waiting.length());
                } else {
                    found.add(message(type, waiting));
                    total += Math.toIntExact(waiting.length());
                }
                next = endsByCount && total >= all ? Optional.empty() : at(total, size, told);
            }
            if (counted && total != all) {
                refuse("it has urgent data, or more than can be saved");
            }
            return found;
        } finally {
            Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_PEEK_OFF, offset);
        }
    }

    private Optional<Waiting> at(int offset, int size, boolean told) {
        Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_PEEK_OFF, offset);
        return Sockets.peek(descriptor, size, told);
    }

    private static Message message(int type, Waiting waiting) {
        return new Message(
                waiting.bytes(),
                type == Sockets.SOCK_DGRAM ? SocketNames.name(waiting.from()) : new byte[0],
                waiting.credentials()
                        .filter(who -> who.pid() != 0 || who.uid() != NOBODY)
                        .map(who -> new Sender(who.uid(), who.gid())));
    }
}
