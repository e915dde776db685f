package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;

/** {@code krg kddmstat}, the older name of {@code krg kddm stat}. */
@Command(name = "kddmstat", description = "Shows the KDDM sets of this node and their statistics.")
final class KddmStatCommand extends DaemonCommand {

    KddmStatCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        Request.Kddm stat = new Request.Kddm(Request.KddmTopic.STAT, "", 0, 0);
        out().println(daemon().ask(stat, Reply.Text.class).text().stripTrailing());
        return 0;
    }
}
