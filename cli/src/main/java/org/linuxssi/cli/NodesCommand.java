package org.linuxssi.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;

/** {@code krgadm nodes} and its forms. */
@Command(name = "nodes", description = "Shows the nodes' states; status when nothing is said.")
final class NodesCommand extends DaemonCommand {

    NodesCommand(Daemon daemon) {
        super(daemon);
    }

    @ArgGroup(exclusive = true)
    private @Nullable NodeOptions which;

    @Override
    public Integer call() {
        return status(which);
    }

    @Command(name = "status", description = "Shows a line ID:state for each node.")
    int status(@ArgGroup(exclusive = true) @Nullable NodeOptions nodes) {
        NodeSelection selection = selection(nodes, new NodeSelection.All());
        Reply.Nodes states = daemon().ask(new Request.NodesStatus(selection), Reply.Nodes.class);
        states.nodes().forEach(line -> out().println(
                        line.node() + ":" + line.state().name().toLowerCase(Locale.ROOT)));
        return 0;
    }

    @Command(name = "add", description = "Adds nodes to the running cluster.")
    int add(@ArgGroup(exclusive = true, multiplicity = "1") NodeOptions nodes) {
        return change("Adding", Request.NodesAdd::new, nodes);
    }

    @Command(name = "del", description = "Moves everything away from nodes, then removes them from the cluster.")
    int del(@ArgGroup(exclusive = true, multiplicity = "1") NodeOptions nodes) {
        return change("Removing", Request.NodesDel::new, nodes);
    }

    private int change(String what, Function<NodeSelection, Request> request, NodeOptions nodes) {
        NodeSelection selection = selection(nodes, new NodeSelection.All());
        Reply.Changed changed = daemon().ask(request.apply(selection), Reply.Changed.class, this::show);
        String list =
                String.join(",", changed.nodes().stream().map(Object::toString).toList());
        out().println(what + " nodes [" + list + "]... done");
        return 0;
    }

    private NodeSelection selection(@Nullable NodeOptions nodes, NodeSelection otherwise) {
        try {
            return Optional.ofNullable(nodes).flatMap(NodeOptions::selection).orElse(otherwise);
        } catch (IllegalArgumentException problem) {
            throw wrong(String.valueOf(problem.getMessage()));
        }
    }
}
