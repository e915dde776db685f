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
import org.linuxssi.linux.Syscalls;

/** A program that runs in the cluster, connected with this command's descriptors and signals. */
public final class ProgramSession {

    private static final List<String> RELAYED = List.of("HUP", "INT", "TERM", "USR1", "USR2", "ALRM", "CONT");
    private static final int SIGSTOP = 19;
    private static final String STOPPED = "TSTP";

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
     * @param terminal whether it gets a terminal of its own; otherwise it uses descriptors 0, 1 and 2 directly
     * @return the exit status in the shell's form
     */
    public static int run(ControlClient client, Request request, boolean terminal) {
        try (client) {
            return new ProgramSession(client).run(request, terminal);
        }
    }

    private int run(Request request, boolean terminal) {
        begin(request, terminal ? List.of() : List.of(0, 1, 2));
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
        if (!descriptors.isEmpty() && ownProcess()) {
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
            HostSignals.on("WINCH", () -> client.send(new Input.Resized(ProgramOptions.window())));
        } else {
            descriptors.forEach(DescriptorIo::close);
        }
    }

    private void relaySignals() {
        for (String name : RELAYED) {
            HostSignals.on(name, () -> relay(name));
        }
        HostSignals.on(STOPPED, () -> {
            relay(STOPPED);
            Syscalls.call(Nr.KILL, ProcessHandle.current().pid(), SIGSTOP);
        });
    }

    private synchronized void relay(String name) {
        SignalName.number(name).ifPresent(number -> client.send(new Input.Signalled(number)));
    }
}
