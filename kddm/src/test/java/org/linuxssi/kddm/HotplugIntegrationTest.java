package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.linuxssi.kddm.TestCluster.join;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.hotplug.NodeState;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** KDDM over the membership as it is, not as a test drives it. */
@Timeout(60)
class HotplugIntegrationTest {

    private record Node(Rpc rpc, Hotplug hotplug, Kddm kddm, KddmSet<Long> counters) {}

    private final SystemTime time = new SystemTime();
    private final MemoryNetwork network = new MemoryNetwork(time);
    private final Map<Integer, Node> nodes = new TreeMap<>();

    @BeforeEach
    void start() {
        for (int id = 0; id < 3; id++) {
            boot(id);
        }
        awaitState(NodeState.PRESENT, NodeSet.first(3));
        join(node(0).hotplug().startCluster(NodeSet.first(3)));
    }

    @AfterEach
    void stop() {
        nodes.values().forEach(HotplugIntegrationTest::crash);
        time.close();
    }

    private void boot(int id) {
        Rpc rpc = network.node(NodeId.of(id));
        Hotplug hotplug = Hotplug.create(rpc, HotplugConfig.of(time.nanos()).withSilence(Duration.ofSeconds(2)));
        Kddm kddm = new Kddm(rpc, hotplug);
        KddmSet<Long> counters = kddm.open(TestCluster.counterSpec());
        nodes.put(id, new Node(rpc, hotplug, kddm, counters));
        hotplug.start();
    }

    private static void crash(Node node) {
        node.rpc().close();
        node.hotplug().close();
        node.kddm().close();
    }

    private void awaitState(NodeState state, NodeSet which) {
        await().atMost(Duration.ofSeconds(15)).until(() -> nodes.values().stream()
                .allMatch(node -> node.hotplug().in(state).containsAll(which)));
    }

    private Node node(int id) {
        return Objects.requireNonNull(nodes.get(id));
    }

    private KddmSet<Long> counters(int node) {
        return node(node).counters();
    }

    @Test
    void objectsOutliveFailureRemovalAndReturnOfNodes() {
        for (long object = 0; object < 60; object++) {
            counters(0).setObject(object, object);
            assertThat(counters(1).read(object)).isEqualTo(object);
        }

        crash(Objects.requireNonNull(nodes.remove(2)));
        for (long object = 0; object < 60; object++) {
            assertThat(counters(1).update(object, n -> n + 1)).isEqualTo(object + 1);
        }

        await().atMost(Duration.ofSeconds(15))
                .until(() -> node(0).hotplug().settled().members().equals(NodeSet.first(2)));
        boot(2);
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            if (node(0).hotplug().state(NodeId.of(2)) == NodeState.PRESENT) {
                var _ = node(0).hotplug().add(NodeSet.of(NodeId.of(2)));
            }
            return node(2).hotplug().settled().members().equals(NodeSet.first(3));
        });
        for (long object = 0; object < 60; object++) {
            assertThat(counters(2).update(object, n -> n + 1)).isEqualTo(object + 2);
        }

        join(node(0).hotplug().remove(NodeSet.of(NodeId.of(2))));
        for (long object = 0; object < 60; object++) {
            assertThat(counters(0).read(object)).isEqualTo(object + 2);
        }

        await().atMost(Duration.ofSeconds(15)).until(() -> node(0).hotplug().state(NodeId.of(2)) == NodeState.PRESENT);
        join(node(0).hotplug().add(NodeSet.of(NodeId.of(2))));
        for (long object = 0; object < 60; object++) {
            assertThat(counters(2).update(object, n -> n + 1)).isEqualTo(object + 3);
        }
    }
}
