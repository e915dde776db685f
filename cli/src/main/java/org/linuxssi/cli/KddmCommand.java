package org.linuxssi.cli;

import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.Request.KddmTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code krg kddm} and its forms. */
@Command(name = "kddm", description = "Shows the sets of shared objects; sets when nothing is said.")
final class KddmCommand extends DaemonCommand {

    private static final String SET = "name space and number, as 200:1";

    KddmCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        return show(KddmTopic.SETS, "", 0, 0);
    }

    @Command(name = "sets", description = "Shows the sets that this node knows and their properties.")
    int sets() {
        return show(KddmTopic.SETS, "", 0, 0);
    }

    @Command(name = "stat", description = "Shows what this node has of the sets and how it is used.")
    int stat() {
        return show(KddmTopic.STAT, "", 0, 0);
    }

    @Command(name = "objects", description = "Shows what this node has of a set's objects.")
    int objects(
            @Parameters(paramLabel = "SET", description = SET) String set,
            @Option(
                            names = {"-l", "--limit"},
                            paramLabel = "N",
                            defaultValue = "1000",
                            description = "the most objects, ${DEFAULT-VALUE} if not given")
                    int limit) {
        return show(KddmTopic.OBJECTS, set, 0, limit);
    }

    @Command(name = "waits", description = "Shows who waits for whom, on all nodes.")
    int waits() {
        return show(KddmTopic.WAITS, "", 0, 0);
    }

    @Command(name = "get", description = "Shows the bytes of an object; for root.")
    int get(
            @Parameters(index = "0", paramLabel = "SET", description = SET) String set,
            @Parameters(index = "1", paramLabel = "OBJECT", description = "number of the object") long object) {
        return show(KddmTopic.GET, set, object, 0);
    }

    private int show(KddmTopic topic, String set, long object, int limit) {
        out().println(daemon().ask(new Request.Kddm(topic, set, object, limit), Reply.Text.class)
                .text()
                .stripTrailing());
        return 0;
    }
}
