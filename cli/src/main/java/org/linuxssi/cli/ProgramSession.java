package org.linuxssi.cli;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Input;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.HostSignals;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Syscalls;

/** A program that runs in the cluster, connected with this command's descriptors and signals. */
public final class ProgramSession {

    private static final Set<Errno> ENDED = Set.of(Errno.ECONNRESET, Errno.ESHUTDOWN);
    private static final List<String> RELAYED = List.of("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "CONT");

    private final ControlClient client;
    private final AtomicReference<TerminalPump> pump = new AtomicReference<>();
    private final IntConsumer started;
    private volatile int program;

    private ProgramSession(ControlClient client, IntConsumer started) {
        this.client = client;
        this.started = started;
    }

    /**
     * Runs a program until it ends, and closes the connection.
     *
     * @param client a new connection
     * @param request {@link Request.Run} or {@link Request.Enter}
     * @param descriptors those of this command that the program uses directly; none when it gets a terminal of its own
     * @return the exit status in the shell's form
     */
    public static int run(ControlClient client, Request request, List<Integer> descriptors) {
        return run(client, request, descriptors, _ -> {});
    }

    /** The same, and tells the pid of the program when it runs. */
    static int run(ControlClient client, Request request, List<Integer> descriptors, IntConsumer started) {
        try (client) {
            return new ProgramSession(client, started).run(request, descriptors);
        }
    }

    private int run(Request request, List<Integer> descriptors) {
        begin(request, descriptors);
        try {
            Reply.Exited exited = Daemon.expect(client.await(this::passing), Reply.Exited.class);
            TerminalPump running = pump.get();
            if (running != null) {
                running.drain();
            }
            return exited.code();
        } catch (ControlException problem) {
            throw afterStart(problem);
        } finally {
            TerminalPump running = pump.get();
            if (running != null) {
                running.close();
            }
        }
    }

    /** A program that has moved, or whose container got another daemon, lives on when the daemon has ended. */
    private ControlException afterStart(ControlException problem) {
        int pid = program;
        if (pid == 0 || !ENDED.contains(problem.errno())) {
            return problem;
        }
        return new ControlException(
                problem.errno(),
                "the daemon of this node ended and with it the connection to pid " + pid
                        + ", which may live on; see krg ps, here under the next daemon or on another node");
    }

    /**
     * A signal that comes from now on is relayed, after the request. The input is the program's alone then: who waits for
     * its last reader does not wait for this command.
     */
    private synchronized void begin(Request request, List<Integer> descriptors) {
        relaySignals();
        client.send(request, descriptors);
        if (descriptors.contains(0) && ownProcess()) {
            DescriptorIo.replaceByNull(0);
        }
    }

    /** Tells whether the command has this process for itself, and so its descriptors. */
    private static boolean ownProcess() {
        return System.getProperty("linuxssi.command") != null;
    }

    private void passing(Reply.Passing reply, List<Integer> descriptors) {
        if (reply instanceof Reply.Started(int pid, var _)) {
            program = pid;
            started.accept(pid);
            if (descriptors.size() == 1) {
                pump.set(TerminalPump.start(descriptors.getFirst()));
                HostSignals.on(SignalName.WINCH, () -> client.send(new Input.Resized(ProgramOptions.window())));
                return;
            }
        }
        descriptors.forEach(DescriptorIo::close);
    }

    private void relaySignals() {
        for (String name : RELAYED) {
            SignalName.number(name).ifPresent(number -> HostSignals.on(number, () -> relay(number)));
        }
        HostSignals.on(Signals.SIGTSTP, () -> {
            relay(Signals.SIGTSTP);
            Syscalls.call(Nr.KILL, ProcessHandle.current().pid(), Signals.SIGSTOP);
        });
    }

    private synchronized void relay(int signal) {
        client.send(new Input.Signalled(signal));
    }
}
