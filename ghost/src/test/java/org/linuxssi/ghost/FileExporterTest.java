package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.ghost.FileImage.Open;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Descriptors;

/** What the image says of files that a relative uses meanwhile. */
class FileExporterTest {

    private static final int LAST_USE = 7;

    @TempDir
    Path directory;

    /** This process uses the file while it is being found out whether anybody does, and then lets go of it. */
    private record LastUse(int descriptor) implements RelayedFile {
        @Override
        public boolean sharesOffsets() {
            return true;
        }

        @Override
        public boolean shared(OpenFile file) {
            Descriptors.seek(descriptor, LAST_USE, Descriptors.SEEK_SET);
            Descriptors.close(descriptor);
            return false;
        }

        @Override
        public Optional<String> refusal(OpenFile file) {
            return RelayedFile.NONE.refusal(file);
        }

        @Override
        public Exported export(OpenFile file, int descriptor) {
            return RelayedFile.NONE.export(file, descriptor);
        }

        @Override
        public int restore(byte[] image) {
            return RelayedFile.NONE.restore(image);
        }
    }

    @Test
    void theLastUseByOneWhoSharedTheOffsetCounts() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "0123456789");
        Process program = new ProcessBuilder("sleep", "1000")
                .redirectInput(file.toFile())
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD)
                .start();
        try {
            int pid = (int) program.pid();
            RelayedFile relayed = new LastUse(Descriptors.fromProcess(pid, 0));
            Relatives relatives = new Relatives(pid, SharedOffsets::concerns);

            FileImage image = new FileExporter(pid, relayed, new AnonymousFiles(relatives))
                    .image(Map.of(), new SharedOffsets(relatives, relayed));

            assertThat(image.open().getFirst())
                    .isInstanceOfSatisfying(
                            Open.Path.class, open -> assertThat(open.position()).isEqualTo(LAST_USE));
        } finally {
            program.destroyForcibly();
        }
    }
}
