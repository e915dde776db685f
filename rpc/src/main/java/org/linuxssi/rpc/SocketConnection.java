package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.TimeSource;

/** The messages to and from one peer. */
final class SocketConnection {

    /** Above this many queued bytes senders wait. */
    private static final int QUEUE_LIMIT = 8 << 20;
    /** Above this many queued bytes the peer is given up. */
    private static final int QUEUE_END = 256 << 20;
    /** Services below this number never wait: their few messages keep the cluster together. */
    private static final int FIRST_WAITING_SERVICE = 100;

    private static final int SERVICE_AT = 8;

    /** Is told of what happens. */
    interface Owner {
        void received(SocketConnection connection, Frame frame);

        void ended(SocketConnection connection, String reason);
    }

    /** Reads a connection and runs inline handlers; it never waits for room to send. */
    private static final class Reader extends Thread {
        Reader(String name, Runnable work) {
            super(null, work, name, 0, false);
            setDaemon(true);
        }
    }

    private final NodeId peer;
    private final long incarnation;
    private final Wire wire;
    private final int session;
    private final TimeSource time;
    private final Owner owner;
    private final SendWindow window = new SendWindow();
    private final Deque<byte[]> queue = new ArrayDeque<>();
    private final Reader reader;
    private int queued;
    private boolean writing;
    private @Nullable String ended;

    SocketConnection(NodeId peer, long incarnation, Wire wire, int session, TimeSource time, Owner owner) {
        this.peer = peer;
        this.incarnation = incarnation;
        this.wire = wire;
        this.session = session;
        this.time = time;
        this.owner = owner;
        reader = new Reader("rpc-" + peer, this::read);
    }

    NodeId peer() {
        return peer;
    }

    long incarnation() {
        return incarnation;
    }

    void start() {
        reader.start();
    }

    /** Waits until nothing more is delivered, at most this long. */
    void join(long millis) throws InterruptedException {
        if (Thread.currentThread() != reader) {
            reader.join(millis);
        }
    }

    /** Writes or queues the frame; returns false when the connection has ended. */
    boolean send(byte[] frame) {
        synchronized (queue) {
            if (ended != null) {
                return false;
            }
            if (writing || mayBeInterrupted() || !window.fits(frame.length)) {
                return enqueue(frame);
            }
            writing = true;
            Frame.acknowledge(frame, window.sending(frame.length));
        }
        try {
            wire.write(frame);
        } catch (IOException e) {
            end("write: " + e.getMessage());
            return false;
        }
        synchronized (queue) {
            writing = !queue.isEmpty();
            if (writing) {
                time.execute(this::drain);
            }
        }
        return true;
    }

    /** An interrupt during a write closes the connection, so threads of requests, which can be cancelled, never write. */
    private static boolean mayBeInterrupted() {
        return Thread.currentThread().isVirtual();
    }

    private boolean enqueue(byte[] frame) {
        queue.add(frame);
        queued += frame.length;
        if (!writing) {
            writing = true;
            time.execute(this::drain);
        }
        boolean waits = !(Thread.currentThread() instanceof Reader) && service(frame) >= FIRST_WAITING_SERVICE;
        while (waits && queued > QUEUE_LIMIT && ended == null) {
            try {
                queue.wait();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return true;
            }
        }
        if (queued > QUEUE_END) {
            time.execute(() -> end("the peer does not read: " + (QUEUE_END >> 20) + " MiB are waiting"));
        }
        return ended == null;
    }

    private static int service(byte[] frame) {
        return (frame[SERVICE_AT] & 0xff) | (frame[SERVICE_AT + 1] & 0xff) << 8;
    }

    private void drain() {
        try {
            for (byte[] frame = next(); frame != null; frame = next()) {
                wire.write(frame);
            }
        } catch (IOException e) {
            end("write: " + e.getMessage());
        }
    }

    private byte @Nullable [] next() {
        synchronized (queue) {
            byte[] frame = ended == null ? queue.poll() : null;
            if (frame == null) {
                writing = false;
                return null;
            }
            queued -= frame.length;
            if (queued <= QUEUE_LIMIT) {
                queue.notifyAll();
            }
            Frame.acknowledge(frame, window.sending(frame.length));
            return frame;
        }
    }

    private void read() {
        String reason = "closed by the peer";
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10).limit(0);
            byte[] header = new byte[Frame.HEADER];
            while (fill(buffer, header)) {
                byte[] payload = new byte[Frame.payloadLength(header, session)];
                if (!fill(buffer, payload)) {
                    break;
                }
                Frame frame = Frame.of(header, payload, session);
                window.received(Frame.HEADER + payload.length, frame.acknowledged());
                owner.received(this, frame);
            }
        } catch (IOException | DecodeException e) {
            reason = String.valueOf(e.getMessage());
        } catch (RuntimeException | Error e) {
            reason = "a handler's dispatch failed: " + e;
            throw e;
        } finally {
            end(reason);
            owner.ended(this, reason());
        }
    }

    private boolean fill(ByteBuffer buffer, byte[] target) throws IOException {
        int done = 0;
        while (done < target.length) {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int count = wire.read(buffer);
                buffer.flip();
                if (count < 0) {
                    return false;
                }
            }
            int count = Math.min(buffer.remaining(), target.length - done);
            buffer.get(target, done, count);
            done += count;
        }
        return true;
    }

    private String reason() {
        synchronized (queue) {
            return String.valueOf(ended);
        }
    }

    /** Closes the socket; the reader reports the end. */
    void end(String reason) {
        synchronized (queue) {
            if (ended == null) {
                ended = reason;
            }
            queue.clear();
            queue.notifyAll();
        }
        wire.close();
    }
}
