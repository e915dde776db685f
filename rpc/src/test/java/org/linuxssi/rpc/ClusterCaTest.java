package org.linuxssi.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class ClusterCaTest {

    private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");

    @TempDir
    private Path directory;

    @Test
    void survivesARoundTripThroughFilesThatOnlyTheOwnerReads() throws Exception {
        ClusterCa authority = ClusterCa.create("blue", NOW);
        authority.save(directory);
        ClusterCa loaded = ClusterCa.load(directory);
        assertThat(loaded.cluster()).isEqualTo("blue");
        NodeKeys keys = loaded.issue("node3", NOW);
        keys.save(directory);
        NodeKeys again = NodeKeys.load(directory);
        again.certificate().verify(authority.certificate().getPublicKey());
        assertThat(again).isEqualTo(keys);
        assertThat(again.toString()).contains("node3").doesNotContain("PRIVATE");
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void saysWhichFileIsDamaged() throws Exception {
        ClusterCa.create("blue", NOW).save(directory);
        Files.writeString(directory.resolve("ca.crt"), "nonsense");
        assertThatThrownBy(() -> ClusterCa.load(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ca.crt");
    }

    @Test
    void refusesNamesThatAreNotPlain() {
        assertThatThrownBy(() -> ClusterCa.create("a,O=b", NOW)).hasMessageContaining("only 1 to 64");
    }
}
