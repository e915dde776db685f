package org.linuxssi.cli;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code krg shell}. */
@Command(name = "shell", description = "Opens a shell in the cluster: $SHELL, or /bin/sh, with a terminal of its own.")
final class ShellCommand extends DaemonCommand {

    @Option(
            names = {"-n", "--node"},
            paramLabel = "NODE",
            description = "start it on this node; otherwise on that of the daemon that is asked")
    private @Nullable Integer node;

    ShellCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        String shell = daemon().variable("SHELL").orElse("/bin/sh");
        Request.Run run =
                ProgramOptions.program(List.of(shell), Optional.ofNullable(node).map(this::node), true);
        return ProgramSession.run(daemon().connect(), run, run.descriptors());
    }
}
