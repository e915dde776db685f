package org.linuxssi.stream;

import java.io.IOException;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/**
 * Sends frames to one peer and keeps each until the peer has said that it has it, so that a new connection can go on
 * where the broken one stopped.
 */
@SuppressWarnings("ReferenceEquality") // this very connection or another one
final class OutboundLink implements AutoCloseable {

    private static final Logger LOG = System.getLogger(OutboundLink.class.getName());
    private static final long RETRY_MILLIS = 100;

    private final Rpc rpc;
    private final NodeId peer;
    private final Duration patience;
    private final Consumer<NodeId> lost;
    private final long session = ThreadLocalRandom.current().nextLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();
    private final ArrayDeque<ByteBuffer> written = new ArrayDeque<>();
    private long acknowledged;
    private boolean closed;
    private @Nullable ByteStream stream;

    OutboundLink(Rpc rpc, NodeId peer, Duration patience, Consumer<NodeId> lost) {
        this.rpc = rpc;
        this.peer = peer;
        this.patience = patience;
        this.lost = lost;
        Thread.ofPlatform().daemon().name("stream-to-" + peer).start(this::run);
    }

    void send(Frame frame) {
        ByteBuffer bytes = frame.encode();
        lock.lock();
        try {
            if (!closed) {
                waiting.add(bytes);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        long failedSince = 0;
        boolean failed = false;
        while (await(failed ? RETRY_MILLIS : 0)) {
            try {
                connection();
                failed = false;
            } catch (IOException problem) {
                long now = System.nanoTime();
                if (!failed) {
                    failedSince = now;
                    LOG.log(Logger.Level.DEBUG, "streams to node {0}: {1}", peer, problem.getMessage());
                }
                failed = true;
                if (now - failedSince > patience.toNanos()) {
                    LOG.log(Logger.Level.WARNING, "node {0} is out of reach: its streams end", peer);
                    lost.accept(peer);
                    return;
                }
            }
        }
    }

    /** Waits until there is something to send, and at least the time given; false when closed. */
    private boolean await(long milliseconds) {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(milliseconds);
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            while (!closed && waiting.isEmpty() && written.isEmpty()) {
                changed.await();
            }
            return !closed;
        } catch (InterruptedException _) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Opens a connection and sends on it until it breaks or the link is closed. */
    private void connection() throws IOException {
        try (ByteStream open = rpc.open(peer, Links.SERVICE, session)) {
            if (!opened(open)) {
                return;
            }
            long received = count(open);
            if (received == InboundLink.DEAD) {
                lost.accept(peer);
                return;
            }
            lock.lock();
            try {
                trim(received);
                while (!written.isEmpty()) {
                    waiting.addFirst(written.removeLast());
                }
            } finally {
                lock.unlock();
            }
            Thread.ofPlatform().daemon().name("stream-acks-" + peer).start(() -> acknowledge(open));
            while (true) {
                ByteBuffer next = next(open);
                if (next == null) {
                    return;
                }
                open.write(next.duplicate());
            }
        } finally {
            opened(null);
        }
    }

    private boolean opened(@Nullable ByteStream open) {
        lock.lock();
        try {
            stream = open;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private static long count(ByteStream open) throws IOException {
        ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        while (number.hasRemaining()) {
            if (open.read(number) < 0) {
                throw new IOException("the peer closed the stream");
            }
        }
        return number.flip().getLong();
    }

    private void acknowledge(ByteStream open) {
        try {
            while (true) {
                long received = count(open);
                lock.lock();
                try {
                    trim(received);
                } finally {
                    lock.unlock();
                }
            }
        } catch (IOException problem) {
            LOG.log(Logger.Level.DEBUG, "acknowledgements of node {0}: {1}", peer, problem.getMessage());
            lock.lock();
            try {
                if (stream == open) {
                    stream = null;
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
            open.close();
        }
    }

    private void trim(long received) {
        while (acknowledged < received && !written.isEmpty()) {
            written.remove();
            acknowledged++;
        }
    }

    /** Returns the next frame to write, or null when the link is closed; throws when the connection broke. */
    private @Nullable ByteBuffer next(ByteStream open) throws IOException {
        lock.lock();
        try {
            while (!closed && stream == open && waiting.isEmpty()) {
                changed.await();
            }
            if (closed) {
                return null;
            }
            if (stream != open) {
                throw new IOException("the connection broke");
            }
            ByteBuffer frame = waiting.remove();
            written.add(frame);
            return frame;
        } catch (InterruptedException problem) {
            throw new IOException("interrupted", problem);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        ByteStream open;
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            written.clear();
            open = stream;
            stream = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.close();
        }
    }
}
