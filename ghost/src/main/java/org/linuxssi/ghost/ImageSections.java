package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ReadableByteChannel;
import java.util.Locale;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.tools.Described;

/** Reads an image, or one of its parts, for people: nothing is made of it. */
public final class ImageSections {

    private ImageSections() {}

    /** Gets what is in an image. */
    public interface Reader {
        /** Gets a section that is not about bytes of memory. */
        void section(String type, Described content) throws IOException;

        /** Gets bytes of memory; the segment is valid until this returns. */
        void pages(long address, MemorySegment bytes) throws IOException;
    }

    /**
     * Reads all sections to the last.
     *
     * @throws IOException when the image is damaged or ends early, with the number of the byte where the section begins
     */
    public static void read(ReadableByteChannel channel, Reader reader) throws IOException {
        ImageReader image = new ImageReader(channel);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(ImageReader.BUFFER, 4096);
            SectionType type;
            do {
                long begin = image.position();
                try {
                    ImageReader.Section section = image.next(buffer);
                    type = section.type();
                    pass(section, reader);
                } catch (IOException problem) {
                    throw new IOException("at byte " + begin + ": " + problem.getMessage(), problem);
                }
            } while (type != SectionType.END);
        }
    }

    private static void pass(ImageReader.Section section, Reader reader) throws IOException {
        String type = section.type().name().toLowerCase(Locale.ROOT);
        switch (section.type()) {
            case PAGES -> pages(section.pages(), reader);
            case HEADER -> reader.section(type, Described.of(section.decode(ImageHeader.CODEC)));
            case LAYOUT -> reader.section(type, Described.of(section.decode(MappingImage.LIST)));
            case DROPPED, GUARDS -> reader.section(type, Described.of(section.decode(DroppedPages.CODEC)));
            case STATE -> reader.section(type, Described.of(section.decode(ProcessState.CODEC)));
            case THREADS -> reader.section(type, Described.of(section.decode(Threads.CODEC)));
            case FILES -> reader.section(type, Described.of(section.decode(FileImage.CODEC)));
            case OBJECT -> reader.section(type, Described.of(section.decode(SharedObject.CODEC)));
            case CONTENT -> reader.section(type, Described.of(section.decode(ObjectPart.CODEC)));
            case INNER -> reader.section(type, Described.of(section.decode(SharedFiles.CODEC)));
            case END -> {
                // says nothing
            }
        }
    }

    private static void pages(ImageReader.Pages pages, Reader reader) throws IOException {
        long at = 0;
        for (Run run : pages.runs()) {
            reader.pages(run.address(), pages.bytes().asSlice(at, run.length()));
            at += run.length();
        }
    }
}
