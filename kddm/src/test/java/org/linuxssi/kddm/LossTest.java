package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.Rpc;

@Timeout(60)
class LossTest {

    private final Random random = new Random(7);

    private Rpc lossy(Rpc rpc) {
        return LossyRpc.of(rpc, random, 0.02);
    }

    @Test
    void lostAndDoubledMessagesCostTimeButNoIncrement() throws Exception {
        int rounds = 40;
        try (TestCluster cluster = new TestCluster(3, this::lossy);
                ExecutorService pool = Executors.newCachedThreadPool()) {
            List<KddmSet<Long>> sets = cluster.counters(DefaultOwner.modulo());
            List<Future<?>> writers = new ArrayList<>();
            for (KddmSet<Long> set : sets) {
                for (int t = 0; t < 6; t++) {
                    int object = t % 3;
                    writers.add(pool.submit(() -> {
                        for (int i = 0; i < rounds; i++) {
                            set.update(object, n -> n + 1);
                            set.read((object + 1) % 3);
                        }
                    }));
                }
            }
            for (Future<?> writer : writers) {
                writer.get(50, TimeUnit.SECONDS);
            }
            for (long object = 0; object < 3; object++) {
                assertThat(sets.get((int) object).read(object)).isEqualTo(3L * 2 * rounds);
            }
        }
    }
}
