package org.linuxssi.stream;

import java.io.IOException;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;

/** Receives the frames of one peer, each once and in order, over one connection after the other. */
@SuppressWarnings("ReferenceEquality") // this very connection or another one
final class InboundLink {

    /** Told to a peer whose session was given up here. */
    static final long DEAD = -1;

    private static final Logger LOG = System.getLogger(InboundLink.class.getName());
    private static final int ACKNOWLEDGE_BYTES = 256 << 10;
    private static final int ACKNOWLEDGE_FRAMES = 64;

    private final NodeId peer;
    private final Links.Receiver receiver;
    private final Consumer<NodeId> renewed;
    private final Set<Long> dead = new HashSet<>();
    private long session;
    private boolean known;
    private long received;
    private @Nullable ByteStream current;

    /**
     * Makes the link.
     *
     * @param peer who sends
     * @param receiver is told of the frames
     * @param renewed is told when the peer begins anew without the frames it sent before
     */
    InboundLink(NodeId peer, Links.Receiver receiver, Consumer<NodeId> renewed) {
        this.peer = peer;
        this.receiver = receiver;
        this.renewed = renewed;
    }

    /** Reads one connection to its end. */
    void serve(long number, ByteStream stream) {
        try (stream) {
            long count = begin(number, stream);
            stream.write(number(count));
            if (count != DEAD) {
                read(stream);
            }
        } catch (IOException | DecodeException problem) {
            LOG.log(Logger.Level.DEBUG, "streams from node {0}: {1}", peer, problem.getMessage());
        }
    }

    private synchronized long begin(long number, ByteStream stream) {
        if (dead.contains(number)) {
            return DEAD;
        }
        if (current != null) {
            current.close();
        }
        current = stream;
        if (known && number != session) {
            dead.add(session);
            renewed.accept(peer);
        }
        if (!known || number != session) {
            known = true;
            session = number;
            received = 0;
        }
        return received;
    }

    private static ByteBuffer number(long count) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(count)
                .flip();
    }

    private void read(ByteStream stream) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Frame.LIMIT + 64)
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(0);
        long unacknowledged = 0;
        int frames = 0;
        while (true) {
            if (!fill(stream, buffer, 4)) {
                return;
            }
            int length = Frame.length(buffer.getInt(buffer.position()));
            fill(stream, buffer, 4 + length);
            ByteBuffer body = buffer.slice(buffer.position() + 4, length);
            long count = deliver(stream, Frame.decode(body));
            buffer.position(buffer.position() + 4 + length);
            unacknowledged += length;
            frames++;
            if (unacknowledged >= ACKNOWLEDGE_BYTES || frames >= ACKNOWLEDGE_FRAMES) {
                stream.write(number(count));
                unacknowledged = 0;
                frames = 0;
            }
        }
    }

    private synchronized long deliver(ByteStream stream, Frame frame) throws IOException {
        if (current != stream) {
            throw new IOException("replaced by a newer connection");
        }
        received++;
        receiver.received(peer, frame);
        return received;
    }

    /** Makes so many bytes ready in the buffer; false at the end of the stream. */
    private static boolean fill(ByteStream stream, ByteBuffer buffer, int needed) throws IOException {
        if (buffer.remaining() >= needed) {
            return true;
        }
        if (buffer.capacity() - buffer.position() < needed || buffer.remaining() == 0) {
            buffer.compact().flip();
        }
        while (buffer.remaining() < needed) {
            int position = buffer.position();
            int end = buffer.limit();
            buffer.limit(Math.min(buffer.capacity(), Math.max(end + (64 << 10), position + needed)))
                    .position(end);
            int count = stream.read(buffer);
            buffer.limit(buffer.position()).position(position);
            if (count < 0) {
                return false;
            }
        }
        return true;
    }

    /** Refuses the present session from now on. */
    synchronized void drop() {
        if (known) {
            dead.add(session);
            known = false;
        }
        if (current != null) {
            current.close();
            current = null;
        }
    }
}
