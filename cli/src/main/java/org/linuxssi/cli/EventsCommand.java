package org.linuxssi.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code krg events}. */
@Command(name = "events", description = "Shows what happened: views, migrations, failures.")
final class EventsCommand extends DaemonCommand {

    @Option(
            names = {"-l", "--limit"},
            paramLabel = "N",
            description = "the last N events (${DEFAULT-VALUE})")
    private int limit = 100;

    @Option(
            names = {"-f", "--follow"},
            description = "go on with new ones")
    private boolean follow;

    EventsCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        if (limit < 0) {
            throw wrong("--limit " + limit + " is negative");
        }
        daemon().ask(new Request.Events(limit, follow), Reply.Done.class, this::event);
        return 0;
    }

    private void event(Reply.Passing reply, List<Integer> descriptors) {
        if (reply instanceof Reply.Event event) {
            Instant time = Instant.ofEpochMilli(event.time()).truncatedTo(ChronoUnit.MILLIS);
            out().println(time + " node " + event.node() + " " + event.kind() + ": " + event.text());
            out().flush();
        }
        descriptors.forEach(DescriptorIo::close);
    }
}
