package org.linuxssi.ghost;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.Sockets;
import org.linuxssi.linux.Sockets.Credentials;
import org.linuxssi.linux.TcpRepair;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/**
 * A socket in an image.
 *
 * @param id names it within the image
 * @param flags of open(2)
 * @param uid its owner
 * @param gid its group
 * @param options those that are not as the kernel makes them
 * @param state what it is and what it holds
 */
record SavedSocket(long id, int flags, int uid, int gid, List<Option> options, State state) {

    private static final int OPTIONS = 1000;

    static final Codec<SavedSocket> CODEC = Codec.of(
            (socket, out) -> out.i64(socket.id)
                    .i32(socket.flags)
                    .i32(socket.uid)
                    .i32(socket.gid)
                    .list(socket.options, Option.CODEC)
                    .value(socket.state, State.CODEC),
            in -> new SavedSocket(
                    in.i64(), in.i32(), in.i32(), in.i32(), in.list(OPTIONS, Option.CODEC), in.value(State.CODEC)));

    SavedSocket {
        options = List.copyOf(options);
    }

    /** Returns what {@code /proc} called it. */
    String name() {
        return "socket:[" + id + "]";
    }

    /** An option of setsockopt(2). Written and read, never compared: so an array is good enough. */
    @SuppressWarnings("ArrayRecordComponent")
    record Option(int level, int name, byte[] value) {
        private static final int VALUE = 256;

        static final Codec<Option> CODEC = Codec.of(
                (option, out) -> out.i32(option.level).i32(option.name).bytes(option.value),
                in -> new Option(in.i32(), in.i32(), in.bytes(VALUE)));
    }

    /** What a socket is. */
    sealed interface State {
        Codec<State> CODEC = Codec.of(
                (state, out) -> {
                    switch (state) {
                        case Inet inet -> out.i8(0).value(inet, Inet.CODEC);
                        case Unix unix -> out.i8(1).value(unix, Unix.CODEC);
                    }
                },
                in -> {
                    int kind = in.i8();
                    return switch (kind) {
                        case 0 -> in.value(Inet.CODEC);
                        case 1 -> in.value(Unix.CODEC);
                        default -> throw new DecodeException(in.position() - 1, kind + " is no kind of socket");
                    };
                });
    }

    /**
     * One of TCP or UDP. Written and read, never compared: so arrays are good enough.
     *
     * @param domain {@code AF_INET} or {@code AF_INET6}
     * @param type {@code SOCK_STREAM} or {@code SOCK_DGRAM}
     * @param local its address, empty when it is not bound
     * @param remote that which it is connected to, empty for none
     * @param backlog the most connections that may wait; -1 when it does not listen
     * @param connection of TCP
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Inet(int domain, int type, byte[] local, byte[] remote, int backlog, Optional<Connection> connection)
            implements State {
        static final Codec<Inet> CODEC = Codec.of(
                (inet, out) -> out.i32(inet.domain)
                        .i32(inet.type)
                        .bytes(inet.local)
                        .bytes(inet.remote)
                        .i32(inet.backlog)
                        .optional(inet.connection, Connection.CODEC),
                in -> new Inet(
                        in.i32(),
                        in.i32(),
                        in.bytes(Sockets.ADDRESS),
                        in.bytes(Sockets.ADDRESS),
                        in.i32(),
                        in.optional(Connection.CODEC)));
    }

    /**
     * One end of a TCP connection whose other end is in the image too or closed. Written and read, never compared: so arrays are good
     * enough.
     *
     * @param peer id of the other end, 0 when that is closed
     * @param segment the most bytes that it sends at once
     * @param abilities bits of what both ends can do, as {@link TcpRepair.Info} tells them
     * @param sendScale shift of the windows that the peer tells
     * @param receiveScale shift of the windows that it tells itself
     * @param received what it has received and not read
     * @param underWay what it has sent and its peer has not received
     * @param ended whether it sends nothing any more
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Connection(
            long peer,
            int segment,
            int abilities,
            int sendScale,
            int receiveScale,
            byte[] received,
            byte[] underWay,
            boolean ended) {
        private static final int MOST = 1 << 28;

        static final Codec<Connection> CODEC = Codec.of(
                (end, out) -> out.i64(end.peer)
                        .i32(end.segment)
                        .i32(end.abilities)
                        .i32(end.sendScale)
                        .i32(end.receiveScale)
                        .bytes(end.received)
                        .bytes(end.underWay)
                        .bool(end.ended),
                in -> new Connection(
                        in.i64(), in.i32(), in.i32(), in.i32(), in.i32(), in.bytes(MOST), in.bytes(MOST), in.bool()));

        /** Returns the other end that is closed. */
        Connection reversed() {
            return new Connection(0, segment, abilities, receiveScale, sendScale, new byte[0], new byte[0], true);
        }

        TcpRepair.Info agreed() {
            return new TcpRepair.Info(TcpConnections.ESTABLISHED, abilities, sendScale, receiveScale, 0);
        }
    }

    /** What a socket of the Unix domain has to do with others. */
    enum Link {
        /** Nothing. */
        NONE,
        /** It waits for connections. */
        LISTENS,
        /** It is connected. */
        CONNECTED,
        /** It was connected, and its peer is closed. */
        ENDED,
        /** It is connected and not accepted yet. */
        WAITS
    }

    /**
     * One of the Unix domain. Written and read, never compared: so an array is good enough.
     *
     * @param type {@code SOCK_STREAM}, {@code SOCK_DGRAM} or {@code SOCK_SEQPACKET}
     * @param name path or abstract name, without the family; empty for none
     * @param file the file that it was bound to, when that is where its name says and is its own
     * @param link what it has to do with another
     * @param other id of its peer, or of the one that it waits for
     * @param backlog the most connections that may wait, or its place among those that wait
     * @param shutdown 1 when nothing is received any more, 2 when nothing is sent, 3 for both
     * @param reset whether its peer was closed without having received everything
     * @param uid the user that it is told its peer belongs to, or that peers are told
     * @param gid the group
     * @param queue what it has not received yet
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Unix(
            int type,
            byte[] name,
            Optional<Bound> file,
            Link link,
            long other,
            int backlog,
            int shutdown,
            boolean reset,
            int uid,
            int gid,
            List<Message> queue)
            implements State {
        private static final int MESSAGES = 1 << 20;

        static final Codec<Unix> CODEC = Codec.of(
                (unix, out) -> out.i32(unix.type)
                        .bytes(unix.name)
                        .optional(unix.file, Bound.CODEC)
                        .constant(unix.link)
                        .i64(unix.other)
                        .i32(unix.backlog)
                        .i8(unix.shutdown)
                        .bool(unix.reset)
                        .i32(unix.uid)
                        .i32(unix.gid)
                        .list(unix.queue, Message.CODEC),
                in -> new Unix(
                        in.i32(),
                        in.bytes(Sockets.ADDRESS),
                        in.optional(Bound.CODEC),
                        in.constant(Link.values()),
                        in.i64(),
                        in.i32(),
                        in.i8(),
                        in.bool(),
                        in.i32(),
                        in.i32(),
                        in.list(MESSAGES, Message.CODEC)));

        Unix {
            queue = List.copyOf(queue);
        }

        boolean datagrams() {
            return type == Sockets.SOCK_DGRAM;
        }

        boolean isAbstract() {
            return name.length > 0 && name[0] == 0;
        }

        boolean hasPath() {
            return name.length > 0 && name[0] != 0;
        }

        /** Returns the name for people. */
        String called() {
            return called(name);
        }

        static String called(byte[] name) {
            return new String(name, StandardCharsets.UTF_8).replace('\0', '@');
        }
    }

    /**
     * The file that a socket is bound to.
     *
     * @param directory where its name begins, when that is not the root directory
     * @param mode its permissions
     * @param uid its owner
     * @param gid its group
     */
    record Bound(String directory, int mode, int uid, int gid) {
        static final Codec<Bound> CODEC = Codec.of(
                (bound, out) ->
                        out.text(bound.directory).i32(bound.mode).i32(bound.uid).i32(bound.gid),
                in -> new Bound(in.text(SharedFile.PATH), in.i32(), in.i32(), in.i32()));
    }

    /**
     * Something that waits to be received: a message, or bytes of a stream. Written and read, never compared: so arrays
     * are good enough.
     *
     * @param from name of the sender, without the family; empty for none
     * @param sender whose process sent it, when that is known
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Message(byte[] bytes, byte[] from, Optional<Sender> sender) {
        private static final int MOST = 1 << 28;

        static final Codec<Message> CODEC = Codec.of(
                (message, out) -> out.bytes(message.bytes).bytes(message.from).optional(message.sender, Sender.CODEC),
                in -> new Message(in.bytes(MOST), in.bytes(Sockets.ADDRESS), in.optional(Sender.CODEC)));
    }

    /** The user and group of a sender; processes get other numbers. */
    record Sender(int uid, int gid) {
        static final Codec<Sender> CODEC =
                Codec.of((sender, out) -> out.i32(sender.uid).i32(sender.gid), in -> new Sender(in.i32(), in.i32()));

        /** Returns them as those of this process, which may name no other. */
        Credentials credentials() {
            return new Credentials((int) ProcessHandle.current().pid(), uid, gid);
        }
    }
}
