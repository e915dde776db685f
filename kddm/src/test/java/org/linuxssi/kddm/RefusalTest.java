package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;

/** Demands that do not wait for holds and come twice, the second time when the hold has ended. */
@Timeout(30)
class RefusalTest {

    private static final long OBJECT = 1;
    private static final long OTHER = 2;

    private final Queue<Runnable> repeated = new ConcurrentLinkedQueue<>();
    private final TestCluster cluster = new TestCluster(3, this::recorded);
    private final List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(2)));

    @AfterEach
    void stop() {
        cluster.close();
    }

    /** Returns a node whose demands that do not wait can be sent again. */
    private Rpc recorded(Rpc rpc) {
        return SingleMessages.of(rpc, (to, epoch, message) -> {
            if (attempt(message)) {
                repeated.add(() -> SingleMessages.send(rpc, to, epoch, message));
            }
            return true;
        });
    }

    private static boolean attempt(Message message) {
        return (message instanceof Message.Supply supply && supply.attempt())
                || (message instanceof Message.Invalidate invalidate && invalidate.attempt());
    }

    private void repeatAll() {
        assertThat(repeated).isNotEmpty();
        repeated.forEach(Runnable::run);
    }

    /** Uses the same connections, so that what was sent before has arrived afterwards. */
    private void passThrough(int owner, int user) {
        sets.get(owner).update(OTHER, n -> n);
        sets.get(user).update(OTHER, n -> n);
    }

    @Test
    void anOwnerThatRefusedDoesNotHandOverLater() {
        sets.get(0).setObject(OBJECT, 5L);
        try (Hold<Long> _ = sets.get(0).grab(OBJECT)) {
            assertThatThrownBy(() -> sets.get(1).tryGrab(OBJECT)).isInstanceOf(KddmException.class);
        }

        repeatAll();
        passThrough(0, 1);

        assertThat(sets.get(2).update(OBJECT, n -> n + 1)).isEqualTo(6);
        assertThat(sets.get(1).update(OBJECT, n -> n + 1)).isEqualTo(7);
        assertThat(sets.get(0).update(OBJECT, n -> n + 1)).isEqualTo(8);
    }

    @Test
    void aReaderThatRefusedDoesNotDropItsCopyLater() {
        sets.get(0).setObject(OBJECT, 5L);
        try (Hold<Long> _ = sets.get(1).get(OBJECT)) {
            assertThatThrownBy(() -> sets.get(0).tryGrab(OBJECT)).isInstanceOf(KddmException.class);
        }

        repeatAll();
        passThrough(2, 1);

        assertThat(sets.get(1).find(OBJECT)).isPresent().get().satisfies(Hold::close);
        assertThat(sets.get(1).update(OBJECT, n -> n + 1)).isEqualTo(6);
        assertThat(sets.get(0).read(OBJECT)).isEqualTo(6);
    }

    @Test
    void afterARefusalTheObjectIsGivenToTheNext() {
        sets.get(0).setObject(OBJECT, 5L);
        try (Hold<Long> _ = sets.get(0).grab(OBJECT)) {
            assertThatThrownBy(() -> sets.get(1).tryGrab(OBJECT)).isInstanceOf(KddmException.class);
            assertThatThrownBy(() -> sets.get(1).tryGrab(OBJECT)).isInstanceOf(KddmException.class);
        }
        try (Hold<Long> hold = sets.get(1).tryGrab(OBJECT)) {
            assertThat(hold.value()).isEqualTo(5);
        }
    }
}
