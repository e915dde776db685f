package org.linuxssi.rpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connected socket whose peer has proved who it is. One thread may read while another writes. */
sealed interface Wire extends AutoCloseable permits Wire.Plain, TlsWire {

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

    /** Closes without a word. */
    static void drop(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // It is gone in any case.
        }
    }
}
