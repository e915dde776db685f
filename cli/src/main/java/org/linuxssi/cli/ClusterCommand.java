package org.linuxssi.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.tools.NodeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code krgadm cluster} and its forms. */
@Command(
        name = "cluster",
        description = "Shows or changes the state of the whole cluster; status when nothing is said.")
final class ClusterCommand extends DaemonCommand {

    ClusterCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        return status();
    }

    @Command(name = "status", description = "Shows whether the cluster is up.")
    int status() {
        Reply.Cluster cluster = daemon().ask(new Request.ClusterStatus(), Reply.Cluster.class);
        return print(cluster);
    }

    private int print(Reply.Cluster cluster) {
        out().println(
                        switch (cluster.state()) {
                            case UP -> "status: up on " + cluster.online().size() + " nodes";
                            case DOWN -> "status: down";
                            case ERROR -> "status: error";
                        });
        return switch (cluster.state()) {
            case UP, DOWN -> 0;
            case ERROR -> Cli.FAILED;
        };
    }

    @Command(name = "start", description = "Starts the cluster.")
    int start(
            @Option(
                            names = {"-n", "--nodes"},
                            paramLabel = "LIST",
                            description = "with these nodes only")
                    @Nullable
                    String nodes) {
        NodeSelection selection = Optional.ofNullable(nodes)
                .<NodeSelection>map(list -> new NodeSelection.Listed(parse(list)))
                .orElseGet(NodeSelection.All::new);
        return change("Starting", new Request.ClusterStart(selection));
    }

    private NodeSet parse(String list) {
        try {
            return NodeSet.parse(list);
        } catch (IllegalArgumentException problem) {
            throw wrong(String.valueOf(problem.getMessage()));
        }
    }

    @Command(name = "stop", description = "Ends all programs and daemons of the cluster.")
    int stop() {
        return change("Stopping", new Request.ClusterStop());
    }

    @Command(name = "wait_start", description = "Waits until the cluster is up.")
    int waitStart() {
        return print(daemon().ask(new Request.ClusterWaitStart(), Reply.Cluster.class));
    }

    @Command(
            name = "poweroff",
            description = "Ends all programs and daemons of the cluster; the machines stay as they are.")
    int poweroff() {
        return shutDown(new Request.ClusterPoweroff(), "stay on");
    }

    @Command(
            name = "reboot",
            description = "Ends all programs and daemons of the cluster; the machines stay as they are.")
    int reboot() {
        return shutDown(new Request.ClusterReboot(), "are not restarted");
    }

    private int shutDown(Request request, String machines) {
        int status = change("Shutting down", request);
        err().println("the programs and daemons end; the machines " + machines);
        return status;
    }

    private int change(String what, Request request) {
        out().print(what + " cluster... ");
        out().flush();
        try {
            daemon().ask(request, Reply.Done.class);
        } catch (ControlException refused) {
            out().println("failed");
            throw refused;
        }
        out().println("done");
        return 0;
    }
}
