package org.linuxssi.daemon;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Exchange;
import org.linuxssi.control.Input;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.proc.LaunchRequest.Credentials;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Records;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.stream.Export;
import org.linuxssi.stream.Leaving;
import org.linuxssi.stream.StreamException;
import org.linuxssi.stream.StreamKind;
import org.linuxssi.stream.StreamTicket;
import org.linuxssi.stream.Streams;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/**
 * Programs that a command on one node has run by another node. The descriptors of the command are relayed; the order's
 * stream carries {@link Input} one way and {@link Answer} the other.
 */
final class RemotePrograms implements AutoCloseable {

    private static final Logger LOG = System.getLogger(RemotePrograms.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration DRAIN = Duration.ofMillis(500);
    private static final int SHUT_RDWR = 2;

    private static final Service<RunOrder, Codec.Nothing> RUN =
            Service.of(400, "daemon.run", RunOrder.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    /** What the command says; nothing when it has hung up. */
    private static final Codec<Optional<Input>> INPUT =
            Codec.of((input, out) -> out.optional(input, Input.CODEC), in -> in.optional(Input.CODEC));

    /** A reply, and the ticket of the terminal when it is {@link Reply.Started} and there is one. */
    private record Answer(Reply reply, Optional<StreamTicket> terminal) {
        static final Codec<Answer> CODEC = Codec.of(
                (answer, out) -> out.value(answer.reply, Reply.CODEC).optional(answer.terminal, StreamTicket.CODEC),
                in -> new Answer(in.value(Reply.CODEC), in.optional(StreamTicket.CODEC)));

        Answer(Reply reply) {
            this(reply, Optional.empty());
        }
    }

    private final Rpc rpc;
    private final Streams streams;
    private final Programs programs;
    private final Registration orders;

    RemotePrograms(Rpc rpc, Streams streams, Programs programs) {
        this.rpc = rpc;
        this.streams = streams;
        this.programs = programs;
        orders = rpc.accept(RUN, this::execute);
    }

    /** Has another node run a program for a command, until it ends. */
    Reply.Last run(NodeId node, Request.Run run, Exchange exchange) {
        Credentials user = new Credentials(
                exchange.caller().uid(),
                exchange.caller().gid(),
                exchange.caller().groups());
        List<Leaving> leaving = exchange.takeDescriptors().stream()
                .map(descriptor -> new Leaving(relayable(descriptor)))
                .toList();
        try (Export export = streams.prepareExport(node, leaving, PATIENCE);
                ByteStream stream = rpc.open(node, RUN, new RunOrder(run, user, export.tickets()))) {
            exchange.onInput(input -> tell(stream, input));
            return follow(stream, export, exchange);
        } catch (IOException | StreamException problem) {
            throw new ControlException(Errno.EHOSTUNREACH, "run on node " + node + ": " + problem.getMessage());
        }
    }

    private static int relayable(int descriptor) {
        if (StreamKind.of(descriptor).isPresent()) {
            return descriptor;
        }
        return Pump.pipeFor(descriptor, (Descriptors.flags(descriptor) & Descriptors.O_ACCMODE) == Fds.O_RDONLY);
    }

    private Reply.Last follow(ByteStream stream, Export export, Exchange exchange) throws IOException {
        while (true) {
            Answer answer = Records.read(stream, Answer.CODEC);
            switch (answer.reply()) {
                case Reply.Last last -> {
                    return last;
                }
                case Reply.Passing passing -> {
                    export.commit();
                    List<Integer> terminal = answer.terminal().stream()
                            .map(streams::importTicket)
                            .toList();
                    exchange.send(passing, terminal);
                    terminal.forEach(Fds::close);
                }
            }
        }
    }

    private static void tell(ByteStream stream, Input input) {
        try {
            if (input instanceof Input.HungUp) {
                Records.write(stream, INPUT, Optional.empty());
                stream.finish();
            } else {
                Records.write(stream, INPUT, Optional.of(input));
            }
        } catch (IOException problem) {
            LOG.log(Level.DEBUG, "a remote program was not told {0}: {1}", input, problem.getMessage());
        }
    }

    private void execute(NodeId from, RunOrder order, ByteStream stream) throws IOException {
        try (stream) {
            Reply.Last last;
            try {
                last = serve(from, order, stream);
            } catch (ErrnoException problem) {
                last = new Reply.Failed(problem.errno(), String.valueOf(problem.getMessage()));
            } catch (ControlException problem) {
                last = new Reply.Failed(problem.errno(), problem.getMessage());
            } catch (StreamException problem) {
                last = new Reply.Failed(Errno.EIO, String.valueOf(problem.getMessage()));
            } catch (InterruptedException _) {
                last = new Reply.Failed(Errno.ESHUTDOWN, "node " + programs.node() + " ends");
            }
            Records.write(stream, Answer.CODEC, new Answer(last));
            stream.finish();
        }
    }

    private Reply.Last serve(NodeId from, RunOrder order, ByteStream stream) throws IOException, InterruptedException {
        List<Integer> descriptors = new ArrayList<>();
        Programs.Running running;
        try {
            for (StreamTicket ticket : order.tickets()) {
                descriptors.add(streams.importTicket(ticket));
            }
            running = programs.start(order.run(), order.user(), descriptors);
        } finally {
            descriptors.forEach(Fds::close);
        }
        Bridge bridge = running.master().map(this::bridge).orElse(Bridge.NONE);
        try (Export terminal = streams.prepareExport(from, bridge.leaving(), PATIENCE)) {
            Reply.Started started = new Reply.Started(running.program().pid(), programs.node());
            Records.write(
                    stream,
                    Answer.CODEC,
                    new Answer(started, terminal.tickets().stream().findFirst()));
            terminal.commit();
        }
        Thread.ofVirtual().name("run-input").start(() -> listen(stream, running));
        WaitStatus status = Programs.awaitEnd(running.program());
        bridge.drain();
        streams.flush(PATIENCE);
        return new Reply.Exited(status.raw());
    }

    /** The user's side of a terminal is a socket, since masters of terminals are not relayed. */
    private record Bridge(List<Leaving> leaving, Optional<Thread> output) {
        static final Bridge NONE = new Bridge(List.of(), Optional.empty());

        /** Waits until the last output is on its way; a program in the background may keep the terminal open. */
        void drain() throws InterruptedException {
            if (output.isPresent()) {
                output.get().join(DRAIN);
            }
        }
    }

    private Bridge bridge(int master) {
        StreamSockets.Pair pair = StreamSockets.pair();
        AtomicInteger directions = new AtomicInteger(2);
        Runnable done = () -> {
            StreamSockets.shutdown(pair.first(), SHUT_RDWR);
            if (directions.decrementAndGet() == 0) {
                Fds.close(pair.first());
                Fds.close(master);
            }
        };
        Thread output = Pump.start("terminal-output", master, pair.first(), done);
        Pump.start("terminal-input", pair.first(), master, done);
        return new Bridge(List.of(new Leaving(pair.second())), Optional.of(output));
    }

    /** Only the command itself hangs up; the end of its daemon does not. */
    private void listen(ByteStream stream, Programs.Running running) {
        try {
            Optional<Input> input = Records.read(stream, INPUT);
            while (input.isPresent()) {
                programs.pass(input.get(), running);
                input = Records.read(stream, INPUT);
            }
            programs.pass(new Input.HungUp(), running);
        } catch (IOException lost) {
            LOG.log(
                    Level.DEBUG,
                    "pid {0} goes on without the daemon of its command: {1}",
                    running.program().pid(),
                    lost.getMessage());
        }
    }

    @Override
    public void close() {
        orders.close();
    }
}
