package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the configuration of nodes. */
final class NodeConfig {

    private static final String TEMPLATE = """
            [cluster]
            name = "testbed"
            session = 1
            seeds = [%s]
            nb_nodes_min = %d
            autostart = true

            [node]
            id = %d

            [network]
            listen = "%s"

            [security]
            transport = "plain"

            [directories]
            run = "%s"
            state = "%s/state"
            """;

    private NodeConfig() {}

    /** Returns the path of a node's control socket. */
    static Path control(RunDirectory directory, int node) {
        return directory.node(node).resolve("control");
    }

    /** Writes a node's configuration; a control socket of an earlier life of the node goes. */
    static void write(RunDirectory directory, int node, int nodes) {
        try {
            Files.createDirectories(directory.node(node));
            Files.deleteIfExists(control(directory, node));
            Files.writeString(directory.config(node), text(directory, node, nodes));
        } catch (IOException problem) {
            throw new UncheckedIOException("write " + directory.config(node), problem);
        }
    }

    private static String text(RunDirectory directory, int node, int nodes) {
        String seeds = IntStream.range(0, nodes)
                .mapToObj(seed -> '"' + Wiring.address(seed).getHostAddress() + '"')
                .collect(Collectors.joining(", "));
        return TEMPLATE.formatted(
                seeds, nodes, node, Wiring.address(node).getHostAddress(), directory.node(node), directory.node(node));
    }
}
