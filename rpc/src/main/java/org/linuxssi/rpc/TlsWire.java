package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * A connection under TLS, after its handshake.
 *
 * <p>Many records are encrypted into one buffer, which is written at once, and many are read at once. The buffers are
 * arrays, since the processor's AES-GCM instructions are used on arrays directly but on native memory by way of a copy.
 * A change of keys that the peer asks for is answered by the engine before the next record that we write.
 */
final class TlsWire implements Wire {

    private static final int BATCH = 256 << 10;
    private static final int SMALL = 32 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final int record;
    private ByteBuffer outgoing;
    private ByteBuffer incoming;
    private final ByteBuffer plain;

    private TlsWire(SocketChannel channel, SSLEngine engine) {
        this.channel = channel;
        this.engine = engine;
        record = engine.getSession().getPacketBufferSize();
        outgoing = ByteBuffer.allocate(SMALL);
        incoming = ByteBuffer.allocate(SMALL).limit(0);
        plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .limit(0);
    }

    /** Proves who we are and checks the peer. */
    static TlsWire shake(SocketChannel channel, SSLEngine engine) throws IOException {
        TlsWire wire = new TlsWire(channel, engine);
        try {
            wire.shake();
        } catch (SSLException e) {
            wire.sayWhy();
            throw e;
        }
        return wire;
    }

    private void shake() throws IOException {
        engine.beginHandshake();
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.FINISHED && status != HandshakeStatus.NOT_HANDSHAKING) {
            status = step(status);
        }
    }

    private HandshakeStatus step(HandshakeStatus status) throws IOException {
        SSLEngineResult result =
                switch (status) {
                    case NEED_TASK -> {
                        think();
                        yield null;
                    }
                    case NEED_WRAP -> engine.wrap(NOTHING, outgoing.clear());
                    case NEED_UNWRAP, NEED_UNWRAP_AGAIN, FINISHED, NOT_HANDSHAKING ->
                        engine.unwrap(incoming, plain.clear().limit(0));
                };
        if (result == null) {
            return engine.getHandshakeStatus();
        }
        if (status == HandshakeStatus.NEED_WRAP) {
            flush();
        }
        boolean broken =
                result.getStatus() == Status.CLOSED || (result.getStatus() == Status.BUFFER_UNDERFLOW && fill() < 0);
        if (broken) {
            throw new IOException("the peer closed the connection during the handshake");
        }
        return result.getHandshakeStatus();
    }

    private void think() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Sends the engine's alert to a peer that is refused. */
    private void sayWhy() {
        try {
            while (engine.wrap(NOTHING, outgoing.clear()).bytesProduced() > 0) {
                flush();
            }
        } catch (IOException _) {
            // The peer will see that the connection ends.
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int start = target.position();
        while (target.hasRemaining()) {
            if (plain.hasRemaining()) {
                copy(target);
                continue;
            }
            SSLEngineResult result = decrypt(target);
            boolean more = result.getStatus() == Status.OK || result.bytesProduced() > 0;
            if (more) {
                continue;
            }
            if (target.position() > start) {
                break;
            }
            if (result.getStatus() == Status.CLOSED || fill() < 0) {
                return -1;
            }
        }
        return target.position() - start;
    }

    private void copy(ByteBuffer target) {
        int count = Math.min(plain.remaining(), target.remaining());
        target.put(target.position(), plain, plain.position(), count);
        target.position(target.position() + count);
        plain.position(plain.position() + count);
    }

    /** Decrypts one record, into our own buffer when the target may be too short for it. */
    private SSLEngineResult decrypt(ByteBuffer target) throws SSLException {
        SSLEngineResult result = engine.unwrap(incoming, target);
        if (result.getStatus() == Status.BUFFER_OVERFLOW) {
            result = engine.unwrap(incoming, plain.clear());
            plain.flip();
        }
        if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
            think();
        }
        return result;
    }

    private int fill() throws IOException {
        if (incoming.remaining() == incoming.capacity()) {
            throw new IOException("a record does not fit into " + incoming.capacity() + " bytes");
        }
        boolean busy = incoming.limit() == incoming.capacity();
        if (busy && incoming.capacity() < BATCH) {
            incoming = ByteBuffer.allocate(BATCH).put(incoming);
        } else {
            incoming.compact();
        }
        int count = channel.read(incoming);
        incoming.flip();
        return count;
    }

    @Override
    public void write(ByteBuffer first, ByteBuffer second) throws IOException {
        if (outgoing.capacity() < BATCH && first.remaining() + second.remaining() > SMALL) {
            outgoing = ByteBuffer.allocate(BATCH + record);
        }
        ByteBuffer[] sources = {first, second};
        outgoing.clear();
        while (first.hasRemaining() || second.hasRemaining()) {
            if (outgoing.remaining() < record) {
                flush();
                outgoing.clear();
            }
            SSLEngineResult result = engine.wrap(sources, outgoing);
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                think();
            }
            if (result.getStatus() != Status.OK) {
                throw new IOException("encryption failed: " + result.getStatus());
            }
        }
        flush();
    }

    private void flush() throws IOException {
        outgoing.flip();
        while (outgoing.hasRemaining()) {
            channel.write(outgoing);
        }
    }

    @Override
    public void close() {
        Wire.drop(channel);
    }
}
