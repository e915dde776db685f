package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.hotplug.HotplugEvent;
import org.linuxssi.hotplug.Stage;
import org.linuxssi.hotplug.View;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.VirtualTime;

/**
 * Clusters of up to 256 nodes on virtual time: what an operation costs does not grow with them.
 * {@code -Dlinuxssi.scale.objects=N} sets the number of objects.
 */
@Timeout(1800)
class ScaleTest {

    private static final int OBJECTS = Integer.getInteger("linuxssi.scale.objects", 20_000);
    private static final int MANY = NodeId.LIMIT;
    private static final int JOIN = 32;
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final java.util.logging.Logger QUIET = java.util.logging.Logger.getLogger("org.linuxssi");

    @BeforeAll
    static void quiet() {
        QUIET.setLevel(java.util.logging.Level.OFF);
    }

    @AfterAll
    static void loud() {
        QUIET.setLevel(null);
    }

    private static final class Nodes implements AutoCloseable {
        private final VirtualTime time = new VirtualTime();
        private final MemoryNetwork network = new MemoryNetwork(time);
        private final List<FakeHotplug> hotplugs = new ArrayList<>();
        private final List<Kddm> kddms = new ArrayList<>();
        final List<KddmSet<Long>> sets = new ArrayList<>();
        private View view = View.NONE;
        private long messages;

        Nodes(int count) {
            network.latency((_, _) -> Duration.ofNanos(50_000));
            boot(count);
        }

        void boot(int count) {
            NodeSet more = NodeSet.EMPTY;
            for (int i = 0; i < count; i++) {
                NodeId id = NodeId.of(kddms.size());
                FakeHotplug hotplug = new FakeHotplug(id);
                Kddm kddm = new Kddm(counted(network.node(id)), hotplug);
                hotplugs.add(hotplug);
                kddms.add(kddm);
                sets.add(kddm.open(TestCluster.counterSpec()));
                more = more.plus(id);
            }
            time.advance(Duration.ofSeconds(2));
            View before = view;
            view = new View(before.epoch() + 1, before.members().plus(more));
            change(new HotplugEvent.Add(before, view, more));
        }

        void fail(NodeSet dead) {
            View before = view;
            view = new View(before.epoch() + 1, before.members().minus(dead));
            dead.forEach(id -> kddms.get(id.value()).close());
            change(new HotplugEvent.Fail(before, view, dead));
        }

        private void change(HotplugEvent event) {
            view.members().forEach(id -> hotplugs.get(id.value()).install(view));
            for (Stage stage : Stage.values()) {
                List<CompletableFuture<?>> all = new ArrayList<>();
                view.members().forEach(id -> all.add(hotplugs.get(id.value()).handle(stage, event)));
                time.runUntil(LIMIT, () -> all.stream().allMatch(CompletableFuture::isDone));
            }
        }

        private Rpc counted(Rpc rpc) {
            return (Rpc) Proxy.newProxyInstance(
                    Rpc.class.getClassLoader(), new Class<?>[] {Rpc.class}, (_, method, args) -> {
                        if (args != null && args.length == 3 && args[2] instanceof Envelope it) {
                            messages += it.messages().size();
                        }
                        try {
                            return method.invoke(rpc, args);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        /** Returns the messages of an update of an object by a node that does not have it, on average. */
        double costOfMoving(int operations) {
            Random random = new Random(1);
            List<NodeId> members = view.members().toList();
            for (int object = 0; object < operations; object++) {
                int node = members.get(random.nextInt(members.size())).value();
                sets.get(node).update(object, n -> n + 1);
            }
            messages = 0;
            for (int object = 0; object < operations; object++) {
                int node = members.get(random.nextInt(members.size())).value();
                sets.get(node).update(object, n -> n + 1);
            }
            time.advance(Duration.ofSeconds(1));
            return (double) messages / operations;
        }

        long sum() {
            long sum = 0;
            for (long object = 0; object < OBJECTS; object++) {
                sum += sets.getFirst().read(object);
            }
            return sum;
        }

        @Override
        public void close() {
            kddms.forEach(Kddm::close);
        }
    }

    @Test
    void anOperationCostsTheSameAmongManyNodes() {
        double few;
        double many;
        try (Nodes nodes = new Nodes(8)) {
            few = nodes.costOfMoving(2000);
        }
        try (Nodes nodes = new Nodes(MANY)) {
            many = nodes.costOfMoving(2000);
        }
        System.getLogger(ScaleTest.class.getName())
                .log(System.Logger.Level.INFO, "messages an update: {0} among 8, {1} among 256 nodes", few, many);
        assertThat(few).isGreaterThan(2);
        assertThat(many).isLessThan(6);
    }

    @Test
    void manyNodesJoinAndDieAtOnce() {
        try (Nodes nodes = new Nodes(MANY - JOIN)) {
            for (long object = 0; object < OBJECTS; object++) {
                nodes.sets.get((int) (object % 100)).setObject(object, 1L);
            }
            long before = nodes.time.nanos();
            nodes.boot(JOIN);
            long joined = nodes.time.nanos() - before - Duration.ofSeconds(2).toNanos();
            assertThat(nodes.sum()).isEqualTo(OBJECTS);
            assertThat(nodes.sets.getLast().update(5, n -> n + 1)).isEqualTo(2);
            nodes.sets.getLast().flushObject(5, NodeId.of(0));

            NodeSet dead = nodes.view.members().minus(NodeSet.first(MANY - JOIN));
            before = nodes.time.nanos();
            nodes.fail(dead);
            long failed = nodes.time.nanos() - before;
            assertThat(nodes.sum()).isEqualTo(OBJECTS + 1);
            assertThat(Duration.ofNanos(joined)).isLessThan(Duration.ofSeconds(1));
            assertThat(Duration.ofNanos(failed)).isLessThan(Duration.ofSeconds(1));
        }
    }
}
