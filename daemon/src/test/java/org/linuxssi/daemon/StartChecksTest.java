package org.linuxssi.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.rpc.ClusterCa;
import org.linuxssi.rpc.NodeKeys;

/** What is well-formed in a configuration and still impossible on this machine. */
@Timeout(60)
class StartChecksTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Path file = Path.of("krgd.toml");

    @BeforeEach
    void nameFile() {
        file = directory.resolve("krgd.toml");
    }

    private void check(String listen, String more) throws IOException {
        Files.writeString(
                file,
                "[network]\nlisten = \"" + listen + "\"\n[directories]\nrun = \"" + directory.resolve("run")
                        + "\"\nstate = \"" + directory.resolve("state") + "\"\n" + more);
        StartChecks.check(DaemonConfig.read(file), file);
    }

    private void plain(String listen) throws IOException {
        check(listen, "[security]\ntransport = \"plain\"\n");
    }

    @Test
    void whatIsPossibleIsNotRefused() throws IOException {
        plain("127.0.0.1:0");
        assertThat(directory.resolve("run")).isDirectory();
        assertThat(directory.resolve("state")).isDirectory();
    }

    @Test
    void anUnknownHostIsToldWithItsFieldAndLine() {
        assertThatThrownBy(() -> plain("nowhere.invalid"))
                .isInstanceOf(DaemonConfigException.class)
                .hasMessage(file + ":2: network.listen: host \"nowhere.invalid\" is unknown; allowed is an address of"
                        + " this machine, or 0.0.0.0 for all of them");
        assertThat(directory.resolve("run")).doesNotExist();
        assertThat(directory.resolve("state")).doesNotExist();
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() {
        assertThatThrownBy(() -> plain("192.0.2.1"))
                .hasMessageStartingWith(file + ":2: network.listen: 192.0.2.1 cannot be listened on: ")
                .hasMessageContaining("; allowed is an address of this machine");
    }

    @Test
    void aPortThatIsTakenIsRefused() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> plain("127.0.0.1:" + taken.getLocalPort()))
                    .hasMessageStartingWith(file + ":2: network.listen: port " + taken.getLocalPort())
                    .hasMessageContaining("; allowed is a port that is free");
        }
    }

    @Test
    void missingKeysAreNamed() throws IOException {
        Path keys = Files.createDirectory(directory.resolve("keys"));
        Files.createFile(keys.resolve("node.crt"));
        assertThatThrownBy(() -> check("127.0.0.1:0", "[security]\nkeys = \"" + keys + "\"\n"))
                .message()
                .satisfies(message -> assertThat(message.lines())
                        .hasSize(2)
                        .allMatch(line -> line.startsWith(file + ":7: security.keys: " + keys))
                        .allMatch(line -> line.contains("is missing (ENOENT); allowed is a directory with node.key")));
    }

    @Test
    void keysThatDoNotBelongTogetherAreTold() throws Exception {
        ClusterCa authority = ClusterCa.create("blue", Instant.now());
        Path keys = Files.createDirectory(directory.resolve("keys"));
        NodeKeys other = authority.issue("node2", Instant.now());
        other.save(keys);
        byte[] key = Files.readAllBytes(keys.resolve("node.key"));
        authority.issue("node1", Instant.now()).save(keys);
        Files.write(keys.resolve("node.key"), key);
        assertThatThrownBy(() -> check("127.0.0.1:0", "[security]\nkeys = \"" + keys + "\"\n"))
                .hasMessage(
                        file + ":7: security.keys: the files of " + keys + " do not belong together: the private key is"
                                + " not that of the certificate; allowed is a directory with node.key, node.crt and ca.crt, as"
                                + " krg init and krg join make it");
    }

    @Test
    void aDirectoryThatCannotBeMadeIsTold() throws IOException {
        Files.createFile(directory.resolve("state"));
        assertThatThrownBy(() -> plain("127.0.0.1:0"))
                .hasMessage(file + ":5: directories.state: cannot be made: " + directory.resolve("state")
                        + ": is there already, as a file (EEXIST); allowed is an absolute path of a directory that can be"
                        + " made and written");
    }
}
