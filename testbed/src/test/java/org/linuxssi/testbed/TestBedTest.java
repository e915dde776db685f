package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.NetNamespace;
import org.linuxssi.linux.ProcessIdentity;

/** The test bed with a shell in place of the daemon: what it does to networks, mounts and processes. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TestBedTest {

    /** Its child stands for a container. */
    private static final String STAND_IN = """
            echo "$2" >/node/mine
            sleep 600 &
            cp /node/mine "${2%/*}/control"
            wait
            """;

    private static final int PORT = 4001;

    @TempDir
    Path temporary;

    private RunDirectory directory;
    private TestBed bed;

    @BeforeEach
    void makeBed() {
        directory = new RunDirectory(temporary.resolve("run"));
        bed = bed((_, config) -> List.of("/bin/sh", "-c", STAND_IN, "sh", "--config", config.toString()));
    }

    @AfterEach
    void bringDown() {
        bed.down();
    }

    @Test
    void nodesHaveTheirOwnNetworkAndDirectoryAndNothingIsLeftAfterwards() throws IOException {
        bed.up(2);
        assertThat(bed.processes(0)).hasSizeGreaterThanOrEqualTo(2);
        assertThat(Files.readString(bed.control(1))).contains("node1");
        assertThat(NetworkInterface.getByName("node0")).isNull();
        ProcessIdentity daemon = bed.daemon(0).orElseThrow();
        bed.down();
        assertThat(daemon.alive()).isFalse();
        assertThat(directory.root()).doesNotExist();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(temporary.toString());
    }

    @Test
    void aSecondUpIsRefusedWhileTheFirstRuns() {
        bed.up(1);
        assertThatThrownBy(() -> bed.up(1))
                .isInstanceOf(TestBedException.class)
                .hasMessageContaining("krg testbed down");
        assertThat(bed.daemon(0)).isPresent();
    }

    @Test
    void theRestOfACrashedRunIsReplaced() {
        bed.up(2);
        List<ProcessIdentity> old = bed.processes(1);
        BedState state = bed.state().orElseThrow();
        new BedState(2, false, state.daemons(), state.cuts(), state.delays(), state.relay())
                .save(directory.stateFile());
        bed.up(1);
        assertThat(old).noneMatch(ProcessIdentity::alive);
        assertThat(bed.state().orElseThrow().nodes()).isEqualTo(1);
    }

    @Test
    void aDaemonThatDoesNotComeUpIsReportedWithItsLogAndNothingStays() {
        TestBed broken = bed((_, _) -> List.of("/bin/sh", "-c", "echo no such key >&2"));
        assertThatThrownBy(() -> broken.up(1))
                .isInstanceOf(TestBedException.class)
                .hasMessageContaining("node 0")
                .hasMessageContaining("no such key");
        assertThat(directory.root()).doesNotExist();
    }

    @Test
    void aNodeWithoutPowerIsSilentAndComesBack() throws IOException {
        bed.up(2);
        List<ProcessIdentity> victims = bed.processes(1);
        try (Link link = Link.between(directory, 0, 1)) {
            bed.kill(1);
            assertThat(victims).noneMatch(ProcessIdentity::alive);
            link.assertSilent();
        }
        assertThat(bed.daemon(1)).isEmpty();
        bed.start(1);
        assertThat(bed.daemon(1)).isPresent();
        try (Link link = Link.between(directory, 0, 1)) {
            assertThat(link.roundTrip()).isLessThan(Duration.ofSeconds(2));
        }
    }

    @Test
    void aDaemonThatCrashedIsFollowedByOneWithTheSameNetworkAndMounts() throws IOException {
        bed.up(1);
        ProcessIdentity first = bed.daemon(0).orElseThrow();
        List<ProcessIdentity> all = bed.processes(0);
        bed.crash(0);
        assertThat(first.alive()).isFalse();
        assertThat(all).filteredOn(process -> !process.equals(first)).allMatch(ProcessIdentity::alive);
        Files.delete(bed.control(0));
        Files.writeString(Path.of("/proc/" + all.getLast().pid() + "/root/node/left"), "by the first");
        bed.start(0);
        ProcessIdentity second = bed.daemon(0).orElseThrow();
        assertThat(Path.of("/proc/" + second.pid() + "/root/node/left")).hasContent("by the first");
        assertThat(bed.processes(0)).contains(second).containsAll(all.subList(1, all.size()));
    }

    @Test
    void aCutLosesFramesOfThePairOnly() throws IOException {
        bed.up(3);
        try (Link cut = Link.between(directory, 0, 1);
                Link whole = Link.between(directory, 0, 2)) {
            bed.cut(new NodePair(1, 0));
            cut.assertSilent();
            assertThat(whole.roundTrip()).isLessThan(Duration.ofSeconds(2));
            bed.heal();
            cut.awaitEcho();
        }
    }

    @Test
    void aDelayHoldsUpBothDirections() throws IOException {
        bed.up(3);
        try (Link slow = Link.between(directory, 0, 1);
                Link fast = Link.between(directory, 1, 2)) {
            bed.delay(new NodePair(0, 1), 300);
            assertThat(slow.roundTrip()).isBetween(Duration.ofMillis(600), Duration.ofSeconds(10));
            assertThat(fast.roundTrip()).isLessThan(Duration.ofMillis(600));
            slow.sendMuch(4 << 20);
            bed.delay(new NodePair(0, 1), 0);
            slow.roundTrip();
            assertThat(slow.roundTrip()).isLessThan(Duration.ofMillis(600));
        }
        assertThat(bed.state().orElseThrow().relay()).isEmpty();
    }

    @Test
    void aPausedDaemonStandsStill() {
        bed.up(1);
        ProcessIdentity daemon = bed.daemon(0).orElseThrow();
        bed.pause(0);
        await().until(() -> state(daemon).equals("T"));
        bed.resume(0);
        await().until(() -> !state(daemon).equals("T"));
    }

    private TestBed bed(DaemonCommand command) {
        Readiness readiness = (control, _) -> Files.exists(control) ? "" : control + " is missing";
        return new TestBed(directory, command, readiness);
    }

    private static String state(ProcessIdentity process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    }

    /** A TCP connection from one node to another. */
    private record Link(Socket client, Socket server) implements AutoCloseable {

        static Link between(RunDirectory directory, int from, int to) throws IOException {
            NetNamespace source = NetNamespace.find(directory.network(from)).orElseThrow();
            NetNamespace target = NetNamespace.find(directory.network(to)).orElseThrow();
            try (ServerSocket listener = target.call(() -> new ServerSocket(PORT, 1, Wiring.address(to)))) {
                Socket client = source.call(() -> {
                    Socket socket = new Socket();
                    socket.setTcpNoDelay(true);
                    socket.connect(new InetSocketAddress(Wiring.address(to), PORT), 5000);
                    return socket;
                });
                return new Link(client, listener.accept());
            }
        }

        Duration roundTrip() throws IOException {
            long start = System.nanoTime();
            client.setSoTimeout(10_000);
            client.getOutputStream().write(7);
            server.getOutputStream().write(server.getInputStream().read());
            assertThat(client.getInputStream().read()).isEqualTo(7);
            return Duration.ofNanos(System.nanoTime() - start);
        }

        void sendMuch(int bytes) throws IOException {
            byte[] sent = new byte[bytes];
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.getOutputStream().write(sent);
                } catch (IOException problem) {
                    throw new AssertionError(problem);
                }
            });
            assertThat(server.getInputStream().readNBytes(bytes)).hasSize(bytes);
            await().until(() -> !sender.isAlive());
        }

        void assertSilent() throws IOException {
            server.setSoTimeout(300);
            client.getOutputStream().write(1);
            assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        }

        void awaitEcho() throws IOException {
            server.setSoTimeout(20_000);
            assertThat(server.getInputStream().read()).isEqualTo(1);
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }
}
