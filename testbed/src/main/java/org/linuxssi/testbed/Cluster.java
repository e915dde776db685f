package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.MigrationReport;
import org.linuxssi.control.NodeSelection;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;

/**
 * A running test bed with what people do in it: run programs, move them, look for them.
 *
 * <pre>{@code
 * try (Cluster cluster = Cluster.start(new RunDirectory(path), 3)) {
 *     Program program = cluster.start(0, Command.of("sleep", "100"));
 *     cluster.migrate(program.pid(), 2);
 * }
 * }</pre>
 */
public final class Cluster implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final TestBed bed;
    private final int nodes;
    private final Path files;

    private Cluster(TestBed bed, int nodes, Path files) {
        this.bed = bed;
        this.nodes = nodes;
        this.files = files;
    }

    /**
     * Brings a cluster up; what an earlier one left in the directory goes first, running or not.
     *
     * @param directory the test bed's
     * @param nodes how many
     */
    public static Cluster start(RunDirectory directory, int nodes) {
        return start(directory, nodes, DaemonCommand.of(System.getenv()));
    }

    /** Does the same with a certain daemon. */
    public static Cluster start(RunDirectory directory, int nodes, DaemonCommand command) {
        TestBed bed = new TestBed(directory, command, new ControlReadiness());
        bed.down();
        bed.up(nodes);
        try {
            return new Cluster(bed, nodes, Files.createTempDirectory("linuxssi-programs"));
        } catch (IOException problem) {
            bed.down();
            throw new UncheckedIOException("make a directory for output", problem);
        }
    }

    /** Returns the test bed. */
    public TestBed bed() {
        return bed;
    }

    /** Returns the number of nodes. */
    public int nodes() {
        return nodes;
    }

    /** Returns a directory for files of programs, on the file system that all nodes share. */
    public Path files() {
        return files;
    }

    /** Starts a program on a node. */
    public Program start(int node, Command command) {
        return Program.start(bed.control(node), node, command, files);
    }

    /** Runs a program on a node to its end. */
    public Result run(int node, String... argv) {
        try (Program program = start(node, Command.of(argv))) {
            return program.await(PATIENCE);
        }
    }

    /**
     * Moves a process.
     *
     * @throws ControlException with the daemon's reason
     */
    public MigrationReport migrate(int pid, int node) {
        return ask(anyNode(), new Request.Migrate(pid, new NodeId(node), false), Reply.Migrated.class)
                .report();
    }

    /** Returns the node where a process lives, if it lives. */
    public Optional<Integer> where(int pid) {
        return ps(anyNode(), List.of(pid)).stream()
                .filter(row -> row.pid() == pid)
                .map(row -> row.node().value())
                .findFirst();
    }

    /** Returns all processes as a node sees them. */
    public List<ProcessRow> ps(int node) {
        return ps(node, List.of());
    }

    /** Sends a signal as root of a node. */
    public void signal(int node, int pid, int signal) {
        ask(node, new Request.Signal(pid, signal), Reply.Done.class);
    }

    /** Returns the state of each node as another one sees it. */
    public List<Reply.NodeLine> nodeStates(int node) {
        return ask(node, new Request.NodesStatus(new NodeSelection.All()), Reply.Nodes.class)
                .nodes();
    }

    /** Counts what must not grow. */
    public Leaks leaks() {
        return Leaks.count(bed, nodes);
    }

    /** Returns what grew since an earlier count, empty when nothing did. */
    public Map<String, Long> leaksSince(Leaks before) {
        return leaks().since(before);
    }

    /** Takes everything down. */
    @Override
    public void close() {
        bed.down();
        RunDirectory.deleteTree(files);
    }

    /**
     * Asks a node's daemon.
     *
     * @param answer the expected answer
     */
    public <T extends Reply.Last> T ask(int node, Request request, Class<T> answer) {
        Reply.Last last = ControlClient.ask(bed.control(node), request);
        if (!answer.isInstance(last)) {
            throw new ControlException(Errno.EPROTO, "unexpected answer " + last + " to " + request);
        }
        return answer.cast(last);
    }

    private List<ProcessRow> ps(int node, List<Integer> pids) {
        return ask(node, new Request.Ps(pids, Optional.empty(), Optional.empty()), Reply.Processes.class)
                .rows();
    }

    /** Returns the first node that has power. */
    private int anyNode() {
        return bed.state().orElseThrow().daemons().keySet().iterator().next();
    }
}
