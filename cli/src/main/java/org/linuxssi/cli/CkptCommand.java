package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.Request.VersionsTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code krg ckpt} and its forms. */
@Command(
        name = "ckpt",
        description = "Shows and removes saved versions of applications; lists them when nothing is said.")
final class CkptCommand extends DaemonCommand {

    CkptCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        return list();
    }

    @Command(name = "list", description = "Lists all saved versions.")
    int list() {
        return show(VersionsTopic.LIST, 0, 0);
    }

    @Command(name = "show", description = "Shows one saved version.")
    int show(
            @Parameters(index = "0", paramLabel = "APPID", description = "the application") int application,
            @Parameters(index = "1", paramLabel = "VERSION", description = "the version") int version) {
        return show(VersionsTopic.SHOW, application, version);
    }

    @Command(name = "rm", description = "Removes one saved version.")
    int remove(
            @Parameters(index = "0", paramLabel = "APPID", description = "the application") int application,
            @Parameters(index = "1", paramLabel = "VERSION", description = "the version") int version) {
        return show(VersionsTopic.REMOVE, application, version);
    }

    private int show(VersionsTopic topic, int application, int version) {
        String text = daemon().ask(new Request.Versions(topic, application, version), Reply.Text.class)
                .text();
        if (!text.isEmpty()) {
            out().println(text);
        }
        return 0;
    }
}
