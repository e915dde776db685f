package org.linuxssi.ghost;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.ghost.SavedSocket.Link;
import org.linuxssi.ghost.SavedSocket.Message;
import org.linuxssi.ghost.SavedSocket.Sender;
import org.linuxssi.ghost.SavedSocket.Unix;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.RootedCalls;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.Syscalls;

/**
 * Makes the sockets of the Unix domain of an image. First all are there, in pairs where they are connected to each other; then
 * they get their names and what they hold, then those are connected that are so in one direction, and in the end they get their options.
 */
final class UnixSocketBuilder {

    private static final int RECEIVES_NOTHING = 1;
    private static final int SENDS_NOTHING = 2;
    private static final String FILL = "fill a socket with what it held";
    private static final int SHUT_RD = 0;
    private static final int SHUT_WR = 1;

    private final Map<Long, SavedSocket> sockets = new LinkedHashMap<>();
    private final Map<Long, Integer> made;
    private final Map<Long, Integer> closedPeers = new HashMap<>();
    private final Set<Long> named = new HashSet<>();
    private final SocketPlaces places;

    /**
     * Begins.
     *
     * @param made gets the descriptors, by the ids of the sockets
     */
    UnixSocketBuilder(List<SavedSocket> sockets, SocketPlaces places, Map<Long, Integer> made) {
        sockets.stream().filter(SocketBuilder::isUnix).forEach(one -> this.sockets.put(one.id(), one));
        this.places = places;
        this.made = made;
    }

    private static Unix unix(SavedSocket socket) {
        if (!(socket.state() instanceof Unix unix)) {
            throw new IllegalArgumentException(socket.name());
        }
        return unix;
    }

    private int descriptor(SavedSocket socket) {
        return Objects.requireNonNull(made.get(socket.id()));
    }

    void build() {
        try {
            sockets.values().forEach(this::create);
            sockets.values().forEach(socket -> Sockets.own(descriptor(socket), socket.uid(), socket.gid()));
            sockets.values().forEach(this::bind);
            sockets.values().stream()
                    .filter(socket -> unix(socket).link() == Link.LISTENS)
                    .forEach(this::listen);
            sockets.values().forEach(this::fill);
            connectAll();
            sockets.values().forEach(this::end);
            sockets.values().forEach(socket -> SocketOptions.set(descriptor(socket), socket.options()));
        } finally {
            closedPeers.values().forEach(Descriptors::close);
        }
    }

    /** Returns the socket that this one is connected to and that is connected back. */
    private Optional<SavedSocket> peer(SavedSocket socket) {
        Unix unix = unix(socket);
        return unix.link() != Link.CONNECTED || unix.other() == socket.id()
                ? Optional.empty()
                : Optional.ofNullable(sockets.get(unix.other()))
                        .filter(other -> unix(other).link() == Link.CONNECTED
                                && unix(other).other() == socket.id()
                                && unix(other).type() == unix.type());
    }

    /** Returns the socket without a peer of its own, or with another, that datagrams go to. */
    private Optional<SavedSocket> target(SavedSocket socket) {
        Unix unix = unix(socket);
        return unix.datagrams() && unix.link() == Link.CONNECTED && peer(socket).isEmpty()
                ? Optional.ofNullable(sockets.get(unix.other()))
                        .filter(other -> unix(other).name().length > 0)
                : Optional.empty();
    }

    private void create(SavedSocket socket) {
        if (made.containsKey(socket.id())) {
            return;
        }
        Unix unix = unix(socket);
        Optional<SavedSocket> peer = peer(socket);
        boolean ended = unix.link() == Link.ENDED
                || unix.link() == Link.CONNECTED
                || (unix.link() == Link.WAITS && listener(socket).isEmpty());
        if (peer.isPresent()) {
            boolean server = accepted(unix) || !accepted(unix(peer.get()));
            StreamSockets.Pair pair = pair(server ? unix : unix(peer.get()), server ? socket : peer.get());
            made.put(socket.id(), server ? pair.first() : pair.second());
            made.put(peer.get().id(), server ? pair.second() : pair.first());
        } else if (ended && target(socket).isEmpty()) {
            StreamSockets.Pair pair = pair(unix, socket);
            made.put(socket.id(), pair.first());
            closedPeers.put(socket.id(), pair.second());
        } else {
            made.put(socket.id(), Sockets.create(Sockets.AF_UNIX, unix.type(), 0));
        }
    }

    /** Tells whether it has an abstract name together with others, as those have who were accepted. */
    private boolean accepted(Unix unix) {
        return unix.isAbstract()
                && !unix.datagrams()
                && sockets.values().stream()
                        .map(UnixSocketBuilder::unix)
                        .anyMatch(other -> other != unix && Arrays.equals(other.name(), unix.name()));
    }

    /** Makes a pair; the first of them has its name if it was accepted. */
    private StreamSockets.Pair pair(Unix first, SavedSocket socket) {
        if (!accepted(first)) {
            return RootedCalls.pairAs(first.type(), first.uid(), first.gid());
        }
        named.add(socket.id());
        int listener = Sockets.create(Sockets.AF_UNIX, first.type(), 0);
        int client = Sockets.create(Sockets.AF_UNIX, first.type(), 0);
        boolean complete = false;
        try {
            Sockets.bind(listener, SocketNames.address(first.name()), first.called());
            Sockets.listen(listener, 1);
            RootedCalls.connectAs(client, SocketNames.address(first.name()), first.uid(), first.gid(), first.called());
            StreamSockets.Pair pair = new StreamSockets.Pair(acceptOwn(listener), client);
            complete = true;
            return pair;
        } finally {
            Descriptors.close(listener);
            if (!complete) {
                Descriptors.close(client);
            }
        }
    }

    /** Somebody may have connected who takes it for the one that comes later. */
    private static int acceptOwn(int listener) {
        while (true) {
            int accepted = Sockets.accept(listener);
            if (Sockets.peer(accepted)
                    .filter(who -> who.pid() == ProcessHandle.current().pid())
                    .isPresent()) {
                return accepted;
            }
            Descriptors.close(accepted);
        }
    }

    private void bind(SavedSocket socket) {
        Unix unix = unix(socket);
        if (unix.name().length == 0 || named.contains(socket.id())) {
            return;
        }
        if (unix.hasPath()) {
            places.bind(socket.id(), descriptor(socket), unix);
        } else {
            places.bindHidden(socket.id(), descriptor(socket), unix.name());
        }
    }

    private void listen(SavedSocket socket) {
        Unix unix = unix(socket);
        RootedCalls.listenAs(descriptor(socket), unix.backlog(), unix.uid(), unix.gid());
    }

    private void fill(SavedSocket socket) {
        Unix unix = unix(socket);
        if (unix.queue().isEmpty()) {
            return;
        }
        Integer other = peer(socket).map(this::descriptor).orElse(closedPeers.get(socket.id()));
        if (other == null) {
            unix.queue().forEach(message -> sendTo(socket, message));
            return;
        }
        byte[] from = unix.queue().getFirst().from();
        if (closedPeers.containsKey(socket.id()) && from.length > 0) {
            places.bindHidden(-1, other, from);
        }
        int size = SocketOptions.sendBuffer(other);
        SocketOptions.widen(other, room(unix.queue()));
        unix.queue().forEach(message -> send(other, message));
        SocketOptions.narrow(other, size);
    }

    /** The kernel counts more than the bytes. */
    private static int room(List<Message> queue) {
        long room = 0;
        for (Message message : queue) {
            room += 2L * message.bytes().length + 4096;
        }
        return (int) Math.min(room, Integer.MAX_VALUE / 4);
    }

    private static void send(int descriptor, Message message) {
        int done = 0;
        do {
            byte[] rest = Arrays.copyOfRange(message.bytes(), done, message.bytes().length);
            long sent = Sockets.send(descriptor, rest, message.sender().map(Sender::credentials));
            done += (int) Syscalls.check(FILL, sent);
        } while (done < message.bytes().length);
    }

    /** Sends a datagram to one that is not connected, from a socket with the name of its sender. */
    private void sendTo(SavedSocket socket, Message message) {
        Optional<SavedSocket> holder = holder(message.from());
        int sender =
                holder.map(this::descriptor).orElseGet(() -> Sockets.create(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, 0));
        try {
            if (holder.isEmpty() && message.from().length > 0) {
                places.bindHidden(-1, sender, message.from());
            }
            int size = SocketOptions.sendBuffer(sender);
            SocketOptions.widen(sender, room(unix(socket).queue()));
            Syscalls.check(
                    FILL,
                    Sockets.send(
                            places.place(socket.id()),
                            sender,
                            message.bytes(),
                            SocketNames.address(unix(socket).name()),
                            message.sender().map(Sender::credentials)));
            SocketOptions.narrow(sender, size);
        } finally {
            if (holder.isEmpty()) {
                Descriptors.close(sender);
            }
        }
    }

    /** An abstract name can be had only once. */
    private Optional<SavedSocket> holder(byte[] name) {
        return name.length == 0 || name[0] != 0
                ? Optional.empty()
                : sockets.values().stream()
                        .filter(one -> unix(one).datagrams()
                                && Arrays.equals(unix(one).name(), name)
                                && peer(one).isEmpty()
                                && !closedPeers.containsKey(one.id()))
                        .findFirst();
    }

    private void connectAll() {
        for (SavedSocket socket : sockets.values()) {
            target(socket)
                    .ifPresent(target -> places.connect(
                            descriptor(socket), target.id(), unix(target).name()));
        }
        sockets.values().stream()
                .filter(socket -> listener(socket).isPresent())
                .sorted(Comparator.comparingInt(socket -> unix(socket).backlog()))
                .forEach(socket -> listener(socket)
                        .ifPresent(listener -> places.connect(
                                descriptor(socket),
                                listener.id(),
                                unix(listener).name())));
    }

    /** Returns the one that a socket waits for to be accepted. */
    private Optional<SavedSocket> listener(SavedSocket socket) {
        return Optional.ofNullable(sockets.get(unix(socket).other()))
                .filter(other ->
                        unix(socket).link() == Link.WAITS && unix(other).link() == Link.LISTENS);
    }

    private void end(SavedSocket socket) {
        Unix unix = unix(socket);
        int descriptor = descriptor(socket);
        if (unix.reset()) {
            Sockets.send(descriptor, new byte[1], Optional.empty());
        }
        if (unix.link() != Link.ENDED || unix.datagrams()) {
            if ((unix.shutdown() & RECEIVES_NOTHING) != 0) {
                StreamSockets.shutdown(descriptor, SHUT_RD);
            }
            if ((unix.shutdown() & SENDS_NOTHING) != 0) {
                StreamSockets.shutdown(descriptor, SHUT_WR);
            }
        }
    }
}
