package org.linuxssi.cli;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.Input;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.HostSignals;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Syscalls;

/** A program that runs in the cluster, connected with this command's descriptors and signals. */
public final class ProgramSession {

    private static final List<String> RELAYED = List.of("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "CONT");

    private final ControlClient client;
    private final AtomicReference<TerminalPump> pump = new AtomicReference<>();

    private ProgramSession(ControlClient client) {
        this.client = client;
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
        try (client) {
            return new ProgramSession(client).run(request, descriptors);
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
        } finally {
            TerminalPump running = pump.get();
            if (running != null) {
                running.close();
            }
        }
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
        if (reply instanceof Reply.Started && descriptors.size() == 1) {
            TerminalPump started = TerminalPump.start(descriptors.getFirst());
            pump.set(started);
            HostSignals.on(SignalName.WINCH, () -> client.send(new Input.Resized(ProgramOptions.window())));
        } else {
            descriptors.forEach(DescriptorIo::close);
        }
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
