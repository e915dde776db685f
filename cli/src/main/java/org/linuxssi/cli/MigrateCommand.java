package org.linuxssi.cli;

import java.util.Locale;
import org.linuxssi.control.MigrationReport;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code migrate} and {@code krg migrate}. */
@Command(name = "migrate", description = "Moves a running process to another node.")
final class MigrateCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "PID", description = "the process")
    private int pid;

    @Parameters(index = "1", paramLabel = "NODE", description = "where to")
    private int node;

    @Option(
            names = {"-v", "--verbose"},
            description = "show phases, bytes, freeze and total time")
    private boolean verbose;

    MigrateCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        Request request = new Request.Migrate(pid, node(node), verbose);
        Reply.Migrated migrated = daemon().ask(request, Reply.Migrated.class, this::show);
        if (verbose) {
            print(migrated.report());
        }
        return 0;
    }

    private void print(MigrationReport report) {
        report.phases().forEach(phase -> out().println(String.format(
                Locale.ROOT, "%-20s %10.3f ms %14d bytes", phase.name(), millis(phase.nanos()), phase.bytes())));
        out().println(String.format(
                Locale.ROOT,
                "pid %d: node %s to node %s, %s, %d bytes, frozen %.3f ms, total %.3f ms",
                report.pid(),
                report.from(),
                report.to(),
                report.live() ? "live" : "stop and copy",
                report.bytes(),
                millis(report.frozenNanos()),
                millis(report.totalNanos())));
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }
}
