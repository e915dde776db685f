package org.linuxssi.daemon;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.linuxssi.daemon.DaemonConfig.Transport;
import org.linuxssi.tools.NodeId;

/** Checks the fields of a configuration one by one. */
final class DaemonConfigReader {

    private static final String NAME = "[A-Za-z0-9._-]{1,64}";
    private static final String HOST = "[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.%a-z]{2,60}\\]";

    private final DaemonConfigFields fields;

    private DaemonConfigReader(DaemonConfigFields fields) {
        this.fields = fields;
    }

    static DaemonConfig read(String file, String text) {
        DaemonConfigFields fields = DaemonConfigFields.parse(file, text);
        DaemonConfig config = new DaemonConfigReader(fields).config();
        fields.end();
        return config;
    }

    private DaemonConfig config() {
        Duration heartbeat = millis("network.heartbeat_ms", 1000, 50, 60_000);
        return new DaemonConfig(
                fields.text(
                        "cluster.name", "linuxssi", "1 to 64 letters, digits and . _ -", name -> name.matches(NAME)),
                fields.number("cluster.session", 1, 1, 9999),
                seeds(),
                fields.number("cluster.nb_nodes_min", 1, 1, NodeId.LIMIT),
                fields.truth("cluster.autostart", true),
                node(),
                fields.truth("node.drain", false),
                listen(),
                advertise(),
                millis("network.seed_wait_ms", 3000, 0, 600_000),
                heartbeat,
                silence(heartbeat),
                transport(),
                directory("security.keys", "/etc/linuxssi/keys"),
                directory("directories.run", "/run/linuxssi"),
                directory("directories.state", "/var/lib/linuxssi"),
                directory("directories.checkpoints", "/var/chkpt"),
                log());
    }

    private List<String> seeds() {
        return fields.texts("cluster.seeds", 256, "host or host:port, at most 256", seed -> isAddress(seed)).stream()
                .map(DaemonConfigReader::withPort)
                .toList();
    }

    private Optional<NodeId> node() {
        return fields.numberOr("node.id", "auto", 0, NodeId.LIMIT - 1).map(NodeId::of);
    }

    private InetSocketAddress listen() {
        String address =
                withPort(fields.text("network.listen", "0.0.0.0", "host or host:port", listen -> isAddress(listen)));
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
        return InetSocketAddress.createUnresolved(host, Integer.parseInt(address.substring(colon + 1)));
    }

    private Optional<String> advertise() {
        String address = fields.text(
                "network.advertise",
                "",
                "host or host:port under which other nodes reach this one",
                advertised -> advertised.isEmpty() || isAddress(advertised));
        return address.isEmpty() ? Optional.empty() : Optional.of(withPort(address));
    }

    private Duration millis(String field, int otherwise, int least, int most) {
        return Duration.ofMillis(fields.number(field, otherwise, least, most));
    }

    private Duration silence(Duration heartbeat) {
        Duration silence = millis("network.silence_ms", 5000, 200, 600_000);
        if (silence.compareTo(heartbeat.multipliedBy(2)) < 0) {
            fields.problem(
                    "network.silence_ms",
                    silence.toMillis() + " is less than two heartbeats",
                    "at least twice network.heartbeat_ms, here " + 2 * heartbeat.toMillis());
        }
        return silence;
    }

    private Transport transport() {
        String name = fields.text(
                "security.transport",
                "tls",
                "\"tls\" or \"plain\"",
                text -> text.equals("tls") || text.equals("plain"));
        return Transport.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private Path directory(String field, String otherwise) {
        return Path.of(fields.text(field, otherwise, "an absolute path", DaemonConfigReader::isAbsolute));
    }

    private Optional<Path> log() {
        String directory = fields.text(
                "directories.log",
                "",
                "an absolute path, or \"\" for standard error",
                text -> text.isEmpty() || isAbsolute(text));
        return directory.isEmpty() ? Optional.empty() : Optional.of(Path.of(directory));
    }

    private static boolean isAbsolute(String text) {
        return text.startsWith("/") && text.indexOf('\0') < 0 && text.length() < 4096;
    }

    private static boolean isAddress(String text) {
        if (text.matches(HOST)) {
            return true;
        }
        int colon = text.lastIndexOf(':');
        return colon > 0
                && text.substring(0, colon).matches(HOST)
                && text.substring(colon + 1).matches("[0-9]{1,5}")
                && Integer.parseInt(text.substring(colon + 1)) <= 0xffff;
    }

    private static String withPort(String address) {
        return address.matches(HOST) ? address + ":" + DaemonConfig.PORT : address;
    }
}
