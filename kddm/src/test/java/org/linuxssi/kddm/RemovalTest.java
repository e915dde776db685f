package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** A removal that was asked for again shortly before its answer came. */
@Timeout(30)
class RemovalTest {

    private static final long OBJECT = 1;

    private final Queue<Runnable> late = new ConcurrentLinkedQueue<>();
    private final TestCluster cluster = new TestCluster(3, this::repeating);
    private final List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(2)));

    @AfterEach
    void stop() {
        cluster.close();
    }

    /** Returns a node whose requests to remove come twice, the second time late, and whatever it confirms comes after that. */
    private Rpc repeating(Rpc rpc) {
        return SingleMessages.of(rpc, (to, epoch, message) -> {
            boolean removal = message instanceof Message.Request request && request.want() == Message.Want.REMOVE;
            boolean confirmed = message instanceof Message.Done && !late.isEmpty();
            if (removal || confirmed) {
                late.add(() -> SingleMessages.send(rpc, to, epoch, message));
            }
            return !confirmed;
        });
    }

    @Test
    void takesEffectOnce() {
        sets.get(0).setObject(OBJECT, 5L);
        sets.get(1).removeObject(OBJECT);
        sets.get(2).setObject(OBJECT, 6L);

        late.forEach(Runnable::run);
        late.clear();
        sets.get(1).update(OBJECT + 1, n -> n);

        assertThat(sets.get(1).readNoFirstTouch(OBJECT)).contains(6L);
    }
}
