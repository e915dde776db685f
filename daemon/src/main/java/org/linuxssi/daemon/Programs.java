package org.linuxssi.daemon;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Exchange;
import org.linuxssi.control.Input;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.WindowSize;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.proc.Container;
import org.linuxssi.proc.LaunchRequest;
import org.linuxssi.proc.LaunchRequest.Credentials;
import org.linuxssi.proc.LaunchedProgram;
import org.linuxssi.proc.Launcher;
import org.linuxssi.stream.SharedOffsets;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** Starts programs in this node's container for {@code krg run} and its relatives. */
final class Programs {

    private static final Logger LOG = System.getLogger(Programs.class.getName());

    private final Container container;
    private final Launcher launcher;
    private final String socket;
    private final SharedOffsets offsets;

    /**
     * Starts programs in a container.
     *
     * @param socket path of this node's control socket, told to programs as LINUXSSI_SOCKET
     * @param offsets shares what commands and their programs have open
     */
    Programs(Container container, String socket, SharedOffsets offsets) {
        this.container = container;
        this.launcher = new Launcher(container);
        this.socket = socket;
        this.offsets = offsets;
    }

    /** A program that runs here, and its terminal's master when it has one of its own. */
    record Running(LaunchedProgram program, Optional<Integer> master) {}

    /** Runs a program on this node for a command, until it ends. */
    Reply.Last run(Request.Run run, Exchange exchange) throws InterruptedException {
        Running running = begin(run, exchange);
        tellStarted(running, exchange);
        return follow(running, exchange);
    }

    /** Starts a program for a command, with the descriptors that came with its request. */
    Running begin(Request.Run run, Exchange exchange) throws InterruptedException {
        Credentials caller = new Credentials(
                exchange.caller().uid(),
                exchange.caller().gid(),
                exchange.caller().groups());
        List<Integer> descriptors = exchange.takeDescriptors();
        try {
            Running running = start(run, caller, descriptors);
            share(descriptors, running);
            return running;
        } finally {
            descriptors.forEach(Fds::close);
        }
    }

    /** Who started the command may use its open files when the program has ended. */
    private void share(List<Integer> descriptors, Running running) {
        List<Registration> shared =
                descriptors.stream().map(offsets::shareOutside).toList();
        running.program().end().whenComplete((_, _) -> shared.forEach(Registration::close));
    }

    /** Tells a command that its program runs. */
    void tellStarted(Running running, Exchange exchange) {
        exchange.send(
                new Reply.Started(running.program().pid(), container.node()),
                running.master().stream().toList());
    }

    /** Does to a program what is done to its command, until it ends. */
    Reply.Exited follow(Running running, Exchange exchange) throws InterruptedException {
        exchange.onInput(input -> pass(input, running));
        try {
            return new Reply.Exited(await(running.program().end()).raw());
        } finally {
            running.master().ifPresent(Fds::close);
        }
    }

    /**
     * Starts a program.
     *
     * @param descriptors what it has open, as {@link Request.Run#descriptors} numbers them; they stay the caller's
     */
    Running start(Request.Run run, Credentials user, List<Integer> descriptors) throws InterruptedException {
        if (run.terminal()) {
            return startOnTerminal(run, user);
        }
        SortedMap<Integer, Integer> open = new TreeMap<>();
        List<Integer> numbers = run.descriptors();
        if (numbers.size() != descriptors.size()) {
            throw new ControlException(
                    Errno.EINVAL, "run: " + descriptors.size() + " descriptors came for those numbered " + numbers);
        }
        for (int i = 0; i < descriptors.size(); i++) {
            open.put(numbers.get(i), descriptors.get(i));
        }
        return new Running(launch(request(run, user, open)), Optional.empty());
    }

    private Running startOnTerminal(Request.Run run, Credentials user) throws InterruptedException {
        PseudoTerminal terminal = PseudoTerminal.open(user, run.window());
        SortedMap<Integer, Integer> open = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            open.put(i, terminal.peer());
        }
        boolean started = false;
        try {
            LaunchedProgram program = launch(request(run, user, open).withTerminal(0));
            started = true;
            return new Running(program, Optional.of(terminal.master()));
        } finally {
            Fds.close(terminal.peer());
            if (!started) {
                Fds.close(terminal.master());
            }
        }
    }

    private LaunchRequest request(Request.Run run, Credentials user, SortedMap<Integer, Integer> open) {
        List<String> environment = new ArrayList<>(run.environment());
        environment.removeIf(entry -> entry.startsWith("LINUXSSI_SOCKET="));
        environment.add("LINUXSSI_SOCKET=" + socket);
        LaunchRequest plain = LaunchRequest.of(run.arguments().toArray(String[]::new));
        return new LaunchRequest(
                plain.argv(),
                environment,
                run.directory(),
                user,
                run.umask(),
                plain.limits(),
                0,
                open,
                true,
                Optional.empty(),
                Optional.empty());
    }

    private LaunchedProgram launch(LaunchRequest request) throws InterruptedException {
        return await(launcher.launch(request));
    }

    /** Does to a program what its command's user does to the command. */
    void pass(Input input, Running running) {
        switch (input) {
            case Input.Signalled(int signal) -> signal(running.program().pid(), signal);
            case Input.Resized(WindowSize window) ->
                running.master().ifPresent(master -> PseudoTerminal.resize(master, window));
            case Input.Cancel() -> signal(running.program().pid(), Signals.SIGTERM);
            case Input.HungUp() -> {
                if (!running.program().end().isDone()) {
                    signal(running.program().pid(), Signals.SIGHUP);
                }
            }
        }
    }

    private void signal(int pid, int signal) {
        container.numbers().toHost(pid).ifPresent(host -> {
            long result = Signals.kill(host, signal);
            LOG.log(Level.DEBUG, "signal {0} to pid {1}: {2}", signal, pid, result);
        });
    }

    /** Returns the pid in the container of a process of this machine, if it is there. */
    OptionalInt inside(int hostPid) {
        return container.numbers().fromHost(hostPid).stream()
                .mapToInt(Integer::intValue)
                .findFirst();
    }

    private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException problem) {
            switch (problem.getCause()) {
                case ErrnoException failed -> throw failed;
                case null, default -> throw new ControlException(Errno.EIO, String.valueOf(problem.getCause()));
            }
        }
    }

    /** Returns the status of a program once it has ended. */
    static WaitStatus awaitEnd(LaunchedProgram program) throws InterruptedException {
        return await(program.end());
    }

    /** Returns the node whose programs these are. */
    NodeId node() {
        return container.node();
    }
}
