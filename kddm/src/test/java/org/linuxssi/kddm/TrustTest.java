package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.tools.NodeId;

/** A home or an owner that may have been voted out ends nothing before it knows better. Node 0 is the home. */
@Timeout(30)
class TrustTest {

    private static final long OBJECT = 1;
    private static final long OTHER = 2;
    private static final long OWNED = 3;

    private final AtomicInteger synced = new AtomicInteger();
    private final TestCluster cluster = new TestCluster(3);
    private final List<KddmSet<Long>> sets = cluster.open(
            _ -> SetSpec.of(TestCluster.COUNTERS, "counters", new Linker()).owner(DefaultOwner.fixed(NodeId.of(0))));

    private final class Linker extends CodecLinker<Long> {
        Linker() {
            super(TestCluster.LONG, _ -> 0L);
        }

        @Override
        public void syncObject(long object, Long value) {
            synced.incrementAndGet();
        }
    }

    TrustTest() {
        sets.get(1).setObject(OBJECT, 5L);
        sets.get(1).setObject(OWNED, 7L);
        sets.get(2).read(OBJECT);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private CompletableFuture<Void> beginRemoval() {
        return CompletableFuture.runAsync(() -> sets.get(2).removeObject(OBJECT));
    }

    /** What a node was told by the home before is there when this has ended. */
    private void passThroughHome(int node) {
        sets.get(node).update(OTHER, n -> n + 1);
    }

    private void awaitRequest(String wants) {
        while (cluster.kddm(0).waits().stream()
                .noneMatch(request -> request.wants().equals(wants))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aRemovalIsNotConfirmedByAHomeThatLostTrustMeanwhile() {
        CompletableFuture<Void> removal;
        try (Hold<Long> _ = sets.get(1).get(OBJECT)) {
            removal = beginRemoval();
            awaitRequest("REMOVE");
            cluster.hotplug(0).trust(false);
        }
        while (!cluster.kddm(0).waits().isEmpty()) {
            Thread.onSpinWait();
        }
        passThroughHome(2);
        assertThat(removal).isNotDone();

        sets.get(1).setObject(OBJECT, 6L);
        cluster.hotplug(0).trust(true);

        TestCluster.join(removal);
        assertThat(sets.get(2).readNoFirstTouch(OBJECT)).contains(6L);
    }

    @Test
    void aFlushWaitsForATrustedHome() {
        cluster.hotplug(0).trust(false);
        CompletableFuture<Void> flush =
                CompletableFuture.runAsync(() -> sets.get(2).flushObject(OBJECT));
        passThroughHome(2);
        assertThat(flush).isNotDone();
        cluster.hotplug(0).trust(true);
        TestCluster.join(flush);
        assertThat(sets.get(2).find(OBJECT)).isEmpty();
    }

    @Test
    void anUntrustedOwnerWritesNothingToTheStore() {
        cluster.hotplug(1).trust(false);
        CompletableFuture<Void> sync =
                CompletableFuture.runAsync(() -> sets.get(2).syncObject(OBJECT));
        awaitRequest("SYNC");
        assertThat(sets.get(2).read(OWNED)).isEqualTo(7L);
        assertThat(synced).hasValue(0);
        assertThat(sync).isNotDone();
        cluster.hotplug(1).trust(true);
        TestCluster.join(sync);
        assertThat(synced).hasPositiveValue();
    }
}
