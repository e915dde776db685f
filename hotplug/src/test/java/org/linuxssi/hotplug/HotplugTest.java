package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(20)
class HotplugTest {

    private final SimulatedCluster cluster = new SimulatedCluster(mesh());

    /** Returns the size of views up to which members watch all others. */
    int mesh() {
        return HotplugConfig.MESH;
    }

    private void assertAllSee(String members) {
        NodeSet expected = cluster.set(members);
        for (NodeId id : expected) {
            Hotplug hotplug = cluster.node(id.value()).hotplug;
            assertThat(hotplug.view().members()).as("view of node " + id).isEqualTo(expected);
            assertThat(hotplug.settled()).as("settled on node " + id).isEqualTo(hotplug.view());
            assertThat(hotplug.in(NodeState.ONLINE)).isEqualTo(expected);
            assertThat(hotplug.paused()).isFalse();
        }
        cluster.assertViewsAgree();
    }

    /** No node begins a stage before all others have ended the one before. */
    private void assertStagesInStep(String event, List<Stage> order, int nodes) {
        List<String> of = cluster.journal.stream()
                .filter(entry -> entry.endsWith(" " + event))
                .toList();
        List<String> stages =
                of.stream().map(entry -> entry.split(" ")[2]).distinct().toList();
        assertThat(stages).isEqualTo(order.stream().map(Stage::name).toList());
        for (int i = 0; i < order.size(); i++) {
            List<String> part = of.subList(2 * nodes * i, 2 * nodes * (i + 1));
            String stage = " " + order.get(i) + " ";
            assertThat(part).allMatch(entry -> entry.contains(stage));
        }
    }

    @Test
    void startsOnRequestStageByStage() throws Exception {
        cluster.up(3);
        assertAllSee("0-2");
        assertStagesInStep("ADD 0-2", List.of(Stage.values()), 3);
    }

    @Test
    void knowsPresentNodesBeforeTheStart() {
        cluster.start(0);
        cluster.start(4);
        cluster.pass(1);
        assertThat(cluster.node(0).hotplug.states())
                .isEqualTo(Map.of(NodeId.of(0), NodeState.PRESENT, NodeId.of(4), NodeState.PRESENT));
        cluster.node(4).crash();
        cluster.pass(1);
        assertThat(cluster.node(0).hotplug.state(NodeId.of(4))).isEqualTo(NodeState.OFFLINE);
    }

    @Test
    void startsItselfWhenEnoughNodesAreThere() {
        for (int i = 0; i < 3; i++) {
            cluster.start(i, config -> config.withAutostart(3)).hotplug.start();
            cluster.pass(5);
            assertThat(cluster.node(0).hotplug.view().started()).isEqualTo(i == 2);
        }
        assertAllSee("0-2");
    }

    @Test
    void aNodeThatMissedTheDecisionLearnsOfIt() throws Exception {
        for (int i = 0; i < 3; i++) {
            cluster.start(i).recording();
        }
        cluster.pass(2);
        CompletableFuture<View> started = cluster.node(0).hotplug.startCluster(cluster.set("0-2"));
        cluster.time.advance(Duration.ofNanos(750_000));
        assertThat(cluster.node(0).hotplug.view().started()).isTrue();
        cluster.node(0).rpc.disconnect(NodeId.of(2), "test");
        assertThat(cluster.node(2).hotplug.view().started()).isFalse();
        cluster.await(started);
        cluster.pass(0.1);
        assertAllSee("0-2");
    }

    @Test
    void addsPresentNodes() throws Exception {
        cluster.up(2);
        cluster.start(2).recording();
        cluster.start(3).recording();
        cluster.pass(1);
        assertThat(cluster.node(1).hotplug.in(NodeState.PRESENT)).isEqualTo(cluster.set("2-3"));
        View view = cluster.await(cluster.node(1).hotplug.add(cluster.set("2-3")));
        assertThat(view.members()).isEqualTo(cluster.set("0-3"));
        cluster.pass(0.1);
        assertAllSee("0-3");
        assertStagesInStep("ADD 2-3", List.of(Stage.values()), 4);
    }

    @Test
    void joiningNodesArePossibleUntilTheirServicesAreReady() throws Exception {
        cluster.up(1);
        CompletableFuture<Boolean> gate = new CompletableFuture<>();
        SimulatedCluster.Node joining = cluster.start(1);
        joining.hotplug.register(Stage.FS, _ -> gate);
        cluster.pass(1);
        CompletableFuture<View> added = cluster.node(0).hotplug.add(cluster.set("1"));
        cluster.pass(3);
        assertThat(cluster.node(0).hotplug.state(NodeId.of(1))).isEqualTo(NodeState.POSSIBLE);
        assertThat(joining.hotplug.state(NodeId.of(1))).isEqualTo(NodeState.POSSIBLE);
        CompletableFuture<View> gone = cluster.node(0).hotplug.remove(cluster.set("1"));
        cluster.pass(3);
        assertThat(added).isNotDone();
        gate.complete(true);
        cluster.await(added);
        assertThat(cluster.await(gone).members()).isEqualTo(cluster.set("0"));
        assertThat(joining.hotplug.state(NodeId.of(1))).isEqualTo(NodeState.PRESENT);
    }

    @Test
    void removesNodesInReverseOrder() throws Exception {
        cluster.up(4);
        View view = cluster.await(cluster.node(1).hotplug.remove(cluster.set("2-3")));
        assertThat(view.members()).isEqualTo(cluster.set("0-1"));
        cluster.pass(1);
        assertAllSee("0-1");
        List<Stage> reversed = List.of(Stage.values()).reversed();
        assertStagesInStep("REMOVE ADVERT 2-3", reversed, 2);
        assertStagesInStep("REMOVE LOCAL 2-3", reversed, 2);
        assertStagesInStep("REMOVE DISTANT 2-3", reversed, 2);
        assertThat(cluster.node(2).events.stream().filter(event -> event.endsWith("REMOVE ACK 2-3")))
                .hasSize(reversed.size())
                .startsWith("begin MEMBERSHIP_ONLINE REMOVE ACK 2-3");
        assertThat(cluster.node(2).hotplug.view()).isEqualTo(View.NONE);
        assertThat(cluster.node(0).hotplug.state(NodeId.of(2))).isEqualTo(NodeState.PRESENT);
        cluster.pass(10);
        assertAllSee("0-1");
        cluster.await(cluster.node(0).hotplug.add(cluster.set("3")));
        cluster.pass(0.1);
        assertAllSee("0-1,3");
    }

    @Test
    void aNodeThatCannotLetGoStays() throws Exception {
        cluster.up(3);
        cluster.node(2).hotplug.register(Stage.EPM, HotplugHandler.of(event -> {
            if (event instanceof HotplugEvent.Remove) {
                throw new IllegalStateException("a process cannot move");
            }
        }));
        assertThatThrownBy(() -> cluster.await(cluster.node(0).hotplug.remove(cluster.set("2"))))
                .hasMessageContaining("could not hand everything over");
        cluster.pass(1);
        assertAllSee("0-2");
    }

    @Test
    void aDeadProcessIsNoticedWithinASecond() throws Exception {
        cluster.up(3);
        cluster.node(1).crash();
        cluster.pass(0.9);
        assertAllSee("0,2");
        assertThat(cluster.node(0).events).contains("begin KDDM FAIL 1");
        assertThat(cluster.node(0).hotplug.state(NodeId.of(1))).isEqualTo(NodeState.OFFLINE);
    }

    @Test
    void theLowestNodeMayDieToo() throws Exception {
        cluster.up(3);
        cluster.node(0).crash();
        cluster.pass(0.9);
        assertAllSee("1-2");
    }

    @Test
    void aSilentNodeIsVotedOutAndComesBackAfterTheHeal() throws Exception {
        cluster.up(3);
        cluster.network.cut(cluster.set("2"), cluster.set("0-1"));
        cluster.pass(4.5);
        assertThat(cluster.node(2).hotplug.paused()).isTrue();
        assertThat(cluster.node(0).hotplug.view().members()).isEqualTo(cluster.set("0-2"));
        cluster.pass(3);
        assertAllSee("0-1");
        assertThat(cluster.node(2).hotplug.view().members()).isEqualTo(cluster.set("0-2"));
        cluster.network.heal();
        cluster.pass(5);
        assertAllSee("0-2");
        assertThat(cluster.node(2).pauses).containsExactly(true, false);
        assertThat(cluster.node(2).events).contains("begin MEMBERSHIP_PRESENT FAIL 2", "begin KDDM ADD 2");
    }

    /** Whether its programs may live on depends on it. */
    @Test
    void aNodeThatFellSilentIsToldFromOneWhoseDaemonDied() throws Exception {
        cluster.up(5);
        cluster.network.cut(cluster.set("4"), cluster.set("0-3"));
        cluster.pass(8);
        cluster.node(3).crash();
        cluster.pass(3);
        assertAllSee("0-2");
        for (int node = 0; node < 3; node++) {
            assertThat(cluster.node(node).hotplug.fellSilent(NodeId.of(4))).isTrue();
            assertThat(cluster.node(node).hotplug.fellSilent(NodeId.of(3))).isFalse();
        }
        cluster.network.heal();
        cluster.pass(5);
        assertThat(cluster.node(0).hotplug.fellSilent(NodeId.of(4))).isFalse();
    }

    @Test
    void aShortSilenceChangesNothing() throws Exception {
        cluster.up(3);
        cluster.network.cut(cluster.set("2"), cluster.set("0-1"));
        cluster.pass(2.7);
        cluster.network.heal();
        cluster.pass(10);
        assertAllSee("0-2");
        assertThat(cluster.node(0).views).hasSize(1);
        assertThat(cluster.node(2).pauses).isEmpty();
    }

    @Test
    void withExactlyHalfTheSideOfTheLowestGoesOn() throws Exception {
        cluster.up(4);
        cluster.network.cut(cluster.set("0,3"), cluster.set("1-2"));
        cluster.pass(8);
        assertAllSee("0,3");
        assertThat(cluster.node(1).hotplug.paused()).isTrue();
        assertThat(cluster.node(2).hotplug.paused()).isTrue();
        cluster.network.heal();
        cluster.pass(8);
        assertAllSee("0-3");
    }

    @Test
    void ofTwoNodesTheHigherPausesUntilTheLowerIsSeenInANewLife() throws Exception {
        cluster.up(2);
        cluster.node(0).crash();
        cluster.pass(30);
        assertThat(cluster.node(1).hotplug.paused()).isTrue();
        cluster.start(0).recording();
        cluster.pass(5);
        assertAllSee("0-1");
    }

    @Test
    void aRestartedNodeIsTakenForAnother() throws Exception {
        cluster.up(3);
        cluster.node(2).crash();
        cluster.start(2).recording();
        cluster.pass(3);
        assertAllSee("0-2");
        assertThat(cluster.node(0).events).contains("begin KDDM FAIL 2", "begin KDDM ADD 2");
    }

    @Test
    void severalNodesDieAtOnceDuringAChange() throws Exception {
        cluster.up(7);
        cluster.start(7).recording();
        cluster.pass(1);
        CompletableFuture<View> added = cluster.node(3).hotplug.add(cluster.set("7"));
        cluster.pass(0.01);
        cluster.node(0).crash();
        cluster.node(5).crash();
        View view = cluster.await(added);
        assertThat(view.members().contains(NodeId.of(7))).isTrue();
        cluster.pass(3);
        assertAllSee("1-4,6-7");
    }

    @Test
    void leavingGoesOnWhenTheOneThatAskedDies() throws Exception {
        cluster.up(5);
        CompletableFuture<View> removed = cluster.node(0).hotplug.remove(cluster.set("4"));
        cluster.pass(0.03);
        cluster.node(0).crash();
        cluster.pass(5);
        assertAllSee("1-3");
        assertThat(removed).isNotDone();
    }

    @Test
    void concurrentRequestsAreAllCarriedOut() throws Exception {
        cluster.up(4);
        for (int i = 4; i < 8; i++) {
            cluster.start(i).recording();
        }
        cluster.pass(1);
        List<CompletableFuture<View>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(cluster.node(i).hotplug.add(NodeSet.of(NodeId.of(4 + i))));
        }
        for (CompletableFuture<View> one : all) {
            cluster.await(one);
        }
        cluster.pass(1);
        assertAllSee("0-7");
    }

    @Test
    void manyNodesJoinAtOnce() throws Exception {
        for (int i = 0; i < 30; i++) {
            cluster.start(i);
        }
        cluster.pass(2);
        cluster.await(cluster.node(0).hotplug.startCluster(NodeSet.first(15)));
        cluster.await(cluster.node(9).hotplug.add(cluster.set("15-29")));
        cluster.pass(0.5);
        assertAllSee("0-29");
    }

    @Test
    void refusesWhatCannotBe() throws Exception {
        cluster.up(2);
        Hotplug hotplug = cluster.node(0).hotplug;
        assertThatThrownBy(() -> cluster.await(hotplug.add(cluster.set("9")))).hasMessageContaining("not present");
        assertThatThrownBy(() -> cluster.await(hotplug.remove(cluster.set("9"))))
                .hasMessageContaining("not online");
        assertThatThrownBy(() -> cluster.await(hotplug.remove(cluster.set("0-1"))))
                .hasMessageContaining("one has to stay");
        assertThatThrownBy(() -> cluster.await(hotplug.startCluster(cluster.set("0"))))
                .hasMessageContaining("running");
    }

    @Test
    void poweroffReachesAllOtherMembers() throws Exception {
        cluster.up(3);
        List<Boolean> told = new ArrayList<>();
        cluster.nodes.values().forEach(node -> node.hotplug.onPoweroff(told::add));
        cluster.await(cluster.node(1).hotplug.poweroff(true));
        assertThat(told).containsExactly(true, true);
    }

    @Test
    void unregisteredHandlersAreNotCalled() throws Exception {
        cluster.up(2);
        List<HotplugEvent> seen = new ArrayList<>();
        cluster.node(0)
                .hotplug
                .register(Stage.IPC, HotplugHandler.of(seen::add))
                .close();
        cluster.node(1).crash();
        cluster.pass(2);
        assertThat(cluster.node(0).hotplug.view().members()).isEqualTo(cluster.set("0"));
        assertThat(seen).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void survivesRandomTrouble(long seed) throws Exception {
        Random random = new Random(seed);
        cluster.network.latency((_, _) -> Duration.ofNanos(100_000 + random.nextInt(5_000_000)));
        cluster.up(5);
        for (int round = 0; round < 25; round++) {
            trouble(random);
            for (int rest = random.nextInt(180); rest > 0; rest--) {
                cluster.pass(0.05);
                cluster.assertTrustIsJustified();
            }
            cluster.assertViewsAgree();
        }
        cluster.network.heal();
        for (int i = 0; i < 5; i++) {
            if (!cluster.nodes.containsKey(NodeId.of(i))) {
                cluster.start(i).recording();
            }
        }
        cluster.pass(60);
        assertAllSee("0-4");
    }

    private void trouble(Random random) {
        int node = random.nextInt(5);
        boolean runs = cluster.nodes.containsKey(NodeId.of(node));
        int other = (node + 1 + random.nextInt(4)) % 5;
        switch (random.nextInt(4)) {
            case 0 -> cluster.network.cut(NodeId.of(node), NodeId.of(other));
            case 1 -> cluster.network.cut(NodeSet.of(NodeId.of(node), NodeId.of(other)), NodeSet.first(5));
            case 2 -> cluster.network.heal();
            default -> {
                if (!runs) {
                    cluster.start(node).recording();
                } else if (cluster.nodes.size() > 3) {
                    cluster.node(node).crash();
                }
            }
        }
    }
}
