package org.linuxssi.testbed;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.linuxssi.cli.Cli;
import org.linuxssi.control.ControlException;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code krg testbed} and its forms. */
@Command(
        name = "testbed",
        description = "Makes a cluster of several nodes on this machine, and hurts it. Needs root.",
        footer = {"", "Everything is kept below the directory LINUXSSI_RUN, or else /run/linuxssi."})
final class TestbedCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private final TestBed bed;
    private final Map<String, String> environment;

    TestbedCommand(TestBed bed, Map<String, String> environment) {
        this.bed = bed;
        this.environment = environment;
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "a command is needed");
    }

    @Command(name = "up", description = "Makes the nodes and waits until the cluster is started.")
    int up(@Option(names = "--nodes", required = true, paramLabel = "N", description = "how many") int nodes) {
        requireRoot("up");
        bed.up(nodes);
        return status();
    }

    @Command(name = "down", description = "Ends all nodes and removes everything, also what a crashed run left.")
    int down() {
        requireRoot("down");
        bed.down();
        return 0;
    }

    @Command(name = "status", description = "Shows the nodes and the faults of the network.")
    int status() {
        bed.state().ifPresentOrElse(this::show, () -> out().println("no test bed"));
        return 0;
    }

    @Command(name = "exec", description = "Runs a program in a node's container.")
    int exec(
            @Parameters(index = "0", paramLabel = "NODE") int node,
            @Option(names = "-t", description = "with a terminal of its own") boolean terminal,
            @Parameters(index = "1..*", arity = "1..*", paramLabel = "CMD") List<String> command) {
        String number = Integer.toString(node);
        List<String> arguments = new ArrayList<>(List.of("run", "--on", number, "--node", number));
        if (terminal) {
            arguments.add("-t");
        }
        arguments.add("--");
        arguments.addAll(command);
        return new Cli(environment, out(), spec.commandLine().getErr()).execute("krg", arguments);
    }

    @Command(name = "cut", description = "Loses all frames between two nodes.")
    int cut(@Parameters(paramLabel = "A") int first, @Parameters(paramLabel = "B") int second) {
        requireRoot("cut");
        bed.cut(pair(first, second));
        return 0;
    }

    @Command(name = "delay", description = "Makes frames between two nodes late, by so many milliseconds a direction.")
    int delay(
            @Parameters(paramLabel = "A") int first,
            @Parameters(paramLabel = "B") int second,
            @Parameters(paramLabel = "MS", description = "0 ends it") int millis) {
        requireRoot("delay");
        bed.delay(pair(first, second), millis);
        return 0;
    }

    @Command(name = "heal", description = "Ends all cuts and delays.")
    int heal() {
        requireRoot("heal");
        bed.heal();
        return 0;
    }

    @Command(name = "kill", description = "Takes away a node's power: its daemon, its programs and its link, at once.")
    int kill(@Parameters(paramLabel = "NODE") int node) {
        requireRoot("kill");
        bed.kill(node);
        return 0;
    }

    @Command(name = "crash", description = "Ends a node's daemon as kill -9 does; its programs live on.")
    int crash(@Parameters(paramLabel = "NODE") int node) {
        requireRoot("crash");
        bed.crash(node);
        return 0;
    }

    @Command(
            name = "start",
            aliases = "restart",
            description = "Starts a node's daemon again, after crash or, with its power back, after kill.")
    int start(@Parameters(paramLabel = "NODE") int node) {
        requireRoot("start");
        bed.start(node);
        return 0;
    }

    @Command(name = "pause", description = "Stops a node's daemon without ending it.")
    int pause(@Parameters(paramLabel = "NODE") int node) {
        requireRoot("pause");
        bed.pause(node);
        return 0;
    }

    @Command(name = "resume", description = "Lets a stopped daemon go on.")
    int resume(@Parameters(paramLabel = "NODE") int node) {
        requireRoot("resume");
        bed.resume(node);
        return 0;
    }

    @Command(name = "demo", description = "Shows a cluster at work, step by step, in a test bed of its own.")
    int demo(@Option(names = "--nodes", defaultValue = "3", paramLabel = "N", description = "how many") int nodes) {
        if (nodes < Demo.LEAST_NODES) {
            throw new ParameterException(
                    spec.commandLine(), "the demonstration needs " + Demo.LEAST_NODES + " nodes or more");
        }
        requireRoot("demo");
        Path own = bed.directory().root().resolveSibling("linuxssi-demo");
        new Demo(new RunDirectory(own), nodes, out()).run();
        return 0;
    }

    private static void requireRoot(String form) {
        long uid = Syscalls.call(Nr.GETEUID);
        if (uid != 0) {
            throw new ControlException(
                    Errno.EPERM, "testbed " + form + ": user " + uid + " may not, only root; use sudo");
        }
    }

    private void show(BedState state) {
        for (int node = 0; node < state.nodes(); node++) {
            String address = Wiring.address(node).getHostAddress();
            String log = bed.directory().log(node).toString();
            String daemon = bed.daemon(node)
                    .map(process -> "daemon " + process.pid() + "  " + log)
                    .orElse(state.daemons().containsKey(node) ? "no daemon  " + log : "no power");
            out().println("node " + node + "  " + address + "  " + daemon);
        }
        state.cuts().forEach(pair -> out().println("cut " + pair));
        state.delays().forEach((pair, millis) -> out().println("delay " + pair + " " + millis + " ms"));
    }

    private NodePair pair(int first, int second) {
        try {
            return new NodePair(first, second);
        } catch (IllegalArgumentException problem) {
            throw new ParameterException(spec.commandLine(), String.valueOf(problem.getMessage()));
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
