package org.linuxssi.rpc;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/** Short records on a stream of bytes, each behind its length in four bytes; at most 1 MiB each. */
public final class Records {

    /** The most bytes of one record. */
    public static final int LIMIT = 1 << 20;

    private Records() {}

    /** Writes one record. */
    public static <T> void write(WritableByteChannel channel, Codec<T> codec, T value) throws IOException {
        byte[] bytes = codec.toBytes(value);
        ByteBuffer buffer = ByteBuffer.allocate(4 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(bytes.length).put(bytes).flip();
        writeAll(channel, buffer);
    }

    /**
     * Reads one record.
     *
     * @throws EOFException when the stream ends before or within it
     * @throws IOException when the bytes are not those of a record
     */
    public static <T> T read(ReadableByteChannel channel, Codec<T> codec) throws IOException {
        int length = readAll(channel, 4).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (length < 0 || length > LIMIT) {
            throw new IOException("a record of " + length + " bytes is not in 0.." + LIMIT);
        }
        try {
            return codec.fromBytes(readAll(channel, length).array());
        } catch (DecodeException problem) {
            throw new IOException("bad record: " + problem.getMessage(), problem);
        }
    }

    private static void writeAll(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static ByteBuffer readAll(ReadableByteChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the stream ended early");
            }
        }
        return buffer.flip();
    }
}
