package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** In small views a member that others hear is not voted out because one does not. */
@Timeout(30)
class SecondOpinionTest {

    private final SimulatedCluster cluster = new SimulatedCluster(HotplugConfig.MESH);

    private void assertNothingHappened() {
        cluster.nodes.values().forEach(node -> {
            assertThat(node.views).hasSize(1);
            assertThat(node.pauses).isEmpty();
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 7})
    void twoThatDoNotReachEachOtherForAWhileStay(int nodes) throws Exception {
        cluster.up(nodes);
        cluster.network.cut(NodeId.of(0), NodeId.of(nodes - 1));
        cluster.pass(15);
        assertNothingHappened();
        cluster.network.heal();
        cluster.pass(10);
        assertNothingHappened();
    }

    @Test
    void ofTwoThatNeverReachEachOtherOneGoesUntilItDoes() throws Exception {
        cluster.up(4);
        cluster.network.cut(NodeId.of(1), NodeId.of(3));
        cluster.pass(40);
        assertThat(cluster.node(0).hotplug.view().members().size()).isEqualTo(3);
        cluster.network.heal();
        cluster.pass(10);
        assertThat(cluster.node(0).hotplug.view().members()).isEqualTo(NodeSet.first(4));
    }

    @Test
    void aDeadMemberGoesThoughAnAccuserIsMistakenAboutAnother() throws Exception {
        cluster.up(5);
        cluster.network.cut(NodeId.of(0), NodeId.of(1));
        cluster.pass(3);
        cluster.node(4).crash();
        cluster.pass(3);
        assertThat(cluster.node(2).hotplug.view().members()).isEqualTo(NodeSet.first(4));
    }
}
