package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.linuxssi.rpc.ClusterCa;

/** Writes the configuration of nodes. */
final class NodeConfig {

    private static final String CLUSTER = "testbed";
    private static final int SESSIONS = 9999;
    private static final String TEMPLATE = """
            [cluster]
            name = "%s"
            session = %d
            seeds = [%s]
            nb_nodes_min = %d
            autostart = true

            [node]
            id = %d

            [network]
            listen = "%s"

            [security]
            transport = "tls"
            keys = "%s"

            [directories]
            run = "%s"
            state = "%s/state"
            checkpoints = "%s"
            """;

    private NodeConfig() {}

    /** Returns the path of a node's control socket. */
    static Path control(RunDirectory directory, int node) {
        return directory.node(node).resolve("control");
    }

    /** Returns the names of the cgroups that the nodes' daemons make. */
    static List<String> cgroups(RunDirectory directory, int nodes) {
        return IntStream.range(0, nodes)
                .mapToObj(node -> "linuxssi-" + CLUSTER + "-" + session(directory) + "-" + node)
                .toList();
    }

    /** Makes an authority for the cluster, and the keys of its nodes. */
    static void makeKeys(RunDirectory directory, int nodes) {
        Instant now = Instant.now();
        ClusterCa authority = ClusterCa.create(CLUSTER, now);
        try {
            for (int node = 0; node < nodes; node++) {
                authority.issue("node" + node, now).save(keys(directory, node));
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("write keys to " + directory.keys(), problem);
        }
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

    /** Test beds side by side have different sessions, and so different cgroups. */
    private static int session(RunDirectory directory) {
        return 1 + Math.floorMod(directory.root().hashCode(), SESSIONS);
    }

    private static Path keys(RunDirectory directory, int node) {
        return directory.keys().resolve("node" + node);
    }

    private static String text(RunDirectory directory, int node, int nodes) {
        String seeds = IntStream.range(0, nodes)
                .mapToObj(seed -> '"' + Wiring.address(seed).getHostAddress() + '"')
                .collect(Collectors.joining(", "));
        Path own = directory.node(node);
        return TEMPLATE.formatted(
                CLUSTER,
                session(directory),
                seeds,
                nodes,
                node,
                Wiring.address(node).getHostAddress(),
                keys(directory, node),
                own,
                own,
                directory.checkpoints());
    }
}
