package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;

/** {@code krg kddmstat}. */
@Command(name = "kddmstat", description = "Shows the KDDM sets of this node and their statistics.")
final class KddmCommand extends DaemonCommand {

    KddmCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        out().println(daemon().ask(new Request.KddmStat(), Reply.Text.class)
                .text()
                .stripTrailing());
        return 0;
    }
}
