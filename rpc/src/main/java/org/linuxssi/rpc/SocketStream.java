package org.linuxssi.rpc;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.ReentrantLock;

/** A stream on a connection of its own: chunks of at most 1 MiB, each after its length; length 0 is the end. */
final class SocketStream implements ByteStream {

    private static final int CHUNK = 1 << 20;
    private static final int LENGTH = 4;
    /** A full chunk and its length fill whole TLS records. */
    private static final int FULL = CHUNK - LENGTH;

    private final Wire wire;
    private final Runnable onClose;
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock writing = new ReentrantLock();
    private final ByteBuffer head = ByteBuffer.allocateDirect(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer lengths = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private int left;
    private volatile boolean ended;
    private volatile boolean finished;
    private volatile boolean closed;

    SocketStream(Wire wire, Runnable onClose) {
        this.wire = wire;
        this.onClose = onClose;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        writing.lock();
        try {
            if (finished) {
                throw new IOException("write of a stream: it is finished");
            }
            int total = source.remaining();
            while (source.hasRemaining()) {
                ByteBuffer chunk = source.slice(source.position(), Math.min(FULL, source.remaining()));
                source.position(source.position() + chunk.remaining());
                head.clear().putInt(chunk.remaining()).flip();
                wire.write(head, chunk);
            }
            return total;
        } finally {
            writing.unlock();
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        reading.lock();
        try {
            if (ended) {
                return -1;
            }
            if (!target.hasRemaining()) {
                return 0;
            }
            if (left == 0 && !nextChunk()) {
                return -1;
            }
            int limit = target.limit();
            target.limit(target.position() + Math.min(left, target.remaining()));
            int count = wire.read(target);
            target.limit(limit);
            if (count < 0) {
                throw new EOFException("the stream broke inside a chunk");
            }
            left -= count;
            return count;
        } finally {
            reading.unlock();
        }
    }

    private boolean nextChunk() throws IOException {
        lengths.clear();
        while (lengths.hasRemaining()) {
            if (wire.read(lengths) < 0) {
                throw new EOFException("the stream was dropped by the peer");
            }
        }
        left = lengths.flip().getInt();
        if (left < 0 || left > CHUNK) {
            throw new IOException("a chunk of " + left + " bytes is not in 0.." + CHUNK);
        }
        ended = left == 0;
        return !ended;
    }

    @Override
    public void finish() throws IOException {
        writing.lock();
        try {
            if (!finished) {
                finished = true;
                head.clear().putInt(0).flip();
                wire.write(head, ByteBuffer.allocate(0));
            }
        } finally {
            writing.unlock();
        }
    }

    /** Tells whether the peer may still read what we wrote, so that closing must not reset the connection. */
    boolean lingers() {
        return finished && !ended;
    }

    /** Reads until the peer has finished or closed, too. */
    void linger() {
        ByteBuffer rest = ByteBuffer.allocate(64 << 10);
        try {
            while (read(rest) >= 0) {
                rest.clear();
            }
        } catch (IOException _) {
            // The peer dropped it, which is an end, too.
        }
    }

    void drop() {
        wire.close();
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            onClose.run();
        }
    }
}
