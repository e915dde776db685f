package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** A lost object stays lost until somebody has really set it. */
@Timeout(30)
class RemakeTest {

    private static final long OBJECT = 1;

    private final Queue<Runnable> kept = new ConcurrentLinkedQueue<>();
    private final TestCluster cluster = new TestCluster(4, this::keeping);
    private final List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(0)));

    @AfterEach
    void stop() {
        cluster.close();
    }

    /** Returns a node whose requests to set an object do not leave. */
    private Rpc keeping(Rpc rpc) {
        return SingleMessages.of(rpc, (to, epoch, message) -> {
            boolean keep = message instanceof Message.Request request
                    && request.has(Message.REPLACE)
                    && request.set() == TestCluster.COUNTERS.key();
            if (keep) {
                kept.add(() -> SingleMessages.send(rpc, to, epoch, message));
            }
            return !keep;
        });
    }

    private void sendKept() {
        kept.forEach(Runnable::run);
    }

    private void lose() {
        sets.get(3).update(OBJECT, _ -> 5L);
        cluster.fail(NodeSet.of(NodeId.of(3)));
    }

    private void assertLost(int node) {
        assertThatThrownBy(() -> sets.get(node).read(OBJECT))
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOST));
    }

    @BeforeEach
    void settle() {
        sets.get(1).read(OBJECT + 1);
        lose();
    }

    @Test
    void ownershipThatComesWhenItsUserHasGivenUpLeavesItLost() {
        KddmSet<Long> hasty = sets.get(1).deadline(Duration.ofMillis(50));
        assertThatThrownBy(() -> hasty.setObject(OBJECT, 6L)).isInstanceOf(KddmException.class);

        sendKept();

        assertLost(1);
        assertLost(2);
        assertThat(cluster.kddm(0).lost(TestCluster.COUNTERS)).containsExactly(OBJECT);
    }

    @Test
    void ownershipThatIsGivenBackUnusedLeavesItLost() {
        CompletableFuture<Void> set =
                CompletableFuture.runAsync(() -> sets.get(1).setObject(OBJECT, 6L));
        await().until(() -> !kept.isEmpty());
        sets.get(1).freeze();
        sendKept();
        await().until(() -> cluster.kddm(0).lost(TestCluster.COUNTERS).isEmpty());

        assertLost(2);

        sets.get(1).unfreeze();
        await().until(() -> {
            sendKept();
            return set.isDone();
        });
        TestCluster.join(set);
        assertThat(sets.get(2).read(OBJECT)).isEqualTo(6);
    }
}
