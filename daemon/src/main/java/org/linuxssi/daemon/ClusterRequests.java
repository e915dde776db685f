package org.linuxssi.daemon;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.linuxssi.control.ClusterState;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Exchange;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Reply.NodeLine;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugException;
import org.linuxssi.hotplug.NodeState;
import org.linuxssi.hotplug.View;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Answers what {@code krgadm} asks. */
final class ClusterRequests {

    private static final long POLL_MILLIS = 200;

    private final Hotplug hotplug;

    ClusterRequests(Hotplug hotplug) {
        this.hotplug = hotplug;
    }

    /** Tells the same of the nodes as {@link #nodes}, which the settled view may be ahead of for a moment. */
    Reply.Cluster status() {
        NodeSet online = hotplug.in(NodeState.ONLINE);
        if (hotplug.paused()) {
            return new Reply.Cluster(ClusterState.ERROR, online);
        }
        return new Reply.Cluster(online.isEmpty() ? ClusterState.DOWN : ClusterState.UP, online);
    }

    Reply.Cluster waitForStart() throws InterruptedException {
        Reply.Cluster status = status();
        while (status.state() != ClusterState.UP) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            status = status();
        }
        return status;
    }

    Reply.Nodes nodes(NodeSelection selection) {
        NodeSet wanted =
                switch (selection) {
                    case NodeSelection.Listed(NodeSet nodes) -> nodes;
                    case NodeSelection.All() -> NodeSet.of(hotplug.states().keySet());
                    case NodeSelection.Count _, NodeSelection.Total _ ->
                        throw new ControlException(Errno.EINVAL, "nodes status: takes a list of nodes or all");
                };
        List<NodeLine> lines = wanted.stream()
                .map(node -> new NodeLine(node, label(hotplug.state(node)), ""))
                .toList();
        return new Reply.Nodes(lines);
    }

    private static NodeLine.State label(NodeState state) {
        return switch (state) {
            case OFFLINE -> NodeLine.State.OFFLINE;
            case PRESENT -> NodeLine.State.PRESENT;
            case POSSIBLE -> NodeLine.State.POSSIBLE;
            case ONLINE -> NodeLine.State.ONLINE;
        };
    }

    Reply.Done start(NodeSelection selection) throws InterruptedException {
        if (hotplug.view().started()) {
            throw new ControlException(Errno.EALREADY, "cluster start: the cluster runs already: " + hotplug.view());
        }
        NodeSet present = hotplug.in(NodeState.PRESENT).plus(hotplug.self());
        NodeSet chosen = choose("cluster start", selection, present);
        if (!chosen.contains(hotplug.self())) {
            throw new ControlException(
                    Errno.EINVAL,
                    "cluster start: node " + hotplug.self()
                            + ", which you are on, has to be among the nodes: add it, or run krgadm on one of them");
        }
        await("cluster start", hotplug.startCluster(chosen));
        return new Reply.Done();
    }

    Reply.Changed add(NodeSelection selection, Exchange exchange) throws InterruptedException {
        requireStarted("nodes add");
        NodeSet present = hotplug.in(NodeState.PRESENT);
        NodeSet chosen =
                switch (selection) {
                    case NodeSelection.Total(int total) -> {
                        requireChange("nodes add", total, total > online().size());
                        yield choose("nodes add", new NodeSelection.Count(total - online().size()), present);
                    }
                    default -> choose("nodes add", selection, present);
                };
        exchange.send(new Reply.Progress("adding " + chosen));
        await("nodes add", hotplug.add(chosen));
        return new Reply.Changed(chosen);
    }

    Reply.Changed remove(NodeSelection selection, Exchange exchange) throws InterruptedException {
        requireStarted("nodes del");
        NodeSet candidates = online().minus(hotplug.self());
        NodeSet chosen =
                switch (selection) {
                    case NodeSelection.Listed(NodeSet nodes)
                    when nodes.contains(hotplug.self()) ->
                        throw new ControlException(
                                Errno.EPERM,
                                "nodes del: node " + hotplug.self()
                                        + " is the one you are on: run krgadm on a node that stays");
                    case NodeSelection.Total(int total) -> {
                        requireChange("nodes del", total, total < online().size());
                        yield choose("nodes del", new NodeSelection.Count(online().size() - total), candidates);
                    }
                    default -> choose("nodes del", selection, candidates);
                };
        exchange.send(new Reply.Progress("moving everything away from " + chosen));
        await("nodes del", hotplug.remove(chosen));
        return new Reply.Changed(chosen);
    }

    /** Tells all other daemons to end. */
    void poweroff(boolean reboot) throws InterruptedException {
        await("cluster poweroff", hotplug.poweroff(reboot));
    }

    private NodeSet online() {
        return hotplug.settled().members();
    }

    private void requireStarted(String operation) {
        if (!hotplug.settled().started()) {
            throw new ControlException(Errno.ENONET, operation + ": the cluster is down: run krgadm cluster start");
        }
    }

    private void requireChange(String operation, int total, boolean changes) {
        if (!changes) {
            throw new ControlException(
                    Errno.EINVAL,
                    operation + ": the cluster has " + online().size() + " nodes: the total of " + total
                            + (operation.equals("nodes add") ? " has to be more" : " has to be less"));
        }
    }

    private NodeSet choose(String operation, NodeSelection selection, NodeSet candidates) {
        NodeSet chosen =
                switch (selection) {
                    case NodeSelection.Listed(NodeSet nodes) -> nodes;
                    case NodeSelection.All() -> candidates;
                    case NodeSelection.Count(int count) -> some(operation, count, candidates);
                    case NodeSelection.Total(int total) -> some(operation, total, candidates);
                };
        if (chosen.isEmpty()) {
            throw new ControlException(Errno.EINVAL, operation + ": no node is left to choose from");
        }
        NodeSet unfit = chosen.minus(candidates);
        if (!unfit.isEmpty()) {
            String states = String.join(
                    ", ",
                    unfit.stream()
                            .map(node -> "node " + node + " is "
                                    + hotplug.state(node).label())
                            .toList());
            throw new ControlException(
                    Errno.EINVAL,
                    operation + ": " + states + "; "
                            + (candidates.isEmpty() ? "there is no node that fits" : "those that fit: " + candidates)
                            + ": see krgadm nodes status");
        }
        return chosen;
    }

    private static NodeSet some(String operation, int count, NodeSet candidates) {
        if (count < 1 || count > candidates.size()) {
            throw new ControlException(
                    Errno.EINVAL,
                    operation + ": " + count + " nodes asked for, but "
                            + (candidates.isEmpty() ? "none" : "only " + candidates) + " can be used");
        }
        List<NodeId> ascending = candidates.toList();
        return NodeSet.of(ascending.subList(0, count));
    }

    private static void await(String operation, CompletableFuture<?> change) throws InterruptedException {
        try {
            change.get(1, TimeUnit.HOURS);
        } catch (ExecutionException problem) {
            Throwable cause = problem.getCause();
            String text = cause == null ? "failed" : String.valueOf(cause.getMessage());
            throw new ControlException(
                    cause instanceof HotplugException ? Errno.EAGAIN : Errno.EIO, operation + ": " + text);
        } catch (TimeoutException _) {
            throw new ControlException(Errno.ETIMEDOUT, operation + ": not done after an hour");
        }
    }

    /** Returns one line about the view for the event log. */
    static String describe(View view) {
        return "view " + view.epoch() + ": nodes " + view.members();
    }
}
