package org.linuxssi.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code krg run}. */
@Command(
        name = "run",
        description = {
            "Runs a program in the cluster.",
            "Its input, output, signals and exit status are those of this command; it ends with 128 and the signal's"
                    + " number when a signal killed the program."
        })
final class RunCommand extends DaemonCommand {

    @Option(
            names = {"-n", "--node"},
            paramLabel = "NODE",
            description = "start it on this node; otherwise on that of the daemon that is asked")
    private @Nullable Integer node;

    @Option(
            names = {"-t", "--tty"},
            description = "give it a terminal of its own")
    private boolean terminal;

    @Parameters(arity = "1..*", paramLabel = "CMD", description = "the program and its arguments")
    private List<String> arguments = new ArrayList<>();

    RunCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        Request.Run run =
                ProgramOptions.program(arguments, Optional.ofNullable(node).map(this::node), terminal);
        return ProgramSession.run(daemon().connect(), run, run.descriptors());
    }
}
