package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.ghost.FileImage.Open;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;

/** What the image says of files that a relative uses meanwhile. */
class FileExporterTest {

    private static final int LAST_USE = 7;

    @TempDir
    Path directory;

    private final List<Process> programs = new ArrayList<>();

    @AfterEach
    void endPrograms() {
        programs.forEach(Process::destroyForcibly);
    }

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
    void whatWasOpenedAfterThePreflightIsRefusedWithItsReason() throws IOException {
        Path file = Files.writeString(directory.resolve("gone"), "");
        Process deleted = sleep(Redirect.from(file.toFile()));
        Files.createLink(directory.resolve("other"), file);
        Files.delete(file);
        assertThatThrownBy(() -> export(deleted))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("fd 0, a deleted file " + file + " (deleted) that has another name")
                .hasMessageContaining("EAGAIN");
        Process onPipe = sleep(Redirect.PIPE);
        assertThatThrownBy(() -> export(onPipe))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("fd 0, pipe:")
                .hasMessageContaining("EAGAIN");
    }

    private Process sleep(Redirect input) throws IOException {
        Process program = new ProcessBuilder("sleep", "1000")
                .redirectInput(input)
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD)
                .start();
        programs.add(program);
        return program;
    }

    private static FileImage export(Process program) {
        int pid = (int) program.pid();
        Relatives relatives = new Relatives(pid, SharedOffsets::concerns);
        return new FileExporter(
                        pid,
                        RelayedFile.NONE,
                        new AnonymousFiles(relatives),
                        new LeavingObjects(pid),
                        new InnerFiles(pid))
                .image(OpenFiles.list(pid), Map.of(), new SharedOffsets(relatives, RelayedFile.NONE));
    }

    @Test
    void theLastUseByOneWhoSharedTheOffsetCounts() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "0123456789");
        int pid = (int) sleep(Redirect.from(file.toFile())).pid();
        RelayedFile relayed = new LastUse(Descriptors.fromProcess(pid, 0));
        Relatives relatives = new Relatives(pid, SharedOffsets::concerns);

        FileImage image = new FileExporter(
                        pid, relayed, new AnonymousFiles(relatives), new LeavingObjects(pid), new InnerFiles(pid))
                .image(OpenFiles.list(pid), Map.of(), new SharedOffsets(relatives, relayed));

        assertThat(image.open().getFirst()).isInstanceOfSatisfying(Open.Path.class, open -> assertThat(open.position())
                .isEqualTo(LAST_USE));
    }

    @Test
    void whatIsLengthenedWhileItIsLookedAtIsPutIntoAppendMode() throws IOException {
        Path file = directory.resolve("lines");
        Process shell = new ProcessBuilder(
                        "/bin/sh", "-c", "sleep 1000 & echo one; read go; echo two; read end; kill $!")
                .redirectOutput(file.toFile())
                .start();
        programs.add(shell);
        await().untilAsserted(() -> assertThat(file).hasContent("one\n"));
        int pid = (int) shell.pid();
        Relatives relatives = new Relatives(pid, SharedOffsets::concerns);
        List<OpenFile> seen = OpenFiles.list(pid);

        tell(shell);
        await().untilAsserted(() -> assertThat(file).hasContent("one\ntwo\n"));

        assertThat(new SharedOffsets(relatives, RelayedFile.NONE).toAppend(seen))
                .containsOnlyKeys(1);
        tell(shell);
    }

    private static void tell(Process shell) throws IOException {
        shell.outputWriter().append('\n').flush();
    }
}
