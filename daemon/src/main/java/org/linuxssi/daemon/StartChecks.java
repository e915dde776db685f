package org.linuxssi.daemon;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.linuxssi.rpc.NodeKeys;

/**
 * Tries what the configuration asks of this machine, before anything is started: values that are well-formed can still be
 * impossible here. All problems are told at once, each with the field that has to be changed.
 */
final class StartChecks {

    private static final String DIRECTORY = "an absolute path of a directory that can be made and written";
    private static final String ADDRESS = "an address of this machine, or 0.0.0.0 for all of them";
    private static final String KEY_DIRECTORY =
            "a directory with node.key, node.crt and ca.crt, as krg init and krg join make it";
    private static final List<String> KEYS = List.of("node.key", "node.crt", "ca.crt");

    private final DaemonConfig config;
    private final DaemonConfigFields fields;

    private StartChecks(DaemonConfig config, DaemonConfigFields fields) {
        this.config = config;
        this.fields = fields;
    }

    /**
     * Checks, and makes the directories when all is well.
     *
     * @param file where the configuration was read from
     * @throws DaemonConfigException with every problem
     */
    static void check(DaemonConfig config, Path file) {
        DaemonConfigFields fields = DaemonConfigFields.parse(file.toString(), DaemonConfig.text(file));
        StartChecks checks = new StartChecks(config, fields);
        checks.listen();
        if (config.transport() == DaemonConfig.Transport.TLS) {
            checks.keys();
        }
        Map<String, Path> directories = directories(config);
        directories.forEach(checks::directory);
        fields.fail();
        directories.forEach(checks::make);
        fields.fail();
    }

    private static Map<String, Path> directories(DaemonConfig config) {
        Map<String, Path> directories = new LinkedHashMap<>();
        directories.put("directories.run", config.run());
        directories.put("directories.state", config.state());
        config.log().ifPresent(log -> directories.put("directories.log", log));
        return directories;
    }

    private void listen() {
        String host = config.listen().getHostString();
        int port = config.listen().getPort();
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException _) {
            fields.problem("network.listen", "host \"" + host + "\" is unknown", ADDRESS);
            return;
        }
        if (bind(new InetSocketAddress(address, 0), host + " cannot be listened on", ADDRESS)) {
            bind(
                    new InetSocketAddress(address, port),
                    "port " + port + " of " + host + " cannot be listened on",
                    "a port that is free (ss -ltnp shows who has it), from 1024 on for users other than root");
        }
    }

    private boolean bind(InetSocketAddress address, String what, String allowed) {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address);
            return true;
        } catch (BindException problem) {
            fields.problem("network.listen", what + ": " + problem.getMessage(), allowed);
        } catch (IOException problem) {
            fields.problem("network.listen", what + ": " + Problems.describe(problem), allowed);
        }
        return false;
    }

    private void keys() {
        List<Path> unreadable = KEYS.stream()
                .map(config.keys()::resolve)
                .filter(key -> !Files.isReadable(key))
                .toList();
        for (Path key : unreadable) {
            String what = Files.exists(key) ? " cannot be read (EACCES)" : " is missing (ENOENT)";
            fields.problem("security.keys", key + what, KEY_DIRECTORY);
        }
        if (unreadable.isEmpty()) {
            contents();
        }
    }

    private void contents() {
        try {
            NodeKeys.load(config.keys());
        } catch (IOException damaged) {
            fields.problem("security.keys", Problems.describe(damaged), KEY_DIRECTORY);
        }
    }

    /** What is there of the path is looked at only: nothing is made when the start is refused. */
    private void directory(String field, Path directory) {
        Path there = directory;
        while (!Files.exists(there, LinkOption.NOFOLLOW_LINKS) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there)) {
            fields.problem(field, "cannot be made: " + there + ": is there already, as a file (EEXIST)", DIRECTORY);
        } else if (!Files.isWritable(there)) {
            fields.problem(field, there + " cannot be written (EACCES)", DIRECTORY);
        }
    }

    private void make(String field, Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException problem) {
            fields.problem(field, "cannot be made: " + Problems.describe(problem), DIRECTORY);
        }
    }
}
