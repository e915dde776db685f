package org.linuxssi.daemon;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ControlHandler;
import org.linuxssi.control.Exchange;
import org.linuxssi.control.Input;
import org.linuxssi.control.MigrationReport;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.epm.MigrationException;
import org.linuxssi.epm.Migrator;
import org.linuxssi.hotplug.HotplugException;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Gives each request of the control socket to the part of the node that answers it. */
final class Requests implements ControlHandler {

    private final Node node;

    Requests(Node node) {
        this.node = node;
    }

    @Override
    public Reply.Last handle(Request request, Exchange exchange) throws InterruptedException {
        ClusterRequests cluster = node.cluster();
        return switch (request) {
            case Request.Run run -> run(run, exchange);
            case Request.Enter enter -> run(node.enter(enter, exchange.caller()), exchange);
            case Request.Signal signal -> signal(signal, exchange);
            case Request.Migrate migrate -> migrate(migrate, exchange);
            case Request.ClusterStatus() -> cluster.status();
            case Request.ClusterStart start -> {
                exchange.requireRoot("cluster start");
                yield cluster.start(start.nodes());
            }
            case Request.ClusterStop() -> {
                exchange.requireRoot("cluster stop");
                yield poweroff(false);
            }
            case Request.ClusterPoweroff() -> {
                exchange.requireRoot("cluster poweroff");
                yield poweroff(false);
            }
            case Request.ClusterReboot() -> {
                exchange.requireRoot("cluster reboot");
                yield poweroff(true);
            }
            case Request.ClusterWaitStart() -> {
                endWithCaller(exchange);
                yield cluster.waitForStart();
            }
            case Request.NodesStatus status -> cluster.nodes(status.nodes());
            case Request.NodesAdd add -> {
                exchange.requireRoot("nodes add");
                yield cluster.add(add.nodes(), exchange);
            }
            case Request.NodesDel del -> {
                exchange.requireRoot("nodes del");
                yield cluster.remove(del.nodes(), exchange);
            }
            case Request.Ps ps -> filter(ps, node.processes(ps.node()));
            case Request.Events events -> events(events, exchange);
            case Request.Kddm query -> {
                switch (query.topic()) {
                    case GET -> exchange.requireRoot("kddm get");
                    case BENCH -> {
                        exchange.requireRoot("bench kddm");
                        node.requireActive(node.self());
                    }
                    case SETS, STAT, OBJECTS, WAITS -> {}
                }
                yield new Reply.Text(node.kddm().text(query));
            }
            case Request.RunApplication program -> {
                node.requireActive(node.self());
                yield node.applications().run(program, exchange);
            }
            case Request.Checkpoint checkpoint -> node.applications().checkpoint(checkpoint, exchange);
            case Request.Restart restart -> {
                node.requireActive(node.self());
                yield node.applications().restart(restart, exchange);
            }
            case Request.Capabilities change -> node.applications().capabilities(change, exchange);
            case Request.Versions versions -> node.applications().versions(versions, exchange);
            case Request.Ipc ipc -> node.applications().ipc(ipc, exchange);
            case Request.Shutdown(boolean drain) -> {
                exchange.requireRoot("shutdown");
                yield shutDown(drain);
            }
        };
    }

    private Reply.Last run(Request.Run run, Exchange exchange) throws InterruptedException {
        NodeId where = run.node().orElse(node.self());
        node.requireActive(where);
        return where.equals(node.self())
                ? node.programs().run(run, exchange)
                : node.remote().run(where, run, exchange);
    }

    /** This daemon is the last to be told, as it ends the connections of those who ask. */
    private Reply.Done poweroff(boolean reboot) throws InterruptedException {
        node.cluster().poweroff(reboot);
        node.end(false);
        return new Reply.Done();
    }

    private Reply.Done shutDown(boolean drain) {
        try {
            node.end(drain);
        } catch (HotplugException stay) {
            throw new ControlException(
                    Errno.EAGAIN, "shutdown: the node stays, for it can't be emptied: " + stay.getMessage());
        }
        return new Reply.Done();
    }

    private Reply.Done signal(Request.Signal signal, Exchange exchange) {
        node.signal(signal.pid(), signal.signal(), exchange.caller());
        return new Reply.Done();
    }

    private Reply.Migrated migrate(Request.Migrate request, Exchange exchange) {
        node.requireActive(node.self());
        try {
            org.linuxssi.epm.MigrationReport report = node.migrator()
                    .migrate(request.pid(), request.node(), exchange.caller().uid(), Migrator.LIVE_FROM);
            node.events()
                    .tell(
                            "migration",
                            "pid " + report.pid() + " from node " + report.from() + " to node " + report.to());
            return new Reply.Migrated(convert(report));
        } catch (MigrationException refused) {
            throw new ControlException(refused.errno(), String.valueOf(refused.getMessage()));
        }
    }

    private static MigrationReport convert(org.linuxssi.epm.MigrationReport report) {
        return new MigrationReport(
                report.pid(),
                report.from(),
                report.to(),
                report.liveBytes() > 0,
                report.liveBytes() + report.frozenBytes(),
                report.frozen().toNanos(),
                report.total().toNanos(),
                report.phases().stream()
                        .map(phase -> new MigrationReport.Phase(
                                phase.step().label(), phase.took().toNanos(), report.bytes(phase.step())))
                        .toList());
    }

    /** When all processes that were asked for are found, it does not matter which nodes are missing. */
    private static Reply.Processes filter(Request.Ps wanted, Reply.Processes processes) {
        Set<Integer> pids = Set.copyOf(wanted.pids());
        List<ProcessRow> named = processes.rows().stream()
                .filter(row -> pids.isEmpty() || pids.contains(row.pid()))
                .toList();
        List<ProcessRow> rows = named.stream()
                .filter(row -> wanted.node().map(row.node()::equals).orElse(true))
                .filter(row -> wanted.uid().map(uid -> uid == row.uid()).orElse(true))
                .toList();
        boolean complete = !pids.isEmpty() && named.size() == pids.size();
        return new Reply.Processes(rows, complete ? NodeSet.EMPTY : processes.missing());
    }

    private Reply.Done events(Request.Events request, Exchange exchange) throws InterruptedException {
        Consumer<Reply.Event> show = exchange::send;
        node.events().newest(request.limit()).forEach(show);
        if (request.follow()) {
            endWithCaller(exchange);
            Registration following = node.events().follow(show);
            try {
                node.awaitEnd();
            } finally {
                following.close();
            }
        }
        return new Reply.Done();
    }

    /** Has a request that may take any time interrupted when nobody waits for its answer any more. */
    private static void endWithCaller(Exchange exchange) {
        Thread worker = Thread.currentThread();
        exchange.onInput(input -> {
            if (input instanceof Input.Cancel || input instanceof Input.HungUp) {
                worker.interrupt();
            }
        });
    }
}
