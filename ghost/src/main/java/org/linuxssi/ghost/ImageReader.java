package org.linuxssi.ghost;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;

/** Reads what {@link ImageWriter} wrote; every length is checked before memory is taken for it. */
final class ImageReader {

    /** Most bytes of a section that is not {@link SectionType#PAGES}. */
    static final int SECTION_LIMIT = 64 << 20;

    static final int BUFFER = ImageWriter.PAGES_LIMIT + 4 + 16 * ImageWriter.RUNS_LIMIT;

    private final ReadableByteChannel channel;
    private final ByteBuffer header =
            ByteBuffer.allocateDirect(ImageWriter.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();

    private long position;

    ImageReader(ReadableByteChannel channel) {
        this.channel = channel;
    }

    /** Returns how many bytes were read. */
    long position() {
        return position;
    }

    /** A section; the content is valid until the buffer is used again. */
    record Section(SectionType type, MemorySegment content) {

        /** Decodes the content. */
        <T> T decode(Codec<T> codec) throws IOException {
            try {
                Decoder in = new Decoder(content);
                T value = codec.decode(in);
                in.end();
                return value;
            } catch (DecodeException | IllegalArgumentException problem) {
                throw new IOException("section " + type + " of the image: " + problem.getMessage(), problem);
            }
        }

        /** Decodes the runs of {@link SectionType#PAGES}. */
        Pages pages() throws IOException {
            try {
                Decoder in = new Decoder(content);
                int count = in.length(ImageWriter.RUNS_LIMIT);
                List<Run> runs = new ArrayList<>(count);
                long total = 0;
                for (int i = 0; i < count; i++) {
                    Run run = new Run(in.i64(), in.i64());
                    if (run.length() <= 0 || run.length() > ImageWriter.PAGES_LIMIT) {
                        throw new DecodeException(in.position(), "a run of " + run.length() + " bytes");
                    }
                    runs.add(run);
                    total += run.length();
                }
                if (total != in.remaining()) {
                    throw new DecodeException(in.position(), in.remaining() + " bytes for runs of " + total);
                }
                return new Pages(runs, content.asSlice(in.position()));
            } catch (DecodeException problem) {
                throw new IOException("pages of the image: " + problem.getMessage(), problem);
            }
        }
    }

    /** Runs of pages and the bytes of all of them. */
    record Pages(List<Run> runs, MemorySegment bytes) {}

    /**
     * Reads the next section.
     *
     * @param buffer of {@link #BUFFER} bytes, for pages
     * @throws IOException when the stream ends early or holds something else
     */
    Section next(MemorySegment buffer) throws IOException {
        readAll(header.clear());
        int kind = Short.toUnsignedInt(header.getShort(0));
        int version = Short.toUnsignedInt(header.getShort(2));
        int length = header.getInt(4);
        Optional<SectionType> known = SectionType.of(kind);
        if (known.isEmpty() || version != SectionType.VERSION) {
            throw new IOException("section " + kind + " of version " + version
                    + " in an image: this build reads version " + SectionType.VERSION + " only");
        }
        SectionType type = known.get();
        int limit = type == SectionType.PAGES ? BUFFER : SECTION_LIMIT;
        if (length < 0 || length > limit) {
            throw new IOException("section " + type + " of " + length + " bytes is not in 0.." + limit);
        }
        MemorySegment content = length <= buffer.byteSize()
                ? buffer.asSlice(0, length)
                : Arena.ofAuto().allocate(length, 8);
        readAll(content.asByteBuffer());
        checksum.reset();
        checksum.update(content.asByteBuffer());
        if ((int) checksum.getValue() != header.getInt(8)) {
            throw new IOException("section " + type + " of the image has a wrong checksum");
        }
        return new Section(type, content);
    }

    private void readAll(ByteBuffer target) throws IOException {
        while (target.hasRemaining()) {
            int count = channel.read(target);
            if (count < 0) {
                throw new EOFException("the image ended early");
            }
            position += count;
        }
    }
}
