package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code krg shutdown}. */
@Command(name = "shutdown", description = "Ends this node's daemon and its programs.")
final class ShutdownCommand extends DaemonCommand {

    @Option(names = "--drain", description = "move the programs to other nodes before")
    private boolean drain;

    ShutdownCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        daemon().ask(new Request.Shutdown(drain), Reply.Done.class, this::show);
        return 0;
    }
}
