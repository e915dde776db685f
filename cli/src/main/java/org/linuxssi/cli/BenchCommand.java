package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.Request.KddmTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code krg bench} and what can be measured. */
@Command(name = "bench", description = "Measures the cluster; kddm when nothing is said. For root.")
final class BenchCommand extends DaemonCommand {

    private static final String LOOPS = "100";

    BenchCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        return kddm(Integer.parseInt(LOOPS));
    }

    @Command(name = "kddm", description = "Measures get, grab and remove of shared objects from this node.")
    int kddm(
            @Option(
                            names = {"-l", "--loops"},
                            paramLabel = "N",
                            defaultValue = LOOPS,
                            description = "how often each operation is measured, ${DEFAULT-VALUE} if not given")
                    int loops) {
        if (loops < 1) {
            throw wrong("--loops " + loops + ": at least 1 is needed");
        }
        Request.Kddm request = new Request.Kddm(KddmTopic.BENCH, "", 0, loops);
        out().println(daemon().ask(request, Reply.Text.class).text().stripTrailing());
        return 0;
    }
}
