package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.zip.CRC32C;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Encoder;

/**
 * Writes sections: type and version (2 bytes each), length (4), CRC-32C of the content (4), content; little endian.
 *
 * <p>The content of {@link SectionType#PAGES} is the number of runs (4), address and bytes (8 each) of every run, then
 * their bytes.
 *
 * <p>Several threads may write sections; each goes as a whole, and none after one that failed.
 */
final class ImageWriter {

    /** Most bytes of pages in one section. */
    static final int PAGES_LIMIT = 1 << 20;

    /** Most runs in one section. */
    static final int RUNS_LIMIT = 256;

    static final int HEADER_BYTES = 12;

    /** Content of up to so many bytes goes with its header in one write, which wakes the reader once. */
    private static final int SMALL = 64 << 10;

    private final WritableByteChannel memory;
    private final WritableByteChannel task;
    private final ByteBuffer header;
    private final CRC32C checksum = new CRC32C();
    private long written;
    private boolean halfway;

    ImageWriter(WritableByteChannel channel) {
        this(channel, channel);
    }

    /** Writes what concerns memory to one channel and all else to another, or the same. */
    ImageWriter(WritableByteChannel memory, WritableByteChannel task) {
        this.memory = memory;
        this.task = task;
        header = Arena.ofAuto()
                .allocate(HEADER_BYTES + 4 + 16L * RUNS_LIMIT + SMALL, 8)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes the section that comes first. */
    void begin(ImageHeader image) throws IOException {
        everywhere(SectionType.HEADER, ImageHeader.CODEC.toBytes(image));
    }

    /** Writes the section that comes last. */
    void end() throws IOException {
        everywhere(SectionType.END, new byte[0]);
    }

    private void everywhere(SectionType type, byte[] content) throws IOException {
        section(type, ByteBuffer.wrap(content), memory);
        if (task != memory) {
            section(type, ByteBuffer.wrap(content), task);
        }
    }

    <T> void section(SectionType type, Codec<T> codec, T value) throws IOException {
        Encoder out = new Encoder(1024);
        codec.encode(value, out);
        section(type, ByteBuffer.wrap(out.toBytes()), type.ofMemory() ? memory : task);
    }

    private synchronized void section(SectionType type, ByteBuffer content, WritableByteChannel channel)
            throws IOException {
        checksum.reset();
        checksum.update(content.duplicate());
        begin(type, content.remaining()).putInt((int) checksum.getValue());
        finish(content, channel);
    }

    private void finish(ByteBuffer content, WritableByteChannel channel) throws IOException {
        if (content.remaining() <= SMALL) {
            header.put(content);
        }
        writeAll(header.flip(), channel);
        writeAll(content, channel);
        halfway = false;
    }

    private ByteBuffer begin(SectionType type, int length) throws IOException {
        if (halfway) {
            throw new IOException("the image was broken off");
        }
        halfway = true;
        return header.clear()
                .putShort((short) type.number())
                .putShort((short) SectionType.VERSION)
                .putInt(length);
    }

    /** Writes pages: the segment holds the bytes of all runs, one after the other. */
    synchronized void pages(List<Run> runs, MemorySegment bytes) throws IOException {
        int head = 4 + 16 * runs.size();
        begin(SectionType.PAGES, Math.toIntExact(head + bytes.byteSize()))
                .putInt(0)
                .putInt(runs.size());
        for (Run run : runs) {
            header.putLong(run.address()).putLong(run.length());
        }
        ByteBuffer content = bytes.asByteBuffer();
        checksum.reset();
        checksum.update(header.slice(HEADER_BYTES, head));
        checksum.update(content.duplicate());
        header.putInt(8, (int) checksum.getValue());
        finish(content, memory);
    }

    private void writeAll(ByteBuffer buffer, WritableByteChannel channel) throws IOException {
        written += buffer.remaining();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** Returns the number of bytes written so far. */
    synchronized long written() {
        return written;
    }
}
