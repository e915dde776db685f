package org.linuxssi.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.UnixSocket;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(30)
class ControlServerTest {

    private static final Request.Run RUN =
            new Request.Run(List.of("true"), List.of(), "/", 022, Optional.empty(), false, WindowSize.UNKNOWN);
    private static final Reply.Cluster UP = new Reply.Cluster(ClusterState.UP, NodeSet.first(2));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Path path() {
        return directory.resolve("control");
    }

    @Test
    void aRequestIsAnswered() {
        try (ControlServer _ = new ControlServer(path(), (_, _) -> UP)) {
            assertThat(ControlClient.ask(path(), new Request.ClusterStatus())).isEqualTo(UP);
            assertThat(ControlClient.ask(path(), new Request.ClusterStatus())).isEqualTo(UP);
        }
    }

    @Test
    void theServerKnowsWhoAsks() {
        BlockingQueue<UnixSocket.Peer> callers = new LinkedBlockingQueue<>();
        try (ControlServer _ = new ControlServer(path(), (_, exchange) -> {
            callers.add(exchange.caller());
            return UP;
        })) {
            ControlClient.ask(path(), new Request.ClusterStatus());
        }
        assertThat(callers).singleElement().extracting(UnixSocket.Peer::pid).isEqualTo((int)
                ProcessHandle.current().pid());
    }

    @Test
    void everybodyMayConnect() throws IOException {
        try (ControlServer _ = new ControlServer(path(), (_, _) -> UP)) {
            assertThat(Files.getPosixFilePermissions(path())).hasSize(6);
        }
        assertThat(path()).doesNotExist();
    }

    @Test
    void descriptorsPassInBothDirections() {
        int before = openDescriptors();
        try (ControlServer _ = new ControlServer(path(), (_, exchange) -> {
                    List<Integer> descriptors = exchange.takeDescriptors();
                    write(descriptors.get(1), "to the caller's pipe");
                    int[] other = pipe();
                    exchange.send(new Reply.Started(7, NodeId.of(0)), List.of(other[0]));
                    write(other[1], "to the daemon's pipe");
                    Stream.concat(descriptors.stream(), Stream.of(other[0], other[1]))
                            .forEach(ControlServerTest::close);
                    return new Reply.Exited(0);
                });
                ControlClient client = ControlClient.connect(path())) {
            int[] pipe = pipe();
            client.send(RUN, List.of(pipe[0], pipe[1], pipe[1]));
            List<String> texts = new ArrayList<>();
            assertThat(client.await((reply, descriptors) -> {
                        assertThat(reply).isEqualTo(new Reply.Started(7, NodeId.of(0)));
                        texts.add(read(descriptors.get(0)));
                        descriptors.forEach(ControlServerTest::close);
                    }))
                    .isEqualTo(new Reply.Exited(0));
            texts.add(read(pipe[0]));
            close(pipe[0]);
            close(pipe[1]);
            assertThat(texts).containsExactly("to the daemon's pipe", "to the caller's pipe");
        }
        Awaitility.await().until(() -> openDescriptors() == before);
    }

    @Test
    void descriptorsNobodyTakesAreClosed() {
        int before = openDescriptors();
        try (ControlServer _ = new ControlServer(path(), (_, _) -> UP);
                ControlClient client = ControlClient.connect(path())) {
            client.send(RUN, List.of(0, 1, 2));
            client.await((_, _) -> {});
        }
        Awaitility.await().until(() -> openDescriptors() == before);
    }

    @Test
    void theCallerSpeaksDuringARequest() {
        BlockingQueue<Input> inputs = new LinkedBlockingQueue<>();
        CountDownLatch cancelled = new CountDownLatch(1);
        try (ControlServer _ = new ControlServer(path(), (_, exchange) -> {
            exchange.onInput(input -> {
                inputs.add(input);
                if (input instanceof Input.Cancel) {
                    cancelled.countDown();
                }
            });
            exchange.send(new Reply.Progress("listening"));
            cancelled.await();
            return new Reply.Exited(15);
        })) {
            try (ControlClient client = ControlClient.connect(path())) {
                client.send(RUN, List.of());
                Reply.Last last = client.await((_, _) -> {
                    client.send(new Input.Signalled(15));
                    client.send(new Input.Resized(new WindowSize(1, 2)));
                    client.send(new Input.Cancel());
                });
                assertThat(last).isEqualTo(new Reply.Exited(15));
            }
            Awaitility.await().until(() -> inputs.size() == 4);
        }
        assertThat(inputs)
                .containsExactly(
                        new Input.Signalled(15),
                        new Input.Resized(new WindowSize(1, 2)),
                        new Input.Cancel(),
                        new Input.HungUp());
    }

    @Test
    void aCallerThatDiesIsNoticed() throws InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (ControlServer _ = new ControlServer(path(), (_, exchange) -> {
            exchange.onInput(_ -> gone.countDown());
            gone.await();
            exchange.send(new Reply.Progress("to nobody"));
            over.countDown();
            return UP;
        })) {
            ControlClient client = ControlClient.connect(path());
            client.send(new Request.ClusterStatus(), List.of());
            client.close();
            over.await();
            assertThat(over.getCount()).isZero();
        }
    }

    @Test
    void failuresCarryTheirErrno() {
        assertFails(
                (_, _) -> {
                    throw new ControlException(Errno.ENONET, "node 9 is not online");
                },
                Errno.ENONET,
                "node 9 is not online");
        assertFails(
                (_, _) -> {
                    throw new ErrnoException("kill 712", Errno.ESRCH);
                },
                Errno.ESRCH,
                "kill 712");
        assertFails(
                (_, _) -> {
                    throw new IllegalStateException("broken");
                },
                Errno.EIO,
                "broken");
    }

    private void assertFails(ControlHandler handler, Errno errno, String text) {
        try (ControlServer _ = new ControlServer(path(), handler)) {
            assertThatThrownBy(() -> ControlClient.ask(path(), new Request.ClusterStatus()))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining(text)
                    .extracting(problem -> ((ControlException) problem).errno())
                    .isEqualTo(errno);
        }
    }

    @Test
    void withoutADaemonItSaysSo() throws IOException {
        assertThatThrownBy(() -> ControlClient.connect(path()))
                .isInstanceOf(NotRunningException.class)
                .hasMessageStartingWith("LinuxSSI is not running (ENOENT");
        leaveDeadSocket();
        assertThatThrownBy(() -> ControlClient.connect(path())).hasMessageContaining("ECONNREFUSED");
    }

    @Test
    void theSocketOfADeadDaemonIsReplacedAndThatOfALivingOneIsNot() throws IOException {
        leaveDeadSocket();
        try (ControlServer _ = new ControlServer(path(), (_, _) -> UP)) {
            assertThat(ControlClient.ask(path(), new Request.ClusterStatus())).isEqualTo(UP);
            assertThatThrownBy(() -> new ControlServer(path(), (_, _) -> UP).close())
                    .hasMessageContaining("another daemon answers there")
                    .hasMessageContaining("EADDRINUSE");
        }
    }

    private void leaveDeadSocket() throws IOException {
        UnixSocket.listen(path().toString(), 0600).close();
        assertThat(Files.exists(path())).isTrue();
    }

    @Test
    void closingInterruptsARunningRequest() {
        CountDownLatch begun = new CountDownLatch(1);
        ControlServer server = new ControlServer(path(), (_, exchange) -> {
            exchange.send(new Reply.Progress("begun"));
            begun.countDown();
            new CountDownLatch(1).await();
            return UP;
        });
        try (ControlClient client = ControlClient.connect(path())) {
            client.send(new Request.ClusterWaitStart(), List.of());
            assertThatThrownBy(() -> client.await((_, _) -> server.close()))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("the daemon ends");
        }
    }

    /** What a command runs outlives its daemon: only the command itself hangs up. */
    @Test
    void theEndOfTheServerIsNoHangUp() {
        BlockingQueue<Input> heard = new LinkedBlockingQueue<>();
        ControlServer server = new ControlServer(path(), (_, exchange) -> {
            exchange.onInput(heard::add);
            exchange.send(new Reply.Progress("begun"));
            new CountDownLatch(1).await();
            return UP;
        });
        try (ControlClient client = ControlClient.connect(path())) {
            client.send(new Request.ClusterWaitStart(), List.of());
            assertThatThrownBy(() -> client.await((_, _) -> server.close())).isInstanceOf(ControlException.class);
        }
        Awaitility.await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("control-input-")));
        assertThat(heard).isEmpty();
    }

    @Test
    void aTooLongPathIsRefused() {
        assertThatThrownBy(() -> UnixSocket.listen("/tmp/" + "x".repeat(103), 0600))
                .hasMessageContaining("at most 107 fit")
                .hasMessageContaining("ENAMETOOLONG");
    }

    @Test
    void bytesThatAreNoFrameHurtNobody() {
        Random random = new Random(7);
        try (ControlServer _ = new ControlServer(path(), (_, _) -> UP)) {
            for (int round = 0; round < 200; round++) {
                byte[] junk = new byte[1 + random.nextInt(100)];
                random.nextBytes(junk);
                if (random.nextBoolean() && junk.length > 8) {
                    System.arraycopy(new byte[] {'K', 'S', 1, 0, (byte) (junk.length - 8), 0, 0, 0}, 0, junk, 0, 8);
                }
                try (UnixSocket socket = UnixSocket.connect(path().toString())) {
                    socket.send(MemorySegment.ofArray(junk), List.of());
                }
            }
            assertThat(ControlClient.ask(path(), new Request.ClusterStatus())).isEqualTo(UP);
        }
    }

    @Test
    void aCommandOfAnotherVersionIsToldSo() {
        try (ControlServer _ = new ControlServer(path(), (_, _) -> UP);
                UnixSocket socket = UnixSocket.connect(path().toString())) {
            byte[] other = {'K', 'S', 2, 0, 1, 0, 0, 0, 4};
            socket.send(MemorySegment.ofArray(other), List.of());
            byte[] answer = new byte[200];
            int count = socket.receive(MemorySegment.ofArray(answer)).count();
            assertThat(new String(answer, 0, count, StandardCharsets.UTF_8))
                    .contains("version 2 of the control protocol, here is version 1");
        }
    }

    private static int openDescriptors() {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return (int) descriptors
                    .filter(descriptor -> {
                        try {
                            String target = Files.readSymbolicLink(descriptor).toString();
                            return target.startsWith("pipe:") || target.startsWith("socket:");
                        } catch (IOException _) {
                            return false;
                        }
                    })
                    .count();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static int[] pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(8, 8);
            Syscalls.check("pipe", Syscalls.call(Nr.PIPE2, ends.address(), 0));
            return ends.toArray(java.lang.foreign.ValueLayout.JAVA_INT);
        }
    }

    private static void write(int fd, String text) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            Syscalls.check(
                    "write",
                    Syscalls.call(Nr.WRITE, fd, Syscalls.bytes(arena, bytes).address(), bytes.length));
        }
    }

    private static String read(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(100);
            long count = Syscalls.check("read", Syscalls.call(Nr.READ, fd, buffer.address(), 100));
            return new String(
                    buffer.asSlice(0, count).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    private static void close(int fd) {
        Syscalls.check("close " + fd, Syscalls.call(Nr.CLOSE, fd));
    }
}
