package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.ghost.SharedFiles.PipeContent;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.MemoryFiles;
import org.linuxssi.linux.Pipes;
import org.linuxssi.tools.DecodeException;

class SharedFilesTest {

    private static final int READ = 0;
    private static final int WRITE = 1;

    private static final SavedFiles.Places NONE = number -> {
        throw new IOException("nothing is written of number " + number);
    };

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private static byte[] number(int number) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(number)
                .array();
    }

    private static final MemoryFiles.Access ALL = new MemoryFiles.Access(0777, 0, 0);

    private static SharedFiles image(Path file) {
        return new SharedFiles(
                List.of(
                        new SharedFile.Named(file.toString(), WRITE, 3, 0),
                        new SharedFile.PipeEnd(77, "", READ),
                        new SharedFile.PipeEnd(77, "", WRITE | Descriptors.O_NONBLOCK),
                        new SharedFile.State(new AnonymousFile.Counter(5, false, 2)),
                        new SharedFile.Terminal("/dev/pts/3", 2)),
                List.of(new PipeContent(77, 8192, "three bytes".getBytes(java.nio.charset.StandardCharsets.UTF_8))),
                List.of(
                        new SharedObject("00:01:9", "", 8192, -1, ALL),
                        new SharedObject("00:01:10", "named", 8192, 2, ALL)));
    }

    private static String read(int descriptor, int bytes) {
        try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
            java.lang.foreign.MemorySegment into = arena.allocate(bytes);
            long count = Descriptors.read(descriptor, into, bytes);
            return new String(
                    into.asSlice(0, count).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE),
                    java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    @Test
    void aPipeHoldsWhatItHeldAndEndsWithItsLastWriter() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "abcdef");
        int reader;
        int writer;
        try (RestoredFiles files = new RestoredFiles(image(file), "", NONE, Map.of())) {
            reader = files.restore(number(1));
            writer = files.restore(number(2));
            assertThat(Descriptors.flags(writer) & Descriptors.O_NONBLOCK).isNotZero();
            assertThat(Descriptors.flags(reader) & Descriptors.O_NONBLOCK).isZero();
        }
        assertThat(Pipes.capacity(reader)).isEqualTo(8192);
        Fds.write(writer, "!".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(read(reader, 100)).isEqualTo("three bytes!");
        DescriptorIo.close(writer);
        assertThat(read(reader, 100)).isEmpty();
        DescriptorIo.close(reader);
    }

    @Test
    void anOffsetIsOneForAllThatShareTheFile() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "abcdef");
        try (RestoredFiles files = new RestoredFiles(image(file), "", NONE, Map.of())) {
            int one = files.restore(number(0));
            int other = files.restore(number(0));
            Fds.write(one, new byte[] {'X'});
            Fds.write(other, new byte[] {'Y'});
            DescriptorIo.close(one);
            DescriptorIo.close(other);
        }
        assertThat(file).hasContent("abcXYf");
    }

    @Test
    void anotherDescriptorComesInThePlaceOfATerminal() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "abcdef");
        assertThat(image(file).terminals()).containsExactly(4);
        int mine = Fds.open(file.toString(), READ);
        try (RestoredFiles files = new RestoredFiles(image(file), "", NONE, Map.of(4, mine))) {
            int terminal = files.restore(number(4));
            assertThat(read(terminal, 3)).isEqualTo("abc");
            DescriptorIo.close(terminal);
        }
        try (RestoredFiles files = new RestoredFiles(image(file), "", NONE, Map.of())) {
            int terminal = files.restore(number(4));
            assertThat(read(terminal, 3)).isEmpty();
            DescriptorIo.close(terminal);
            assertThatThrownBy(() -> files.restore(number(9))).isInstanceOf(ErrnoException.class);
        }
        assertThat(read(mine, 3)).isEqualTo("def");
        DescriptorIo.close(mine);
    }

    @Test
    void imagesOfSharedFilesAreReadOrRefused() {
        byte[] good = SharedFiles.CODEC.toBytes(image(directory));
        assertThat(SharedFiles.CODEC.toBytes(SharedFiles.CODEC.fromBytes(good))).isEqualTo(good);
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] bad = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try {
                SharedFiles.CODEC.fromBytes(bad);
            } catch (DecodeException | IllegalArgumentException expected) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
