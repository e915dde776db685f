package org.linuxssi.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.linuxssi.control.Reply;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.tools.NodeId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that asks a daemon. */
@Command
abstract class DaemonCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final Daemon daemon;

    DaemonCommand(Daemon daemon) {
        this.daemon = daemon;
    }

    final Daemon daemon() {
        return daemon;
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    final ParameterException wrong(String problem) {
        return new ParameterException(spec.commandLine(), problem);
    }

    /** Checks a node's number. */
    final NodeId node(int number) {
        try {
            return NodeId.of(number);
        } catch (IllegalArgumentException problem) {
            throw wrong(String.valueOf(problem.getMessage()));
        }
    }

    /** Shows the daemon's lines as they come. */
    final void show(Reply.Passing reply, List<Integer> descriptors) {
        descriptors.forEach(DescriptorIo::close);
        if (reply instanceof Reply.Progress progress) {
            out().println(progress.text());
            out().flush();
        }
    }
}
