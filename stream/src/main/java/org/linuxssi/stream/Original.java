package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Pipes;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.Terminals;

/**
 * The daemon's access to the real pipe end, socket or terminal of a stream. It never blocks and never changes the flags
 * of the open file description, which programs share: pipes and terminals are opened once more for that.
 *
 * @param kind what it is
 * @param kept the descriptor that programs had; goes back to them when they come home
 * @param own the daemon's own; the same as kept for sockets
 */
record Original(StreamKind kind, int kept, int own) {

    private static final Logger LOG = System.getLogger(Original.class.getName());

    /** What a pipe is made larger when bytes go back, for its writers. */
    private static final int ROOM = 1 << 16;

    /** Takes over a descriptor. */
    static Original of(StreamKind kind, int descriptor) {
        int mode = kind == StreamKind.TERMINAL ? Descriptors.O_RDWR : StreamKind.accessMode(descriptor);
        int own = kind == StreamKind.SOCKET
                ? descriptor
                : Descriptors.reopen(descriptor, mode | Descriptors.O_NONBLOCK | Descriptors.O_NOCTTY);
        return new Original(kind, descriptor, own);
    }

    boolean reads() {
        return kind == StreamKind.TERMINAL || StreamKind.accessMode(kept) != Descriptors.O_WRONLY;
    }

    boolean writes() {
        return kind == StreamKind.TERMINAL || StreamKind.accessMode(kept) != Descriptors.O_RDONLY;
    }

    /** Returns another descriptor for a program that had one with these flags. */
    int share(int flags) {
        int other = (Descriptors.flags(kept) ^ flags) & (Descriptors.O_ACCMODE | Descriptors.O_NONBLOCK);
        return kind == StreamKind.TERMINAL && other != 0
                ? Descriptors.reopen(
                        kept, (flags & (Descriptors.O_ACCMODE | Descriptors.O_NONBLOCK)) | Descriptors.O_NOCTTY)
                : Descriptors.duplicate(kept);
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
     * Puts bytes that were read in vain back to the front of a pipe or of a terminal's input. Bytes that are written at this very moment may come
     * out before them.
     *
     * @return the bytes that found no room, in their order
     */
    List<byte[]> putBack(List<byte[]> unread, MemorySegment buffer) {
        if (kind == StreamKind.TERMINAL) {
            typeAgain(unread, buffer);
            return List.of();
        }
        int end = Descriptors.reopen(own, Descriptors.O_WRONLY | Descriptors.O_NONBLOCK);
        try {
            int total = unread.stream().mapToInt(bytes -> bytes.length).sum() + Descriptors.readable(own);
            Pipes.capacity(end, Math.max(total + ROOM, Pipes.capacity(end)));
            long behind = Math.max(0, Descriptors.read(own, buffer, buffer.byteSize()));
            List<byte[]> all = new ArrayList<>(unread);
            all.add(buffer.asSlice(0, behind).toArray(JAVA_BYTE));
            return write(end, all, buffer);
        } finally {
            Descriptors.close(end);
        }
    }

    /** Puts bytes back before the input that is there, unprocessed and not echoed again. */
    private void typeAgain(List<byte[]> unread, MemorySegment buffer) {
        try {
            byte[] modes = Terminals.modes(own);
            Terminals.modes(own, Terminals.raw(modes));
            try {
                List<byte[]> all = new ArrayList<>(unread);
                long behind = Math.max(0, Descriptors.read(own, buffer, buffer.byteSize()));
                all.add(buffer.asSlice(0, behind).toArray(JAVA_BYTE));
                Terminals.modes(own, Terminals.unprocessed(modes));
                for (byte[] bytes : all) {
                    for (byte character : bytes) {
                        Terminals.type(own, character);
                    }
                }
            } finally {
                Terminals.modes(own, modes);
            }
        } catch (ErrnoException problem) {
            LOG.log(Level.WARNING, "input of a terminal is lost: {0}", problem.getMessage());
        }
    }

    private static List<byte[]> write(int end, List<byte[]> all, MemorySegment buffer) {
        List<byte[]> rest = new ArrayList<>();
        for (byte[] bytes : all) {
            int written = rest.isEmpty() ? write(end, bytes, buffer) : 0;
            if (written < bytes.length) {
                rest.add(Arrays.copyOfRange(bytes, written, bytes.length));
            }
        }
        return rest;
    }

    private static int write(int end, byte[] bytes, MemorySegment buffer) {
        int from = 0;
        while (from < bytes.length) {
            long count = Math.min(bytes.length - from, buffer.byteSize());
            MemorySegment.copy(MemorySegment.ofArray(bytes), from, buffer, 0, count);
            long written = Descriptors.write(end, buffer, count);
            if (written <= 0) {
                return from;
            }
            from += (int) written;
        }
        return from;
    }

    /** Ends the program's direction of a connection. */
    void endWriting() {
        if (kind == StreamKind.SOCKET) {
            StreamSockets.shutdown(own, StreamSockets.SHUT_WR);
        }
    }

    void close() {
        if (own != kept) {
            Descriptors.close(own);
        }
        Descriptors.close(kept);
    }
}
