package org.linuxssi.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/**
 * Small files that are read as they were written or not at all: magic (8 bytes), version of the format (4), length (4) and
 * CRC-32C (4) of the content, little endian, then the content.
 */
final class CheckedFile {

    private static final long MAGIC = 0x74706b63_4953534cL;
    private static final int VERSION = 3;
    private static final int HEADER = 20;
    private static final int PART = 1 << 20;

    private CheckedFile() {}

    static <T> void write(Path file, Codec<T> codec, T value) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            write(channel, codec, value);
        }
    }

    /** Writes at the position of a channel, where more can follow. */
    static <T> void write(WritableByteChannel channel, Codec<T> codec, T value) throws IOException {
        byte[] content = codec.toBytes(value);
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + content.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(content.length).putInt(sum(content));
        bytes.put(content).flip();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static int sum(byte[] content) {
        return sum(ByteBuffer.wrap(content));
    }

    /** Returns the CRC-32C. */
    static int sum(ByteBuffer content) {
        CRC32C sum = new CRC32C();
        sum.update(content);
        return (int) sum.getValue();
    }

    /**
     * Reads a file.
     *
     * @param most the most bytes of content
     * @throws IOException when it is damaged, with the file and what is wrong
     */
    static <T> T read(Path file, Codec<T> codec, int most) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            T value = read(channel, file.toString(), codec, most);
            if (channel.position() != channel.size()) {
                throw damaged(file.toString(), "more follows after its content");
            }
            return value;
        }
    }

    /**
     * Reads from the position of a channel, and no further than what was written.
     *
     * @param name for messages
     */
    static <T> T read(ReadableByteChannel channel, String name, Codec<T> codec, int most) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(bytes(channel, HEADER, name)).order(ByteOrder.LITTLE_ENDIAN);
        int length = header.getInt(12);
        if (header.getLong(0) != MAGIC || header.getInt(8) != VERSION) {
            throw damaged(name, "it does not begin as version " + VERSION + " of such a file does");
        }
        if (length < 0 || length > most) {
            throw damaged(name, "it can't have " + length + " bytes of content");
        }
        byte[] content = bytes(channel, length, name);
        if (header.getInt(16) != sum(content)) {
            throw damaged(name, "its checksum is wrong");
        }
        try {
            return codec.fromBytes(content);
        } catch (DecodeException problem) {
            throw damaged(name, String.valueOf(problem.getMessage()));
        }
    }

    /** A length that is wrong costs no more memory than there is content. */
    private static byte[] bytes(ReadableByteChannel channel, int count, String name) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.min(count, PART));
        while (bytes.position() < count) {
            if (!bytes.hasRemaining()) {
                int room = (int) Math.min(count, 2L * bytes.capacity());
                bytes = ByteBuffer.allocate(room).put(bytes.flip());
            }
            if (channel.read(bytes) < 0) {
                throw damaged(name, "it ends too early");
            }
        }
        return bytes.array();
    }

    private static IOException damaged(String name, String how) {
        return new IOException(name + " is damaged: " + how);
    }
}
