package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code krg signal}. */
@Command(
        name = "signal",
        description = "Sends a signal to a process, wherever it lives; in the container kill(1) does the same.")
final class SignalCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "SIGNAL", description = "a name, with or without SIG, or a number")
    private String signal = "";

    @Parameters(index = "1", paramLabel = "PID", description = "the process; after --, a group by its negated number")
    private int pid;

    SignalCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        int number = SignalName.number(signal).orElseThrow(() -> wrong("'" + signal + "' is no signal"));
        daemon().ask(new Request.Signal(pid, number), Reply.Done.class);
        return 0;
    }
}
