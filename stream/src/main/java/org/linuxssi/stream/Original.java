package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Pipes;
import org.linuxssi.linux.StreamSockets;

/**
 * The daemon's access to the real pipe end, socket or terminal of a stream. It never blocks and never changes the flags
 * of the open file description, which programs share: pipes and terminals are opened once more for that.
 *
 * @param kind what it is
 * @param kept the descriptor that programs had; goes back to them when they come home
 * @param own the daemon's own; the same as kept for sockets
 */
record Original(StreamKind kind, int kept, int own) {

    /** Takes over a descriptor. */
    static Original of(StreamKind kind, int descriptor) {
        int mode = StreamKind.accessMode(descriptor);
        int own = kind == StreamKind.SOCKET
                ? descriptor
                : Descriptors.reopen(descriptor, mode | Descriptors.O_NONBLOCK | Descriptors.O_NOCTTY);
        return new Original(kind, descriptor, own);
    }

    boolean reads() {
        return StreamKind.accessMode(kept) != Descriptors.O_WRONLY;
    }

    boolean writes() {
        return StreamKind.accessMode(kept) != Descriptors.O_RDONLY;
    }

    /** Reads what is there: a count, 0 at the end (of a terminal: or of its input), or a negated error number. */
    long read(MemorySegment buffer, long limit) {
        return kind == StreamKind.SOCKET
                ? StreamSockets.receive(own, buffer, limit)
                : Descriptors.read(own, buffer, limit);
    }

    long write(MemorySegment buffer, long count) {
        return kind == StreamKind.SOCKET
                ? StreamSockets.send(own, buffer, count)
                : Descriptors.write(own, buffer, count);
    }

    /** Tells whether a terminal's other side is gone. */
    boolean hungUp() {
        return (Epoll.poll(own, Epoll.IN) & Epoll.HUP) != 0;
    }

    /** Tells whether a pipe has no readers. */
    boolean broken() {
        return kind == StreamKind.PIPE && (Epoll.poll(own, Epoll.OUT) & Epoll.ERR) != 0;
    }

    /**
     * Puts bytes that were read in vain back to the front of a pipe, if other processes can read it. Bytes that are
     * written at this very moment may come out before them.
     */
    void close(List<byte[]> unread, MemorySegment buffer) {
        if (kind == StreamKind.PIPE && reads() && !unread.isEmpty()) {
            int end = Descriptors.reopen(own, Descriptors.O_WRONLY | Descriptors.O_NONBLOCK);
            int drain = Descriptors.reopen(own, Descriptors.O_RDONLY | Descriptors.O_NONBLOCK);
            close();
            putBack(unread, buffer, end, drain);
        } else {
            close();
        }
    }

    private static void putBack(List<byte[]> unread, MemorySegment buffer, int end, int drain) {
        int total = unread.stream().mapToInt(bytes -> bytes.length).sum();
        long waiting = Math.max(0, Descriptors.read(drain, buffer, buffer.byteSize()));
        Pipes.capacity(end, (int) Math.max(total + waiting, 1 << 16));
        byte[] behind = buffer.asSlice(0, waiting).toArray(JAVA_BYTE);
        for (byte[] bytes : unread) {
            write(end, bytes, buffer);
        }
        write(end, behind, buffer);
        Descriptors.close(drain);
        Descriptors.close(end);
    }

    private static void write(int end, byte[] bytes, MemorySegment buffer) {
        for (int from = 0; from < bytes.length; ) {
            long count = Math.min(bytes.length - from, buffer.byteSize());
            MemorySegment.copy(MemorySegment.ofArray(bytes), from, buffer, 0, count);
            long written = Descriptors.write(end, buffer, count);
            if (written <= 0) {
                return;
            }
            from += (int) written;
        }
    }

    /** Ends the program's direction of a connection. */
    void endWriting() {
        if (kind == StreamKind.SOCKET) {
            StreamSockets.shutdown(own, StreamSockets.SHUT_WR);
        }
    }

    private void close() {
        if (own != kept) {
            Descriptors.close(own);
        }
        Descriptors.close(kept);
    }
}
