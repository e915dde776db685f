package org.linuxssi.linux;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;

/**
 * A netlink socket of the calling thread's network name space ({@code netlink(7)}): sends requests and waits for their
 * acknowledgements. Not for use by two threads at once.
 */
final class NetlinkSocket implements AutoCloseable {

    /** {@code NETLINK_ROUTE}: links, addresses, routes. */
    static final int ROUTE = 0;

    /** {@code NETLINK_NETFILTER}: packet filters. */
    static final int NETFILTER = 12;

    /** {@code NETLINK_SOCK_DIAG}: what sockets there are. */
    static final int SOCK_DIAG = 4;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int BUFFER = 64 * 1024;

    private final int fd;
    private int sequence;

    /**
     * Opens a socket.
     *
     * @param protocol {@link #ROUTE} or {@link #NETFILTER}
     */
    NetlinkSocket(int protocol) {
        fd = (int) Syscalls.check(
                "socket AF_NETLINK " + protocol, Syscalls.call(Nr.SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
    }

    /**
     * Sends messages as one datagram and waits for the acknowledgement of each that asked for one.
     *
     * @param operation what is done to what, for the error's message
     * @throws ErrnoException with the kernel's first refusal
     */
    void send(String operation, List<NetlinkMessage> messages) {
        ByteArrayOutputStream datagram = new ByteArrayOutputStream();
        int acks = 0;
        for (NetlinkMessage message : messages) {
            datagram.writeBytes(message.finish(++sequence));
            acks += message.wantsAck() ? 1 : 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Syscalls.bytes(arena, datagram.toByteArray());
            Syscalls.check(operation, Syscalls.call(Nr.SENDTO, fd, bytes.address(), datagram.size(), 0, 0, 0));
            awaitAcks(operation, acks, arena.allocate(BUFFER, 8));
        }
    }

    /**
     * Sends a request that is answered by a list.
     *
     * @param each gets the content of each message, without its header
     */
    void list(String operation, NetlinkMessage request, Consumer<ByteBuffer> each) {
        byte[] datagram = request.finish(++sequence);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Syscalls.bytes(arena, datagram);
            Syscalls.check(operation, Syscalls.call(Nr.SENDTO, fd, bytes.address(), datagram.length, 0, 0, 0));
            MemorySegment answer = arena.allocate(BUFFER, 8);
            boolean more = true;
            while (more) {
                int length = (int) Syscalls.check(
                        operation, Syscalls.call(Nr.RECVFROM, fd, answer.address(), answer.byteSize(), 0, 0, 0));
                more = entries(
                        operation, answer.asSlice(0, length).asByteBuffer().order(ByteOrder.nativeOrder()), each);
            }
        }
    }

    /** Passes the entries of a part of a list; tells whether more parts follow. */
    private static boolean entries(String operation, ByteBuffer part, Consumer<ByteBuffer> each) {
        while (part.remaining() >= NetlinkMessage.HEADER) {
            int start = part.position();
            int length = Math.clamp(part.getInt(start), NetlinkMessage.HEADER, part.remaining());
            int type = part.getShort(start + 4);
            if (type == NLMSG_DONE) {
                return false;
            }
            if (type == NLMSG_ERROR) {
                Syscalls.check(operation, part.getInt(start + NetlinkMessage.HEADER));
                return false;
            }
            each.accept(part.slice(start + NetlinkMessage.HEADER, length - NetlinkMessage.HEADER)
                    .order(ByteOrder.nativeOrder()));
            part.position(Math.min(part.limit(), start + ((length + 3) & ~3)));
        }
        return true;
    }

    private void awaitAcks(String operation, int acks, MemorySegment answer) {
        int missing = acks;
        while (missing > 0) {
            int length = (int) Syscalls.check(
                    operation, Syscalls.call(Nr.RECVFROM, fd, answer.address(), answer.byteSize(), 0, 0, 0));
            ByteBuffer buffer = answer.asSlice(0, length).asByteBuffer().order(ByteOrder.nativeOrder());
            missing -= acksIn(operation, buffer);
        }
    }

    /** Counts the acknowledgements in an answer; any refusal ends the request. */
    private static int acksIn(String operation, ByteBuffer buffer) {
        int acks = 0;
        while (buffer.remaining() >= NetlinkMessage.HEADER) {
            int start = buffer.position();
            int length = buffer.getInt(start);
            if (buffer.getShort(start + 4) == NLMSG_ERROR) {
                Syscalls.check(operation, buffer.getInt(start + NetlinkMessage.HEADER));
                acks++;
            }
            buffer.position(Math.min(buffer.limit(), start + ((length + 3) & ~3)));
        }
        return acks;
    }

    @Override
    public void close() {
        Syscalls.call(Nr.CLOSE, fd);
    }

    /** Returns the native bytes of a 32-bit number. */
    static byte[] word(int value) {
        return MemorySegment.ofArray(new int[] {value}).toArray(ValueLayout.JAVA_BYTE);
    }
}
