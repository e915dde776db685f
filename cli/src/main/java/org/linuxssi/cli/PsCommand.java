package org.linuxssi.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code krg ps}. */
@Command(name = "ps", description = "Lists the processes of the cluster with the node where each lives.")
final class PsCommand extends DaemonCommand {

    private static final String FORMAT = "%8s %8s %6s %4s %4s %1s %9s %8s %3s %s";

    @Parameters(arity = "0..*", paramLabel = "PID", description = "only these")
    private List<Integer> pids = List.of();

    @Option(
            names = {"-n", "--node"},
            paramLabel = "NODE",
            description = "only those that live on this node")
    private @Nullable Integer node;

    @Option(
            names = {"-u", "--uid"},
            paramLabel = "UID",
            description = "only those of this user")
    private @Nullable Integer uid;

    @Option(names = "--json", description = "as JSON: an array with an object for each process")
    private boolean json;

    PsCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        Request.Ps request = new Request.Ps(pids, Optional.ofNullable(node).map(this::node), Optional.ofNullable(uid));
        Reply.Processes processes = daemon().ask(request, Reply.Processes.class);
        print(processes);
        if (!processes.missing().isEmpty()) {
            throw new ControlException(
                    Errno.EAGAIN,
                    "ps: node " + processes.missing()
                            + " did not answer, what runs there is not listed: see krgadm nodes status");
        }
        if (!pids.isEmpty() && processes.rows().isEmpty()) {
            throw new ControlException(Errno.ESRCH, "ps: " + absent());
        }
        return 0;
    }

    private String absent() {
        String list = String.join(",", pids.stream().map(Object::toString).toList());
        String what = pids.size() == 1 ? "pid " + list + " does not exist" : "none of the pids " + list + " exists";
        return what + (node == null ? "" : " on node " + node) + (uid == null ? "" : " with user " + uid);
    }

    private void print(Reply.Processes processes) {
        List<ProcessRow> rows = processes.rows();
        if (json) {
            Stream<String> missing = processes.missing().stream().map(PsCommand::missing);
            out().println(Json.array(
                    Stream.concat(rows.stream().map(PsCommand::json), missing).toList()));
        } else if (pids.isEmpty() || !rows.isEmpty()) {
            out().println(String.format(
                    Locale.ROOT, FORMAT, "PID", "PPID", "UID", "NODE", "HOME", "S", "TIME", "RSS", "THR", "COMMAND"));
            rows.forEach(row -> out().println(line(row)));
        }
    }

    private static String missing(NodeId node) {
        return Json.object(Json.field("node", node.value()), Json.field("missing", "EAGAIN"));
    }

    private static String line(ProcessRow row) {
        return String.format(
                Locale.ROOT,
                FORMAT,
                row.pid(),
                row.parent(),
                row.uid(),
                row.node(),
                row.home(),
                row.state(),
                time(row.cpuMillis()),
                size(row.residentBytes()),
                row.threads(),
                row.command().replaceAll("\\p{Cntrl}", "?"));
    }

    /** Returns minutes, seconds and hundredths. */
    static String time(long millis) {
        return String.format(Locale.ROOT, "%d:%02d.%02d", millis / 60_000, millis / 1000 % 60, millis % 1000 / 10);
    }

    /** Returns a size with at most four digits and K, M, G or T. */
    static String size(long bytes) {
        long value = bytes / 1024;
        String units = "KMGT";
        int unit = 0;
        while (value >= 10_000 && unit < units.length() - 1) {
            value /= 1024;
            unit++;
        }
        return value + units.substring(unit, unit + 1);
    }

    private static String json(ProcessRow row) {
        return Json.object(
                Json.field("pid", row.pid()),
                Json.field("ppid", row.parent()),
                Json.field("pgid", row.group()),
                Json.field("sid", row.session()),
                Json.field("uid", row.uid()),
                Json.field("node", row.node().value()),
                Json.field("home", row.home().value()),
                Json.field("state", String.valueOf(row.state())),
                Json.field("cpu_ms", row.cpuMillis()),
                Json.field("rss_bytes", row.residentBytes()),
                Json.field("threads", row.threads()),
                Json.field("start_ms", row.startMillis()),
                Json.field("command", row.command()));
    }
}
