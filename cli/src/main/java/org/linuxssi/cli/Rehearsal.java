package org.linuxssi.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.linuxssi.control.ClusterState;
import org.linuxssi.control.ControlHandler;
import org.linuxssi.control.ControlServer;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Uses the common commands once against a daemon that only plays one, so that the build can record the classes they
 * load (JEP 514).
 */
public final class Rehearsal {

    private static final List<List<String>> PLAY = List.of(
            List.of("krg", "--version"),
            List.of("krg", "--help"),
            List.of("krg", "ps"),
            List.of("krg", "ps", "--json"),
            List.of("krg", "run", "--", "true"),
            List.of("krg", "nodes", "status", "-a"),
            List.of("krgadm", "cluster"),
            List.of("migrate", "1", "2"));

    private Rehearsal() {}

    /** Plays. */
    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory("krg");
        Map<String, String> environment = Map.of("LINUXSSI_RUN", directory.toString());
        StringWriter screen = new StringWriter();
        try (ControlServer _ = new ControlServer(directory.resolve("control"), answers())) {
            for (List<String> line : PLAY) {
                new Cli(environment, new PrintWriter(screen), new PrintWriter(screen))
                        .execute(line.getFirst(), line.subList(1, line.size()));
            }
        } finally {
            Files.delete(directory);
        }
        System.out.print(screen);
    }

    private static ControlHandler answers() {
        NodeId node = NodeId.of(0);
        ProcessRow row = new ProcessRow(2, 1, 2, 2, 0, node, node, 'S', 10, 4096, 1, 0, "sleep 1");
        return (request, exchange) -> switch (request) {
            case Request.Run _ -> {
                exchange.send(new Reply.Started(2, node));
                yield new Reply.Exited(0);
            }
            case Request.Ps _ -> new Reply.Processes(List.of(row));
            case Request.NodesStatus _ ->
                new Reply.Nodes(List.of(new Reply.NodeLine(node, Reply.NodeLine.State.ONLINE, "")));
            case Request.ClusterStatus() -> new Reply.Cluster(ClusterState.UP, NodeSet.of(node));
            default -> new Reply.Done();
        };
    }
}
