package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcConfig;
import org.linuxssi.rpc.Security;
import org.linuxssi.rpc.SocketRpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** The same membership on real sockets and real time. */
@Timeout(30)
class HotplugOverSocketsTest {

    private record Node(Rpc rpc, Hotplug hotplug) {
        void crash() {
            hotplug.close();
            rpc.close();
        }
    }

    /** Outgoing connections have ports of 127.0.0.1 only, so those of another address stay free. */
    private static final String HOST = hostOfThisProcess();

    private final SystemTime time = new SystemTime();
    private final List<String> addresses = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private long lives = 1;
    private Duration grace = HotplugConfig.of(0).grace();

    @AfterEach
    void stop() {
        nodes.forEach(Node::crash);
        time.close();
    }

    private void reserve(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
                addresses.add(HOST + ":" + socket.getLocalPort());
            }
        }
    }

    private static String hostOfThisProcess() {
        long pid = ProcessHandle.current().pid();
        return "127.%d.%d.%d".formatted(1 + (pid >> 16), pid >> 8 & 0xff, pid & 0xff);
    }

    private Node start(int id) throws IOException {
        int port = Integer.parseInt(addresses.get(id).split(":")[1]);
        RpcConfig config = new RpcConfig(
                "test",
                1,
                Optional.of(NodeId.of(id)),
                new InetSocketAddress(HOST, port),
                Optional.empty(),
                addresses,
                Security.plain(),
                Duration.ofMillis(50));
        Rpc rpc = SocketRpc.start(config, time);
        HotplugConfig usual = HotplugConfig.of(lives++).withAutostart(3);
        Hotplug hotplug = Hotplug.create(
                rpc,
                new HotplugConfig(
                        usual.incarnation(),
                        usual.heartbeat(),
                        usual.silence(),
                        grace,
                        usual.autostart(),
                        usual.mesh()));
        hotplug.start();
        return new Node(rpc, hotplug);
    }

    private boolean settled(NodeSet members) {
        return nodes.stream()
                .filter(node -> members.contains(node.hotplug().self()))
                .allMatch(node -> node.hotplug().settled().members().equals(members));
    }

    @Test
    void whereNobodyListensAnyMoreNothingIsWaitedFor() throws Exception {
        grace = Duration.ofMinutes(1);
        reserve(3);
        for (int i = 0; i < 3; i++) {
            nodes.add(start(i));
        }
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> settled(NodeSet.first(3)));
        nodes.get(0).crash();
        Awaitility.await()
                .atMost(Duration.ofSeconds(3))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> settled(NodeSet.parse("1-2")));
    }

    @Test
    void startsItselfLosesANodeWithinASecondAndTakesItBack() throws Exception {
        reserve(3);
        for (int i = 0; i < 3; i++) {
            nodes.add(start(i));
        }
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> settled(NodeSet.first(3)));
        List<HotplugEvent> seen = new CopyOnWriteArrayList<>();
        nodes.get(1).hotplug().register(Stage.KDDM, HotplugHandler.blocking(time, seen::add));
        nodes.get(2).hotplug().register(Stage.PROC, HotplugHandler.blocking(time, seen::add));

        long before = System.nanoTime();
        nodes.get(0).crash();
        Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> settled(NodeSet.parse("1-2")));
        long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
        assertThat(took).isLessThan(2000);
        assertThat(seen).hasSize(2).allMatch(HotplugEvent.Fail.class::isInstance);

        nodes.set(0, start(0));
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> settled(NodeSet.first(3)));
        assertThat(nodes.get(1)
                        .hotplug()
                        .remove(NodeSet.parse("0"))
                        .get(10, TimeUnit.SECONDS)
                        .members())
                .isEqualTo(NodeSet.parse("1-2"));
        assertThat(nodes.get(1).hotplug().state(NodeId.of(0))).isEqualTo(NodeState.PRESENT);
    }
}
