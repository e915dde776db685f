package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.VirtualTime;

/** Nodes in virtual time; each writes down what its handlers see. */
final class SimulatedCluster {

    /** One node. */
    final class Node {
        final NodeId id;
        final Rpc rpc;
        final Hotplug hotplug;
        final List<String> events = new ArrayList<>();
        final List<View> views = new ArrayList<>();
        final List<Boolean> pauses = new ArrayList<>();

        Node(NodeId id, HotplugConfig config) {
            this.id = id;
            rpc = network.node(id);
            hotplug = Hotplug.create(rpc, config);
            hotplug.onView(views::add);
            hotplug.onPause((paused, _) -> pauses.add(paused));
        }

        /** Has all stages written down, with some time of work in each. */
        Node recording() {
            for (Stage stage : Stage.values()) {
                hotplug.register(stage, event -> {
                    String entry = stage + " " + describe(event);
                    events.add("begin " + entry);
                    journal.add(id + " begin " + entry);
                    CompletableFuture<String> done = new CompletableFuture<>();
                    time.after(Duration.ofMillis(1 + id.value() % 7), () -> {
                        journal.add(id + " end " + entry);
                        done.complete(entry);
                    });
                    return done;
                });
            }
            return this;
        }

        void crash() {
            hotplug.close();
            rpc.close();
            nodes.remove(id);
        }
    }

    final VirtualTime time = new VirtualTime();
    final MemoryNetwork network = new MemoryNetwork(time);
    final Map<NodeId, Node> nodes = new TreeMap<>();
    final List<String> journal = new ArrayList<>();
    private final int mesh;
    private long lives = 1;

    SimulatedCluster(int mesh) {
        this.mesh = mesh;
        network.latency((_, _) -> Duration.ofNanos(300_000));
    }

    static String describe(HotplugEvent event) {
        return switch (event) {
            case HotplugEvent.Add add -> "ADD " + add.nodes();
            case HotplugEvent.Remove remove -> "REMOVE " + remove.phase() + " " + remove.nodes();
            case HotplugEvent.Fail fail -> "FAIL " + fail.nodes();
        };
    }

    Node start(int id, UnaryOperator<HotplugConfig> options) {
        Node node =
                new Node(NodeId.of(id), options.apply(HotplugConfig.of(lives++).withMesh(mesh)));
        nodes.put(node.id, node);
        return node;
    }

    Node start(int id) {
        Node node = start(id, UnaryOperator.identity());
        node.hotplug.start();
        return node;
    }

    /** Starts nodes 0 to count - 1 and makes a cluster of them. */
    SimulatedCluster up(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            start(i).recording();
        }
        pass(2);
        await(node(0).hotplug.startCluster(NodeSet.first(count)));
        pass(1);
        return this;
    }

    Node node(int id) {
        Node node = nodes.get(NodeId.of(id));
        if (node == null) {
            throw new IllegalStateException("node " + id + " does not run");
        }
        return node;
    }

    /** No two nodes ever saw different views with the same epoch. */
    void assertViewsAgree() {
        Map<Long, View> byEpoch = new HashMap<>();
        nodes.values()
                .forEach(node -> node.views.forEach(view -> {
                    View other = byEpoch.putIfAbsent(view.epoch(), view);
                    assertThat(other == null || other.equals(view))
                            .as(view + " and " + other)
                            .isTrue();
                }));
    }

    /** No node relies on its membership while others go on without it. */
    void assertTrustIsJustified() {
        for (Node node : nodes.values()) {
            View mine = node.hotplug.view();
            if (mine.started() && node.hotplug.trusted()) {
                assertThat(nodes.values())
                        .as("node " + node.id + " is trusted in " + mine)
                        .noneMatch(other -> other.hotplug.view().epoch() > mine.epoch()
                                && !other.hotplug.view().contains(node.id));
            }
        }
    }

    void pass(double seconds) {
        time.advance(Duration.ofMillis((long) (seconds * 1000)));
    }

    <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
        return time.await(future);
    }

    NodeSet set(String list) {
        return NodeSet.parse(list);
    }
}
