package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLSocket;

/** A connected socket whose peer has proved who it is. One thread may read while another writes. */
sealed interface Wire extends AutoCloseable {

    /** Reads some bytes, -1 at the end. */
    int read(ByteBuffer target) throws IOException;

    /** Writes all bytes of both buffers. */
    void write(ByteBuffer first, ByteBuffer second) throws IOException;

    /** Writes all bytes. */
    default void write(byte[] bytes) throws IOException {
        write(ByteBuffer.wrap(bytes), ByteBuffer.allocate(0));
    }

    /** Reads exactly this many bytes. */
    default byte[] readFully(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (read(buffer) < 0) {
                throw new IOException("the peer closed the connection");
            }
        }
        return buffer.array();
    }

    /** Drops the connection at once; blocked readers and writers fail. */
    @Override
    void close();

    /** Without protection. */
    record Plain(SocketChannel channel) implements Wire {
        @Override
        public int read(ByteBuffer target) throws IOException {
            return channel.read(target);
        }

        @Override
        public void write(ByteBuffer first, ByteBuffer second) throws IOException {
            ByteBuffer[] both = {first, second};
            while (first.hasRemaining() || second.hasRemaining()) {
                channel.write(both);
            }
        }

        @Override
        public void close() {
            drop(channel);
        }
    }

    /** Under TLS, after its handshake. */
    final class Tls implements Wire {
        private final SocketChannel channel;
        private final SSLSocket socket;
        private byte[] outgoing = new byte[4096];
        private final byte[] incoming = new byte[64 << 10];

        Tls(SocketChannel channel, SSLSocket socket) {
            this.channel = channel;
            this.socket = socket;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            if (target.hasArray()) {
                int count = socket.getInputStream()
                        .read(target.array(), target.arrayOffset() + target.position(), target.remaining());
                target.position(target.position() + Math.max(count, 0));
                return count;
            }
            int count = socket.getInputStream().read(incoming, 0, Math.min(incoming.length, target.remaining()));
            if (count > 0) {
                target.put(incoming, 0, count);
            }
            return count;
        }

        @Override
        public void write(ByteBuffer first, ByteBuffer second) throws IOException {
            int length = first.remaining() + second.remaining();
            if (outgoing.length < length) {
                outgoing = new byte[length];
            }
            int head = first.remaining();
            first.get(outgoing, 0, head);
            second.get(outgoing, head, length - head);
            socket.getOutputStream().write(outgoing, 0, length);
        }

        @Override
        public void close() {
            drop(channel);
        }
    }

    /** Closes without a word. */
    static void drop(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // It is gone in any case.
        }
    }
}
