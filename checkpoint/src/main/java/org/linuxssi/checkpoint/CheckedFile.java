package org.linuxssi.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
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
    private static final int VERSION = 1;
    private static final int HEADER = 20;

    private CheckedFile() {}

    static <T> void write(Path file, Codec<T> codec, T value) throws IOException {
        byte[] content = codec.toBytes(value);
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + content.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(content.length).putInt(sum(content));
        bytes.put(content).flip();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private static int sum(byte[] content) {
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
            long size = channel.size();
            if (size < HEADER || size > (long) HEADER + most) {
                throw damaged(file, "it has " + size + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // goes on
            }
            bytes.flip();
            if (bytes.getLong(0) != MAGIC || bytes.getInt(8) != VERSION) {
                throw damaged(file, "it does not begin as version " + VERSION + " of such a file does");
            }
            byte[] content = new byte[bytes.remaining() - HEADER];
            bytes.get(HEADER, content);
            if (bytes.getInt(12) != content.length || bytes.getInt(16) != sum(content)) {
                throw damaged(file, "its checksum is wrong");
            }
            return codec.fromBytes(content);
        } catch (DecodeException problem) {
            throw damaged(file, String.valueOf(problem.getMessage()));
        }
    }

    private static IOException damaged(Path file, String how) {
        return new IOException(file + " is damaged: " + how);
    }
}
