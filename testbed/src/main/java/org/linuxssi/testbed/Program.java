package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.WindowSize;
import org.linuxssi.linux.Fds;
import org.linuxssi.tools.NodeId;

/**
 * A program in the cluster, started from here. Its output goes to files, which any node can write.
 *
 * <p>Close it to give its connection back; a program that still runs is told that its caller is gone.
 */
public final class Program implements AutoCloseable {

    private static final int O_WRONLY = 1;
    private static final int O_APPEND = 0x400;
    private static final long START_SECONDS = 30;

    private final ControlClient client;
    private final Path output;
    private final Path messages;
    private final CompletableFuture<Reply.Started> started = new CompletableFuture<>();
    private final CompletableFuture<Reply.Last> ended = new CompletableFuture<>();

    private Program(ControlClient client, Path output, Path messages) {
        this.client = client;
        this.output = output;
        this.messages = messages;
    }

    /**
     * Starts a program.
     *
     * @param control the socket of the node whose daemon starts it, and where it starts
     * @param node that node
     * @param command what to run
     * @param files an existing directory for its output
     * @throws ControlException when the daemon refuses
     */
    static Program start(Path control, int node, Command command, Path files) {
        try {
            Path output = Files.createTempFile(files, "program", ".out");
            Path messages = Files.createTempFile(files, "program", ".err");
            Program program = new Program(ControlClient.connect(control), output, messages);
            program.send(node, command);
            Thread.ofPlatform().daemon().name("program").start(program::listen);
            program.get(program.started, Duration.ofSeconds(START_SECONDS));
            return program;
        } catch (IOException problem) {
            throw new UncheckedIOException("make output files in " + files, problem);
        }
    }

    /** Returns its pid. */
    public int pid() {
        return started.join().pid();
    }

    /** Returns where it was started. */
    public int startNode() {
        return started.join().node().value();
    }

    /** Tells whether it has not ended yet. */
    public boolean running() {
        return !ended.isDone();
    }

    /** Returns what it wrote so far. */
    public String output() {
        return read(output);
    }

    /** Returns the file that is its standard output. */
    public Path outputFile() {
        return output;
    }

    /**
     * Waits for its end.
     *
     * @throws TestBedException when it does not end in time
     */
    public Result await(Duration patience) {
        Reply.Last last = get(ended, patience);
        if (last instanceof Reply.Exited exited) {
            return new Result(exited.code(), output(), read(messages));
        }
        throw new TestBedException("program " + pid() + ": unexpected last answer " + last);
    }

    @Override
    public void close() {
        client.close();
    }

    private void send(int node, Command command) {
        List<String> environment = command.environment().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
        Request run = new Request.Run(
                command.argv(),
                environment,
                command.directory().toString(),
                022,
                Optional.of(new NodeId(node)),
                false,
                new WindowSize(24, 80));
        List<Integer> descriptors = new ArrayList<>();
        try {
            descriptors.add(Fds.open(command.input().toString(), Fds.O_RDONLY));
            descriptors.add(Fds.open(output.toString(), O_WRONLY | O_APPEND));
            descriptors.add(Fds.open(messages.toString(), O_WRONLY | O_APPEND));
            client.send(run, descriptors);
        } finally {
            descriptors.forEach(Fds::close);
        }
    }

    private void listen() {
        try {
            ended.complete(client.await((reply, descriptors) -> {
                descriptors.forEach(Fds::close);
                if (reply instanceof Reply.Started start) {
                    started.complete(start);
                }
            }));
        } catch (RuntimeException problem) {
            ended.completeExceptionally(problem);
        }
        started.completeExceptionally(new TestBedException("the program ended before it was started"));
    }

    private <T> T get(CompletableFuture<T> future, Duration patience) {
        try {
            return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            String text = started.isDone() ? "program " + pid() + " does not end" : "the program does not start";
            throw new TestBedException(text + " within " + patience.toSeconds() + " s", late);
        } catch (ExecutionException failed) {
            if (ended.isCompletedExceptionally() && ended.exceptionNow() instanceof ControlException refusal) {
                throw refusal;
            }
            throw new TestBedException("program: " + failed.getCause(), failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new TestBedException("interrupted while waiting for a program", interrupted);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
    }
}
