package org.linuxssi.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.tools.NodeId;

class VersionsTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Versions versions;

    @BeforeEach
    void open() {
        versions = new Versions(directory.resolve("chkpt"));
    }

    private Manifest write(boolean keep) throws IOException {
        try (Versions.Draft draft = versions.begin(712)) {
            Manifest manifest = new Manifest(712, draft.version(), 0, 1_790_000_000_000L, "", List.of(NodeId.of(0)));
            CheckedFile.write(draft.file("global.bin"), Manifest.CODEC, manifest);
            if (keep) {
                draft.keep();
            }
            return manifest;
        }
    }

    @Test
    void countUpAndAreRemovedOneByOne() throws IOException {
        assertThat(versions.applications()).isEmpty();
        Manifest first = write(true);
        write(true);
        assertThat(versions.applications()).containsExactly(712);
        assertThat(versions.numbers(712)).containsExactly(1, 2);
        assertThat(versions.manifest(712, 1)).isEqualTo(first);
        versions.remove(712, 1);
        assertThat(versions.numbers(712)).containsExactly(2);
        assertThat(write(true).version()).isEqualTo(3);
        versions.remove(712, 2);
        versions.remove(712, 3);
        assertThat(directory.resolve("chkpt/712")).doesNotExist();
    }

    @Test
    void areThereWholeOrNotAtAll() throws IOException {
        write(false);
        assertThat(versions.numbers(712)).isEmpty();
        assertThat(directory.resolve("chkpt/712")).isEmptyDirectory();
        Files.createDirectory(directory.resolve("chkpt/712/.unfinished-7"));
        assertThat(write(true).version()).isEqualTo(1);
        assertThat(directory.resolve("chkpt/712/.unfinished-7")).doesNotExist();
        assertThatThrownBy(() -> versions.manifest(712, 2))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("v2 is not there");
    }

    @Test
    void areRootsAlone() throws IOException {
        write(true);
        Path version = directory.resolve("chkpt/712/v1");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(version)))
                .isEqualTo("rwx------");
        Files.setPosixFilePermissions(version, PosixFilePermissions.fromString("rwxrwx---"));
        assertThatThrownBy(() -> versions.manifest(712, 1)).hasMessageContaining("others than root may write to");
        Files.setAttribute(directory.resolve("chkpt"), "unix:uid", 4321);
        assertThatThrownBy(() -> write(true)).hasMessageContaining("others than root may write to");
    }

    @Test
    void theManifestOfAnotherVersionIsNotBelieved() throws IOException {
        write(true);
        Path place = directory.resolve("chkpt/712");
        Files.move(place.resolve("v1"), place.resolve("v5"));
        assertThatThrownBy(() -> versions.manifest(712, 5)).hasMessageContaining("says to be version 1");
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        write(true);
        Path file = directory.resolve("chkpt/712/v1/global.bin");
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            byte[] bad = i % 2 == 0 ? good.clone() : java.util.Arrays.copyOf(good, random.nextInt(good.length));
            if (i % 2 == 0) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, bad);
            assertThatThrownBy(() -> versions.manifest(712, 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is damaged");
        }
    }
}
