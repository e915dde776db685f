package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** New objects exist by messages alone: time stands still, so that nothing is told a second time. */
@Timeout(120)
class BirthsTest {

    private static final int NODES = 3;
    private static final int THREADS = 3;
    private static final int OBJECTS = 400;
    private static final int HOME = 0;
    private static final int MAKER = 1;

    private static TestCluster standing(int nodes, UnaryOperator<Rpc> wrapper) {
        return new TestCluster(nodes, wrapper, StandingTime::new);
    }

    @Test
    void manyTouchTheSameNewObject() {
        try (TestCluster cluster = standing(NODES, rpc -> rpc);
                ExecutorService pool = Executors.newCachedThreadPool()) {
            List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
            Random random = new Random(1);
            for (long object = 0; object < OBJECTS; object++) {
                atOnce(sets, object, random, pool);
            }
        }
    }

    private static void atOnce(List<KddmSet<Long>> sets, long object, Random random, ExecutorService pool) {
        CountDownLatch start = new CountDownLatch(NODES * THREADS);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < NODES * THREADS; i++) {
            KddmSet<Long> set = sets.get(i % NODES);
            int what = random.nextInt(6);
            all.add(CompletableFuture.runAsync(
                    () -> {
                        start.countDown();
                        awaitAll(start);
                        use(set, object, what);
                    },
                    pool));
        }
        all.forEach(TestCluster::join);
    }

    private static void awaitAll(CountDownLatch start) {
        try {
            start.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void use(KddmSet<Long> set, long object, int what) {
        switch (what) {
            case 0 -> set.read(object);
            case 1 -> set.readNoFirstTouch(object);
            case 2 -> set.setObject(object, 5L);
            case 3 -> set.removeObject(object);
            case 4 -> set.grabManual(object).close();
            default -> set.update(object, n -> n + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {HOME, 2, 3})
    void aChangeOfTheViewEndsTheWaitingOfWhoMadeAnObject(int dying) {
        CountDownLatch untold = new CountDownLatch(1);
        try (TestCluster cluster = standing(4, rpc -> witheld(rpc, untold));
                ExecutorService pool = Executors.newCachedThreadPool()) {
            List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.fixed(NodeId.of(HOME)));
            CompletableFuture<Void> made =
                    CompletableFuture.runAsync(() -> sets.get(MAKER).setObject(1, 5L), pool);
            awaitAll(untold);
            assertThat(made).isNotDone();

            cluster.fail(NodeSet.of(NodeId.of(dying)));

            TestCluster.join(made);
            assertThat(sets.get(MAKER).read(1)).isEqualTo(5);
        }
    }

    /** Returns a node that tells nobody in the first view that it knows of an object. */
    private static Rpc witheld(Rpc rpc, CountDownLatch untold) {
        return SingleMessages.of(rpc, (_, epoch, message) -> {
            boolean kept = epoch == 1 && message instanceof Message.Witnessed;
            if (kept) {
                untold.countDown();
            }
            return !kept;
        });
    }
}
