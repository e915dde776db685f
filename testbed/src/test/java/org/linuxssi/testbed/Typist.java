package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.Input;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.WindowSize;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Terminals;
import org.linuxssi.tools.NodeId;

/** Somebody who types at the terminal of a program and reads what it writes. */
final class Typist implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final WindowSize WINDOW = new WindowSize(50, 200);

    private final int keyboard;
    private final Optional<ControlClient> client;
    private final Runnable end;
    private final StringBuilder screen = new StringBuilder();
    private int seen;

    private Typist(int keyboard, Optional<ControlClient> client, Runnable end) {
        this.keyboard = keyboard;
        this.client = client;
        this.end = end;
        Thread.ofPlatform().daemon().name("screen").start(this::read);
    }

    /** Starts a program on a terminal in the cluster, as {@code krg run -t} does. */
    static Typist inCluster(Cluster cluster, int node, Command command) {
        ControlClient client = ControlClient.connect(cluster.bed().control(node));
        client.send(
                new Request.Run(
                        command.argv(),
                        environment(command),
                        command.directory().toString(),
                        022,
                        Optional.of(new NodeId(node)),
                        true,
                        WINDOW),
                List.of());
        CompletableFuture<Integer> terminal = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("typist").start(() -> {
            try {
                client.await((reply, descriptors) -> {
                    if (reply instanceof Reply.Started) {
                        terminal.complete(descriptors.getFirst());
                    }
                });
            } catch (RuntimeException problem) {
                terminal.completeExceptionally(problem);
            }
        });
        return new Typist(
                terminal.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join(),
                Optional.of(client),
                client::close);
    }

    /** Starts a program on a terminal outside the cluster; it ignores no signal, also when the tests run in the background. */
    static Typist natively(Command command) throws IOException {
        int keyboard = Terminals.openMaster("/dev/ptmx");
        Terminals.window(keyboard, Terminals.windowOf(WINDOW.rows(), WINDOW.columns()));
        int terminal = Terminals.openPeer(keyboard, Descriptors.O_RDWR);
        try {
            File file = new File("/proc/self/fd/" + terminal).getCanonicalFile();
            List<String> line = new ArrayList<>(List.of("env", "--default-signal", "setsid", "--ctty", "--wait"));
            line.addAll(command.argv());
            ProcessBuilder builder = new ProcessBuilder(line)
                    .directory(command.directory().toFile())
                    .redirectInput(file)
                    .redirectOutput(file)
                    .redirectError(file);
            builder.environment().clear();
            builder.environment().putAll(command.environment());
            Process process = builder.start();
            return new Typist(keyboard, Optional.empty(), process::destroy);
        } finally {
            Descriptors.close(terminal);
        }
    }

    private static List<String> environment(Command command) {
        return command.environment().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private void read() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(4096);
            int count = DescriptorIo.read(keyboard, buffer);
            while (count > 0) {
                byte[] bytes = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
                synchronized (screen) {
                    screen.append(new String(bytes, StandardCharsets.ISO_8859_1));
                }
                count = DescriptorIo.read(keyboard, buffer);
            }
        } catch (ErrnoException _) {
            return; // nobody has the terminal open any more
        }
    }

    /** Types. */
    void type(String text) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            DescriptorIo.write(keyboard, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
        }
    }

    /** Waits until a pattern appears after all that was waited for before. */
    MatchResult read(String pattern) {
        Pattern wanted = Pattern.compile(pattern, Pattern.DOTALL);
        await().alias(pattern).atMost(PATIENCE).untilAsserted(() -> assertThat(unread())
                .containsPattern(wanted));
        Matcher found = wanted.matcher(unread());
        assertThat(found.find()).isTrue();
        seen += found.end();
        return found.toMatchResult();
    }

    private String unread() {
        synchronized (screen) {
            return screen.substring(seen);
        }
    }

    /** Returns which process group is in the foreground, as the machine of the terminal numbers it. */
    int foreground() {
        return Terminals.foreground(keyboard);
    }

    /** Waits until a process group is no longer in the foreground. */
    void awaitForegroundIsNot(int group) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(foreground()).isNotEqualTo(group));
    }

    /** Gives the terminal another size. */
    void resize(int rows, int columns) {
        client.orElseThrow().send(new Input.Resized(new WindowSize(rows, columns)));
    }

    @Override
    public void close() {
        end.run();
        Descriptors.close(keyboard);
    }
}
