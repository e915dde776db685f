package org.linuxssi.daemon;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.linuxssi.tools.NodeId;

/**
 * What a daemon is told by its file {@code krgd.toml}; the manual's page on configuration describes each field.
 *
 * @param cluster name of the cluster, {@code cluster.name}
 * @param session 1 to 9999, {@code cluster.session}
 * @param seeds some nodes of the cluster as host:port, {@code cluster.seeds}
 * @param nodesMin how many nodes must be there before the cluster starts by itself, {@code cluster.nb_nodes_min}
 * @param autostart whether it starts by itself, {@code cluster.autostart}
 * @param node the node's number, empty for the lowest free one, {@code node.id}
 * @param drain whether SIGTERM moves the programs away before, {@code node.drain}
 * @param listen where to accept connections of other nodes, unresolved, {@code network.listen}
 * @param advertise where they reach this node as host:port, empty for the listening address, {@code network.advertise}
 * @param seedWait how long to wait for a seed at the start, {@code network.seed_wait_ms}
 * @param heartbeat how often nodes tell each other that they live, {@code network.heartbeat_ms}
 * @param silence after which a node counts as failed, {@code network.silence_ms}
 * @param transport how connections are protected, {@code security.transport}
 * @param keys directory with {@code node.key}, {@code node.crt} and {@code ca.crt}, {@code security.keys}
 * @param run directory of the control socket and what lives as long as the daemon, {@code directories.run}
 * @param state directory of what outlives the daemon, {@code directories.state}
 * @param checkpoints directory of saved applications, {@code directories.checkpoints}
 * @param log directory of the log, empty for standard error, {@code directories.log}
 */
public record DaemonConfig(
        String cluster,
        int session,
        List<String> seeds,
        int nodesMin,
        boolean autostart,
        Optional<NodeId> node,
        boolean drain,
        InetSocketAddress listen,
        Optional<String> advertise,
        Duration seedWait,
        Duration heartbeat,
        Duration silence,
        Transport transport,
        Path keys,
        Path run,
        Path state,
        Path checkpoints,
        Optional<Path> log) {

    /** The port that daemons use when an address names none. */
    public static final int PORT = 7707;

    /** Where the file is when nothing else is said. */
    public static final Path FILE = Path.of("/etc/linuxssi/krgd.toml");

    /** Copies the list. */
    public DaemonConfig {
        seeds = List.copyOf(seeds);
    }

    /** How connections between nodes are protected. */
    public enum Transport {
        /** TLS 1.3, both sides prove by certificates that they belong to the cluster. */
        TLS,
        /** Not at all: for closed networks and measurements. */
        PLAIN
    }

    /**
     * Reads and checks a file.
     *
     * @throws DaemonConfigException with every problem of the file, also when it can't be read
     */
    public static DaemonConfig read(Path file) {
        return parse(file.toString(), text(file));
    }

    /** Returns the text of a file. */
    static String text(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException problem) {
            String cause = Files.isDirectory(file) ? file + ": is a directory (EISDIR)" : Problems.describe(problem);
            throw new DaemonConfigException(List.of(
                    cause + "; allowed is a configuration in TOML: krg init writes one, --config FILE names it"));
        }
        ByteBuffer input = ByteBuffer.wrap(bytes);
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(input, text, true);
        text.flip();
        if (result.isError()) {
            long line = 1 + text.chars().filter(letter -> letter == '\n').count();
            throw new DaemonConfigException(List.of(file + ":" + line + ": syntax: byte 0x"
                    + HexFormat.of().toHexDigits(bytes[input.position()]) + " is not UTF-8; allowed is TOML in UTF-8"));
        }
        return text.toString();
    }

    /**
     * Checks the text of a file.
     *
     * @param file its name, for messages
     * @throws DaemonConfigException with every problem of the text
     */
    public static DaemonConfig parse(String file, String text) {
        return DaemonConfigReader.read(file, text);
    }

    /** Returns the path of the control socket. */
    public Path control() {
        return run.resolve("control");
    }
}
