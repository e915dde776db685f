package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Views in which each member watches a few others only. {@code -Dlinuxssi.scale.members=N} sets the size of the largest. */
@Timeout(120)
class LargeViewTest {

    private static final int MANY = Integer.getInteger("linuxssi.scale.members", 96);
    private static final int SOME = 32;
    private static final int JOIN = 32;
    private static final int MEASURED_SECONDS = 3;
    private static final Logger QUIET = Logger.getLogger("org.linuxssi");

    private SimulatedCluster cluster = new SimulatedCluster(HotplugConfig.MESH);
    private long messages;

    @BeforeAll
    static void quiet() {
        QUIET.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        QUIET.setLevel(null);
    }

    private void up(int nodes) throws Exception {
        for (int i = 0; i < nodes; i++) {
            cluster.start(i);
        }
        cluster.pass(2);
        cluster.await(cluster.node(0).hotplug.startCluster(NodeSet.first(nodes)));
        cluster.pass(2);
    }

    private void assertAllSee(NodeSet members) {
        for (NodeId id : members) {
            Hotplug hotplug = cluster.node(id.value()).hotplug;
            assertThat(hotplug.settled().members()).as("settled on node " + id).isEqualTo(members);
            assertThat(hotplug.view()).as("view of node " + id).isEqualTo(hotplug.settled());
            assertThat(hotplug.paused()).as("pause of node " + id).isFalse();
            assertThat(hotplug.trusted()).as("trust of node " + id).isTrue();
        }
    }

    private void assertNothingHappened() {
        cluster.nodes.values().forEach(node -> {
            assertThat(node.views).as("views of node " + node.id).hasSize(1);
            assertThat(node.pauses).as("pauses of node " + node.id).isEmpty();
        });
    }

    private static NodeSet neighbours(int node, int nodes) {
        return new Rings(NodeSet.first(nodes)).neighbours(NodeId.of(node));
    }

    /** Returns the messages that a node sends each second while nothing happens, on average. */
    private double messagesASecond(int mesh, int nodes) throws Exception {
        cluster = new SimulatedCluster(mesh);
        cluster.network.latency((_, _) -> {
            messages++;
            return Duration.ofNanos(300_000);
        });
        up(nodes);
        messages = 0;
        cluster.pass(MEASURED_SECONDS);
        assertAllSee(NodeSet.first(nodes));
        assertNothingHappened();
        return (double) messages / MEASURED_SECONDS / nodes;
    }

    @Test
    void aNodeSendsTheSameAmongManyNodes() throws Exception {
        double few = messagesASecond(HotplugConfig.MESH, JOIN);
        double many = messagesASecond(HotplugConfig.MESH, MANY);
        double toAll = messagesASecond(MANY, JOIN);
        System.getLogger("scale")
                .log(
                        System.Logger.Level.INFO,
                        "messages a node and second: {0} among {1}, {2} among {3}; {4} among {1} when all watch all",
                        few,
                        JOIN,
                        many,
                        MANY,
                        toAll);
        assertThat(few).isGreaterThan(8);
        assertThat(many).isLessThan(1.5 * few);
        assertThat(toAll).isBetween(2.0 * (JOIN - 1) - 1, 2.0 * (JOIN - 1) + 1);
    }

    @Test
    void aDeadProcessIsNoticedWithinASecond() throws Exception {
        up(SOME);
        cluster.node(7).crash();
        cluster.pass(0.9);
        assertAllSee(NodeSet.first(SOME).minus(NodeId.of(7)));
        assertThat(cluster.node(0).hotplug.fellSilent(NodeId.of(7))).isFalse();
    }

    /** Power loss: nothing is heard and no connection breaks; also by all those who watch the node. */
    @Test
    void aNodeIsMissedThoughItsWatchersFailAtTheSameMoment() throws Exception {
        up(SOME);
        NodeSet dark = neighbours(20, SOME).plus(NodeId.of(20));
        NodeSet rest = NodeSet.first(SOME).minus(dark);
        dark.forEach(node -> cluster.network.cut(NodeSet.of(node), NodeSet.first(SOME)));
        cluster.pass(3.5);
        assertThat(cluster.node(rest.toList().getFirst().value()).views).hasSize(1);
        cluster.pass(2.5);
        assertAllSee(rest);
        for (NodeId node : dark) {
            assertThat(cluster.node(node.value()).hotplug.paused()).isTrue();
            assertThat(cluster.node(rest.toList().getLast().value()).hotplug.fellSilent(node))
                    .isTrue();
        }
    }

    @Test
    void theMinorityPausesBeforeTheMajorityGoesOnAndComesBack() throws Exception {
        up(SOME);
        NodeSet minority = NodeSet.first(13);
        NodeSet majority = NodeSet.first(SOME).minus(minority);
        cluster.network.cut(minority, majority);
        while (cluster.node(SOME - 1).views.size() == 1) {
            cluster.pass(0.02);
            if (cluster.nodes.values().stream().anyMatch(node -> node.views.size() > 1)) {
                minority.forEach(node ->
                        assertThat(cluster.node(node.value()).hotplug.trusted()).isFalse());
            }
        }
        cluster.pass(2);
        assertAllSee(majority);
        minority.forEach(
                node -> assertThat(cluster.node(node.value()).hotplug.paused()).isTrue());
        cluster.network.heal();
        cluster.pass(10);
        assertAllSee(NodeSet.first(SOME));
    }

    /** One bad link, or one node that claims something of another, throws nobody out, and changes go on meanwhile. */
    @Test
    void twoNodesThatDoNotReachEachOtherStay() throws Exception {
        up(SOME);
        NodeId other = neighbours(30, SOME).toList().getFirst();
        cluster.network.cut(NodeId.of(30), other);
        cluster.pass(12);
        assertNothingHappened();
        cluster.node(30).rpc.disconnect(other, "test");
        cluster.node(other.value()).rpc.disconnect(NodeId.of(30), "test");
        cluster.pass(10);
        assertNothingHappened();
        assertAllSee(NodeSet.first(SOME));
        cluster.await(cluster.node(3).hotplug.remove(cluster.set("20")));
        cluster.pass(3);
        assertAllSee(NodeSet.first(SOME).minus(NodeId.of(20)));
    }

    @Test
    void aNodeThatFewReachIsVotedOut() throws Exception {
        up(SOME);
        NodeSet watching = neighbours(30, SOME);
        NodeSet few = NodeSet.of(watching.toList().subList(0, watching.size() / 3));
        cluster.network.cut(NodeSet.of(NodeId.of(30)), NodeSet.first(SOME).minus(few));
        cluster.pass(10.5);
        assertAllSee(NodeSet.first(SOME).minus(NodeId.of(30)));
        assertThat(cluster.node(30).hotplug.trusted()).isFalse();
        assertThat(cluster.node(30).hotplug.view().contains(NodeId.of(30))).isFalse();
        cluster.pass(10);
        assertThat(cluster.node(0).views).hasSize(2);
    }

    @Test
    void aNodeThatWasVotedOutOfALargeViewComesBackIntoASmallOne() throws Exception {
        NodeSet small = NodeSet.first(HotplugConfig.MESH - 1);
        int nodes = small.size() + 3;
        NodeId last = NodeId.of(nodes - 1);
        up(nodes);
        NodeSet watching = neighbours(last.value(), nodes);
        NodeSet few = NodeSet.of(watching.toList().subList(0, watching.size() / 3));
        cluster.network.cut(NodeSet.of(last), NodeSet.first(nodes).minus(few));
        cluster.pass(10.5);
        assertAllSee(NodeSet.first(nodes - 1));
        NodeSet.first(nodes - 1).minus(small).forEach(node -> cluster.node(node.value())
                .crash());
        cluster.pass(2);
        cluster.network.heal();
        cluster.pass(15);
        assertAllSee(small.plus(last));
        int views = cluster.node(0).views.size();
        cluster.pass(15);
        assertAllSee(small.plus(last));
        assertThat(cluster.node(0).views).hasSize(views);
    }

    @Test
    void aNodeThatHalfOfItsNeighboursReachStays() throws Exception {
        up(SOME);
        NodeSet watching = neighbours(30, SOME);
        NodeSet half = NodeSet.of(watching.toList().subList(0, watching.size() / 2));
        cluster.network.cut(NodeSet.of(NodeId.of(30)), half);
        cluster.pass(12);
        assertNothingHappened();
        assertAllSee(NodeSet.first(SOME));
    }

    @Test
    void aRestartedNodeIsTakenForAnother() throws Exception {
        up(SOME);
        cluster.node(30).crash();
        cluster.start(30);
        cluster.pass(4);
        assertAllSee(NodeSet.first(SOME));
        assertThat(cluster.node(0).views).hasSize(3);
    }

    @Test
    void manyJoinAndLeaveAtOnce() throws Exception {
        NodeSet stay = NodeSet.first(MANY - JOIN);
        NodeSet more = NodeSet.first(MANY).minus(stay);
        up(MANY - JOIN);
        more.forEach(node -> cluster.start(node.value()));
        cluster.pass(2);
        long before = cluster.time.nanos();
        cluster.await(cluster.node(9).hotplug.add(more));
        assertThat(Duration.ofNanos(cluster.time.nanos() - before)).isLessThan(Duration.ofSeconds(1));
        cluster.pass(1);
        assertAllSee(NodeSet.first(MANY));
        before = cluster.time.nanos();
        cluster.await(cluster.node(9).hotplug.remove(more));
        assertThat(Duration.ofNanos(cluster.time.nanos() - before)).isLessThan(Duration.ofSeconds(1));
        cluster.pass(1);
        assertAllSee(stay);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void survivesRandomTrouble(long seed) throws Exception {
        Random random = new Random(seed);
        cluster.network.latency((_, _) -> Duration.ofNanos(100_000 + random.nextInt(5_000_000)));
        up(24);
        for (int round = 0; round < 15; round++) {
            trouble(random);
            for (int rest = random.nextInt(90); rest > 0; rest--) {
                cluster.pass(0.1);
                cluster.assertTrustIsJustified();
            }
            cluster.assertViewsAgree();
        }
        cluster.network.heal();
        for (int i = 0; i < 24; i++) {
            if (!cluster.nodes.containsKey(NodeId.of(i))) {
                cluster.start(i);
            }
        }
        cluster.pass(60);
        assertAllSee(NodeSet.first(24));
    }

    private void trouble(Random random) {
        List<NodeId> running = List.copyOf(cluster.nodes.keySet());
        NodeId node = running.get(random.nextInt(running.size()));
        NodeId other = running.get(random.nextInt(running.size()));
        switch (random.nextInt(5)) {
            case 0 -> cluster.network.cut(NodeSet.of(node), NodeSet.of(other));
            case 1 -> cluster.network.cut(NodeSet.of(running.subList(0, random.nextInt(12))), NodeSet.first(24));
            case 2 -> cluster.network.heal();
            case 3 -> {
                if (running.size() > 16) {
                    cluster.node(node.value()).crash();
                }
            }
            default -> {
                for (NodeId gone : NodeSet.first(24).minus(NodeSet.of(running))) {
                    cluster.start(gone.value());
                }
            }
        }
    }

    @Test
    void peopleMayAskWhileMembersWatchFew() throws Exception {
        up(SOME);
        CompletableFuture<View> one = cluster.node(3).hotplug.remove(cluster.set("24-28"));
        CompletableFuture<View> two = cluster.node(5).hotplug.remove(cluster.set("29"));
        cluster.await(one);
        cluster.await(two);
        cluster.pass(1);
        assertAllSee(NodeSet.first(24).plus(cluster.set("30-31")));
    }
}
