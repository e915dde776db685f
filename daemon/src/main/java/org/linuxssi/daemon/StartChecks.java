package org.linuxssi.daemon;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Tries what the configuration asks of this machine, before anything is started: values that are well-formed can still be
 * impossible here. All problems are told at once, each with the field that has to be changed.
 */
final class StartChecks {

    private static final String DIRECTORY = "an absolute path of a directory that can be made and written";
    private static final String ADDRESS = "an address of this machine, or 0.0.0.0 for all of them";
    private static final List<String> KEYS = List.of("node.key", "node.crt", "ca.crt");

    private final DaemonConfig config;
    private final DaemonConfigFields fields;

    private StartChecks(DaemonConfig config, DaemonConfigFields fields) {
        this.config = config;
        this.fields = fields;
    }

    /**
     * Checks, and makes the directories.
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
        checks.directory("directories.run", config.run());
        checks.directory("directories.state", config.state());
        config.log().ifPresent(log -> checks.directory("directories.log", log));
        fields.fail();
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
        for (String name : KEYS) {
            Path key = config.keys().resolve(name);
            if (!Files.isReadable(key)) {
                fields.problem(
                        "security.keys",
                        key + (Files.exists(key) ? " cannot be read (EACCES)" : " is missing (ENOENT)"),
                        "a directory with node.key, node.crt and ca.crt, as krg init and krg join make it");
            }
        }
    }

    private void directory(String field, Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException problem) {
            fields.problem(field, "cannot be made: " + Problems.describe(problem), DIRECTORY);
            return;
        }
        if (!Files.isWritable(directory)) {
            fields.problem(field, directory + " cannot be written (EACCES)", DIRECTORY);
        }
    }
}
