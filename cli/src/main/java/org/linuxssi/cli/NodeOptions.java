package org.linuxssi.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.tools.NodeSet;
import picocli.CommandLine.Option;

/** Which nodes: at most one of the forms. */
final class NodeOptions {

    @Option(
            names = {"-n", "--nodes"},
            paramLabel = "LIST",
            description = "these nodes, for example 2,3,6-10")
    private @Nullable String nodes;

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "so many nodes, any")
    private @Nullable Integer count;

    @Option(
            names = {"-t", "--total"},
            paramLabel = "N",
            description = "as many as make the cluster have so many nodes")
    private @Nullable Integer total;

    @Option(
            names = {"-a", "--all"},
            description = "all nodes")
    private boolean all;

    /**
     * Returns the nodes asked for, if any.
     *
     * @throws IllegalArgumentException for a bad list or number
     */
    Optional<NodeSelection> selection() {
        if (all) {
            return Optional.of(new NodeSelection.All());
        }
        return Optional.<NodeSelection>ofNullable(nodes == null ? null : new NodeSelection.Listed(NodeSet.parse(nodes)))
                .or(() -> Optional.ofNullable(count).map(number -> new NodeSelection.Count(positive(number))))
                .or(() -> Optional.ofNullable(total).map(number -> new NodeSelection.Total(positive(number))));
    }

    private static int positive(int number) {
        if (number < 1 || number > 256) {
            throw new IllegalArgumentException(number + " is not a number of nodes, 1-256");
        }
        return number;
    }
}
