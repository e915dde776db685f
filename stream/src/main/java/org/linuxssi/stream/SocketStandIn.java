package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.StreamSockets;

/** One of a pair of local sockets whose other one the program has. */
record SocketStandIn(int descriptor, Identity identity) implements StandIn {

    private static final int SHUT_RD = 0;

    static Made make(StreamTicket ticket) {
        StreamSockets.Pair pair = StreamSockets.pair();
        Descriptors.setFlags(pair.second(), Descriptors.O_RDWR | (ticket.flags() & Descriptors.O_NONBLOCK));
        return new Made(new SocketStandIn(pair.first(), Identity.of(pair.second())), pair.second());
    }

    @Override
    public String name() {
        return "";
    }

    @Override
    public boolean reads() {
        return true;
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public long fromProgram(MemorySegment buffer) {
        return StreamSockets.receive(descriptor, buffer, buffer.byteSize());
    }

    @Override
    public long toProgram(MemorySegment buffer, long count) {
        return StreamSockets.send(descriptor, buffer, count);
    }

    @Override
    public boolean abandoned() {
        return (Epoll.poll(descriptor, Epoll.IN) & Epoll.HUP) != 0;
    }

    @Override
    public long unread(int held) {
        return Descriptors.readable(held);
    }

    @Override
    public byte[] rescue(int held, MemorySegment buffer) {
        long count = Math.max(0, StreamSockets.peek(held, buffer, buffer.byteSize()));
        return buffer.asSlice(0, count).toArray(JAVA_BYTE);
    }

    /** Returns nothing: the kernel drops what the last holder of a socket did not read. */
    @Override
    public byte[] takeUnread(MemorySegment buffer) {
        return new byte[0];
    }

    @Override
    public boolean endReading() {
        StreamSockets.shutdown(descriptor, StreamSockets.SHUT_WR);
        return false;
    }

    @Override
    public boolean breakWriting() {
        StreamSockets.shutdown(descriptor, SHUT_RD);
        return false;
    }

    @Override
    public int share(int flags) {
        return -1;
    }

    @Override
    public void close() {
        Descriptors.close(descriptor);
    }
}
