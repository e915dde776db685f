package org.linuxssi.epm;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/** Short records on a stream, each behind its length in four bytes. */
final class Wire {

    private static final int LIMIT = 1 << 16;

    private Wire() {}

    static <T> void write(WritableByteChannel channel, Codec<T> codec, T value) throws IOException {
        byte[] bytes = codec.toBytes(value);
        ByteBuffer buffer = ByteBuffer.allocate(4 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(bytes.length).put(bytes).flip();
        writeAll(channel, buffer);
    }

    static <T> T read(ReadableByteChannel channel, Codec<T> codec) throws IOException {
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

    static void writeByte(WritableByteChannel channel, byte value) throws IOException {
        writeAll(channel, ByteBuffer.wrap(new byte[] {value}));
    }

    static byte readByte(ReadableByteChannel channel) throws IOException {
        return readAll(channel, 1).get();
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
