package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.Message.Request;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Who is served when after a node died. */
@Timeout(60)
class RecoveryTest {

    /** Returns the same node, whose decisions on what others announced are sent when told. */
    private static Rpc hesitating(Rpc rpc, CompletableFuture<Void> told) {
        return (Rpc)
                Proxy.newProxyInstance(Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                    if (method.getName().equals("ask") && args[2] instanceof Settlement it) {
                        return told.thenCompose(
                                _ -> rpc.ask((NodeId) args[0], Settling.SETTLE, it, Duration.ofSeconds(5)));
                    }
                    try {
                        return method.invoke(rpc, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void whatIsAsItWasIsServedWhileOtherObjectsAreSettled() {
        CompletableFuture<Void> told = new CompletableFuture<>();
        try (TestCluster cluster = new TestCluster(3, rpc -> hesitating(rpc, told))) {
            List<KddmSet<Long>> sets = cluster.counters(new DefaultOwner.Modulo());
            sets.get(0).setObject(1, 10L);
            sets.get(1).read(1);
            sets.get(2).setObject(3, 30L);
            sets.get(0).read(3);

            cluster.lose(NodeSet.of(NodeId.of(2)));

            assertThat(sets.get(0).update(1, n -> n + 1)).isEqualTo(11);
            CompletableFuture<Hold<Long>> heir = sets.get(1).grabAsync(3);
            assertThat(sets.get(1).update(1, n -> n + 1)).isEqualTo(12);
            assertThat(heir).isNotDone();
            told.complete(null);
            try (Hold<Long> hold = TestCluster.join(heir)) {
                assertThat(hold.value()).isEqualTo(30);
            }
        }
    }

    private static final Resolution MAKER =
            new Resolution(NodeId.of(0), NodeSet.of(NodeId.of(0)), false, false, 0, Members.MODULO, List.of());

    private static Request request(long object, Want want) {
        return new Request(1, object, 5, want, 0, Members.MODULO, Message.ANY_NODE);
    }

    @Test
    void holdsOfSettledObjectsAloneNeedNotWaitForTheDirectory() {
        Rebuild rebuild = new Rebuild(2);
        assertThat(rebuild.postpones(request(7, Want.WRITE))).isTrue();

        rebuild.unsettled = Set.of(new Rebuild.Key(1, 8));
        assertThat(rebuild.postpones(request(7, Want.WRITE))).isFalse();
        assertThat(rebuild.postpones(request(7, Want.READ))).isFalse();
        assertThat(rebuild.postpones(request(7, Want.REMOVE))).isTrue();
        assertThat(rebuild.postpones(request(8, Want.READ))).isTrue();

        rebuild.ready = true;
        assertThat(rebuild.postpones(request(8, Want.REMOVE))).isFalse();
    }

    @Test
    void whoMadeAnObjectIsHeardWhenTheOwnersAreKnown() {
        Rebuild rebuild = new Rebuild(2);
        Message.Created created = new Message.Created(1, 8, 5);
        assertThat(rebuild.postpones(created)).isTrue();

        Rebuild.Key key = new Rebuild.Key(1, 8);
        rebuild.concluded(Map.of(key, MAKER), new Verdicts((_, _) -> new CompletableFuture<>(), _ -> {}));
        assertThat(rebuild.postpones(created)).isTrue();

        assertThat(rebuild.take(key)).contains(MAKER);
        assertThat(rebuild.postpones(created)).isFalse();
    }

    @Test
    void requestsThatWaitedAreLetInOnce() {
        Rebuild rebuild = new Rebuild(2);
        NodeId node = NodeId.of(0);
        Rebuild.Postponed one = new Rebuild.Postponed(node, request(7, Want.WRITE));
        Rebuild.Postponed other = new Rebuild.Postponed(node, request(8, Want.WRITE));
        rebuild.postponed.addAll(List.of(one, other));
        assertThat(rebuild.released()).isEmpty();

        rebuild.unsettled = Set.of(new Rebuild.Key(1, 8));
        assertThat(rebuild.released()).containsExactly(one);

        rebuild.ready = true;
        assertThat(rebuild.released()).containsExactly(other);
        assertThat(rebuild.postponed).isEmpty();
    }
}
