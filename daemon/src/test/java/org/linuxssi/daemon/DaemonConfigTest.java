package org.linuxssi.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.linuxssi.daemon.DaemonConfig.Transport;
import org.linuxssi.tools.NodeId;

@Timeout(60)
class DaemonConfigTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private static final String FULL = """
            [cluster]
            name = "home"
            session = 12
            seeds = ["10.0.0.1", "node2:7800", "[fd00::3]"]
            nb_nodes_min = 3
            autostart = false

            [node]
            id = 7
            drain = true

            [network]
            listen = "10.0.0.1:7800"
            advertise = "node1"
            seed_wait_ms = 0
            heartbeat_ms = 200
            silence_ms = 900

            [security]
            transport = "plain"
            keys = "/keys"

            [directories]
            run = "/run/x"
            state = "/state"
            checkpoints = "/saved"
            log = "/log"
            """;

    @Test
    void anEmptyFileHasDefaults() {
        DaemonConfig config = DaemonConfig.parse("krgd.toml", "");
        assertThat(config.cluster()).isEqualTo("linuxssi");
        assertThat(config.session()).isEqualTo(1);
        assertThat(config.node()).isEmpty();
        assertThat(config.listen()).isEqualTo(InetSocketAddress.createUnresolved("0.0.0.0", 7707));
        assertThat(config.transport()).isEqualTo(Transport.TLS);
        assertThat(config.silence()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.control()).isEqualTo(Path.of("/run/linuxssi/control"));
        assertThat(config.log()).isEmpty();
    }

    @Test
    void everyFieldIsRead() {
        assertThat(DaemonConfig.parse("krgd.toml", FULL))
                .isEqualTo(new DaemonConfig(
                        "home",
                        12,
                        List.of("10.0.0.1:7707", "node2:7800", "[fd00::3]:7707"),
                        3,
                        false,
                        Optional.of(NodeId.of(7)),
                        true,
                        InetSocketAddress.createUnresolved("10.0.0.1", 7800),
                        Optional.of("node1:7707"),
                        Duration.ZERO,
                        Duration.ofMillis(200),
                        Duration.ofMillis(900),
                        Transport.PLAIN,
                        Path.of("/keys"),
                        Path.of("/run/x"),
                        Path.of("/state"),
                        Path.of("/saved"),
                        Optional.of(Path.of("/log"))));
    }

    @Test
    void aNodesNumberMayBeAutomatic() {
        assertThat(DaemonConfig.parse("krgd.toml", "[node]\nid = \"auto\"").node())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "session = 12|session = 10000|3: cluster.session: 10000 is not allowed; allowed is a whole number, 1 to 9999",
                "session = 12|session = \"12\"|3: cluster.session: \"12\" is not allowed",
                "name = \"home\"|name = \"my home\"|2: cluster.name: \"my home\" is not allowed; allowed is 1 to 64 letters",
                "node2:7800|node2:78000|4: cluster.seeds: \"node2:78000\" is not allowed; allowed is a list of texts",
                "nb_nodes_min = 3|nb_nodes_min = 0|5: cluster.nb_nodes_min: 0 is not allowed; allowed is a whole number, 1 to 256",
                "autostart = false|autostart = 1|6: cluster.autostart: 1 is not allowed; allowed is true or false",
                "id = 7|id = 256|9: node.id: 256 is not allowed; allowed is \"auto\" or a whole number, 0 to 255",
                "drain = true|drian = true|10: node.drian: there is no such field; allowed is cluster.autostart,",
                "10.0.0.1:7800|10.0.0.1:|13: network.listen: \"10.0.0.1:\" is not allowed; allowed is host or host:port",
                "silence_ms = 900|silence_ms = 300|17: network.silence_ms: 300 is less than two heartbeats; allowed is at",
                "\"plain\"|\"none\"|20: security.transport: \"none\" is not allowed; allowed is \"tls\" or \"plain\"",
                "\"/run/x\"|\"run\"|24: directories.run: \"run\" is not allowed; allowed is an absolute path",
                "[security]|[secrets]|19: secrets: there is no such field; allowed is",
                "[node]|[node|8: syntax: ",
                "id = 7|id = 7\\nid = 8|10: node.id: syntax: ",
                "id = 7|id = 99999999999999999999|9: node.id: syntax: Integer is too large",
                "id = 7|id = 9223372036854775807|9: node.id: 9223372036854775807 is not allowed; allowed is \"auto\" or"
            })
    void aWrongFieldIsToldWithItsLine(String right, String wrong, String expected) {
        assertThatThrownBy(() -> DaemonConfig.parse("krgd.toml", FULL.replace(right, wrong.replace("\\n", "\n"))))
                .isInstanceOf(DaemonConfigException.class)
                .hasMessageStartingWith("krgd.toml:" + expected);
    }

    @Test
    void allProblemsAreToldAtOnceInTheOrderOfTheFile() {
        assertThatThrownBy(() -> DaemonConfig.parse("krgd.toml", "[node]\nid = -1\n[cluster]\nsession = 0\nx = 1\n"))
                .message()
                .satisfies(message -> assertThat(message.lines())
                        .extracting(line -> line.substring(0, line.indexOf(": ", 15)))
                        .containsExactly(
                                "krgd.toml:2: node.id", "krgd.toml:4: cluster.session", "krgd.toml:5: cluster.x"));
    }

    @Test
    void aTableThatIsNoneIsToldOnce() {
        assertThatThrownBy(() -> DaemonConfig.parse("krgd.toml", "cluster = 3"))
                .hasMessage("krgd.toml:1: cluster: 3 is not allowed; allowed is a table");
    }

    @Test
    void aMissingFileIsTold() {
        assertThatThrownBy(() -> DaemonConfig.read(Path.of("/nowhere/krgd.toml")))
                .isInstanceOf(DaemonConfigException.class)
                .hasMessageStartingWith("/nowhere/krgd.toml: no such file or directory (ENOENT); allowed is")
                .hasMessageContaining("krg init writes one");
    }

    @Test
    void aDirectoryIsNoConfiguration() {
        assertThatThrownBy(() -> DaemonConfig.read(directory))
                .isInstanceOf(DaemonConfigException.class)
                .hasMessageStartingWith(directory + ": is a directory (EISDIR); allowed is");
    }

    @Test
    void bytesThatAreNotUtf8AreToldWithTheirLine() throws IOException {
        Path file = directory.resolve("krgd.toml");
        Files.write(file, "[node]\nid = 1 # \u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> DaemonConfig.read(file))
                .isInstanceOf(DaemonConfigException.class)
                .hasMessage(file + ":2: syntax: byte 0xe9 is not UTF-8; allowed is TOML in UTF-8");
    }

    private static final List<String> VALUES = List.of(
            "1",
            "-1",
            "0",
            "9223372036854775807",
            "-9223372036854775808",
            "99999999999999999999",
            "1.5",
            "1e999",
            "nan",
            "true",
            "\"\"",
            "\"x\"",
            "\"/x\"",
            "\"\\u0000\"",
            "\"" + "a".repeat(100_000) + "\"",
            "[]",
            "[[1], \"x\"]",
            "[" + "\"h\", ".repeat(1000) + "]",
            "{}",
            "{ a = 1 }",
            "1979-05-27",
            "2020-99-99");

    /** Every field with every kind of value, also such as nobody means. */
    @Test
    void valuesOfAnyTypeAndSizeAreAcceptedOrRefused() {
        for (String line : FULL.lines().filter(one -> one.contains("=")).toList()) {
            for (String value : VALUES) {
                acceptedOrRefused(FULL.replace(line, line.substring(0, line.indexOf('=')) + "= " + value));
            }
        }
    }

    @Test
    void bytesOfAnyKindAreAcceptedOrRefused() throws IOException {
        Random random = new Random(31);
        Path file = directory.resolve("krgd.toml");
        for (int round = 0; round < 300; round++) {
            byte[] bytes = FULL.getBytes(StandardCharsets.UTF_8);
            int start = random.nextInt(bytes.length);
            byte[] noise = new byte[1 + random.nextInt(bytes.length - start)];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, bytes, start, noise.length);
            Files.write(file, bytes);
            try {
                DaemonConfig.read(file);
            } catch (DaemonConfigException refused) {
                assertThat(refused.getMessage().lines())
                        .allMatch(line -> line.matches(".*krgd\\.toml:[0-9]+: .+; allowed is .+"));
            }
        }
    }

    private static void acceptedOrRefused(String text) {
        try {
            DaemonConfig.parse("krgd.toml", text);
        } catch (DaemonConfigException refused) {
            assertThat(refused.getMessage().lines())
                    .allMatch(line -> line.matches("krgd\\.toml:[0-9]+: .+; allowed is .+"));
        }
    }

    @Test
    void anyTextIsAcceptedOrRefused() {
        Random random = new Random(30);
        String letters = "abc=[]\"'#.\n 0123-_{},:/\\truefalse\u00e9\0";
        for (int round = 0; round < 2000; round++) {
            StringBuilder text = new StringBuilder(FULL);
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                int at = random.nextInt(text.length());
                char letter = letters.charAt(random.nextInt(letters.length()));
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, letter);
                    case 1 -> text.insert(at, letter);
                    default -> text.deleteCharAt(at);
                }
            }
            try {
                assertThat(DaemonConfig.parse("krgd.toml", text.toString()).session())
                        .isBetween(1, 9999);
            } catch (DaemonConfigException refused) {
                assertThat(refused.getMessage().lines()).allMatch(line -> line.matches("krgd\\.toml:[0-9]+: .+"));
            }
        }
    }
}
