package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.ghost.FileImage.Descriptor;
import org.linuxssi.ghost.FileImage.Open;
import org.linuxssi.linux.MemoryFiles;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.linux.Ptrace.Rseq;
import org.linuxssi.linux.PtraceRegisters;

/** Images that were damaged or made up end in an IOException and in nothing else. */
@Timeout(60)
class ImageFuzzTest {

    private final Random random = new Random(7);

    private static ThreadImage thread() {
        return new ThreadImage(
                17,
                new long[PtraceRegisters.WORDS],
                new byte[832],
                -1,
                "name",
                1,
                2,
                24,
                Optional.of(new Rseq(1, 32, 0x53053053, 0)),
                new long[3],
                0,
                50_000,
                new byte[56],
                new byte[0],
                0,
                List.of(new byte[128]));
    }

    private static ProcessState state() {
        Credentials root = new Credentials(
                List.of(0, 0, 0, 0), List.of(0, 0, 0, 0), List.of(4), List.of(0L, 1L, 1L, -1L, 0L), false, 1);
        return new ProcessState(
                new long[ProcessState.LAYOUT_WORDS],
                new byte[320],
                "/bin/true",
                "/",
                "/",
                022,
                0,
                1,
                false,
                false,
                0,
                false,
                0,
                new long[12],
                List.of(new PosixTimer(2, 1, 14, 7, 0, 0, new long[4])),
                new long[2 * ProcessState.LIMITS],
                0,
                0x33,
                0,
                new long[4 * ProcessState.SIGNALS],
                List.of(),
                root);
    }

    private static byte[] image() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = new ImageWriter(Channels.newChannel(bytes));
        writer.begin(new ImageHeader(ImageHeader.MAGIC, 17, 0));
        writer.section(
                SectionType.LAYOUT,
                MappingImage.LIST,
                List.of(new MappingImage(4096, 8192, 3, MappingImage.Kind.ANONYMOUS, 0, "", 0, false)));
        try (Arena arena = Arena.ofConfined()) {
            writer.pages(List.of(new Run(4096, 4096)), arena.allocate(4096));
        }
        writer.section(SectionType.DROPPED, DroppedPages.CODEC, List.of(new Run(4096, 4096)));
        writer.section(SectionType.GUARDS, DroppedPages.CODEC, List.of(new Run(8192, 4096)));
        MemoryFiles.Access access = new MemoryFiles.Access(0600, 0, 0);
        writer.section(SectionType.OBJECT, SharedObject.CODEC, new SharedObject("00:01:9", "notes", 9, 2, access));
        writer.section(SectionType.CONTENT, ObjectPart.CODEC, new ObjectPart("00:01:9", 0, new byte[9]));
        writer.section(
                SectionType.INNER,
                SharedFiles.CODEC,
                new SharedFiles(List.of(new SharedFile.PipeEnd(77, "", 0)), List.of(), List.of()));
        writer.section(SectionType.STATE, ProcessState.CODEC, state());
        writer.section(SectionType.THREADS, Threads.CODEC, List.of(thread(), thread()));
        writer.section(
                SectionType.FILES,
                FileImage.CODEC,
                new FileImage(
                        List.of(
                                new Open.Path("/dev/null", 2, 0, 0),
                                new Open.Relayed(new byte[9]),
                                new Open.Inner(new byte[4]),
                                new Open.Stored("00:01:9", 2, 5, 1),
                                new Open.Anonymous(new AnonymousFile.Counter(3, true, 2)),
                                new Open.Anonymous(new AnonymousFile.Timer(1, 0, 1, 5, 7, 2)),
                                new Open.Anonymous(new AnonymousFile.Signals(512, 2)),
                                new Open.Anonymous(new AnonymousFile.Interest(
                                        List.of(new AnonymousFile.Interest.Watch(0, 1, 9)), 2))),
                        List.of(new Descriptor(0, 0, false), new Descriptor(7, 1, true)),
                        List.of(new Notice(7, 020002, 1, 712, 34)),
                        List.of(new RecordLock(7, true, false, 100, 0))));
        writer.end();
        return bytes.toByteArray();
    }

    /** Reads all sections and decodes them; returns how many. */
    private static int read(byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(ImageReader.BUFFER, 8);
            ImageReader reader = new ImageReader(Channels.newChannel(new ByteArrayInputStream(bytes)));
            for (int count = 1; ; count++) {
                ImageReader.Section section = reader.next(buffer);
                decode(section);
                if (section.type() == SectionType.END) {
                    return count;
                }
            }
        }
    }

    private static void decode(ImageReader.Section section) throws IOException {
        switch (section.type()) {
            case HEADER -> section.decode(ImageHeader.CODEC);
            case LAYOUT -> section.decode(MappingImage.LIST);
            case PAGES -> section.pages();
            case DROPPED, GUARDS -> section.decode(DroppedPages.CODEC);
            case STATE -> section.decode(ProcessState.CODEC);
            case THREADS -> section.decode(Threads.CODEC);
            case FILES -> section.decode(FileImage.CODEC);
            case OBJECT -> section.decode(SharedObject.CODEC);
            case CONTENT -> section.decode(ObjectPart.CODEC);
            case INNER -> section.decode(SharedFiles.CODEC);
            case END -> {}
        }
    }

    @Test
    void anImageIsReadAsItWasWritten() throws IOException {
        assertThat(read(image())).isEqualTo(12);
    }

    @Test
    void damagedImagesAreRefused() throws IOException {
        byte[] good = image();
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            try {
                read(bad);
            } catch (IOException expected) {
                refused++;
            }
        }
        assertThat(refused).isEqualTo(5_000);
    }

    @Test
    void sectionsOfAnyContentAreDecodedOrRefused() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < 50_000; i++) {
                byte[] content = new byte[random.nextInt(400)];
                random.nextBytes(content);
                for (int k = 0; k < content.length && random.nextBoolean(); k += 4) {
                    content[k] = (byte) random.nextInt(3);
                }
                MemorySegment segment =
                        arena.allocate(Math.max(1, content.length)).asSlice(0, content.length);
                segment.copyFrom(MemorySegment.ofArray(content));
                SectionType type = SectionType.values()[random.nextInt(SectionType.values().length)];
                try {
                    decode(new ImageReader.Section(type, segment));
                } catch (IOException refused) {
                    assertThat(refused).hasMessageContaining("image");
                }
            }
        }
    }
}
