package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

@Timeout(30)
class UsersTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final TestCluster cluster = new TestCluster(3);

    @AfterEach
    void stop() {
        cluster.close();
    }

    private NamedIds names(int node) {
        return cluster.kddm(node).names();
    }

    @Test
    void anIdIsTheSameForAllAndFreeAfterItsLastUser() {
        int id = names(0).getIoLinkerId("kdfs-inode");
        assertThat(names(1).getIoLinkerId("kdfs-inode")).isEqualTo(id);
        assertThat(names(2).getIoLinkerId("other")).isNotEqualTo(id);
        assertThat(names(2).getKrgRpcId("kdfs-inode")).isPositive();

        names(2).putIoLinkerId(id);
        assertThat(names(2).getIoLinkerId("kdfs-inode")).isEqualTo(id);
        names(0).putIoLinkerId(id);
        names(1).putIoLinkerId(id);
        assertThatThrownBy(() -> names(0).putIoLinkerId(id)).hasMessageContaining("not reserved");
        assertThatThrownBy(() -> names(0).getIoLinkerId("a name of seventeen"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void numbersAreHandedOutOnce() {
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            for (int node = 0; node < 3; node++) {
                assertThat(seen.add(cluster.kddm(node).uniqueIds().next(1))).isTrue();
            }
        }
        cluster.fail(NodeSet.of(NodeId.of(2)));
        for (int i = 0; i < 200; i++) {
            assertThat(seen.add(cluster.kddm(i % 2).uniqueIds().next(1))).isTrue();
        }
    }

    @Test
    void aLockExcludesTheOthersUntilItsHolderFreesItOrDies() {
        DistributedLocks mine = cluster.kddm(0).locks();
        DistributedLocks theirs = cluster.kddm(1).locks();
        Registration held = mine.lock(5, SOON);
        assertThat(theirs.tryLock(5)).isEmpty();
        assertThatThrownBy(() -> theirs.lock(5, Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
        held.close();
        held.close();
        theirs.lock(5, SOON).close();

        Registration dying = cluster.kddm(2).locks().lock(5, SOON);
        cluster.fail(NodeSet.of(NodeId.of(2)));
        assertThat(dying).isNotNull();
        mine.lock(5, SOON).close();
    }

    @Test
    void aBarrierLetsAllGoWhenTheLastHasCome() throws Exception {
        int rounds = 5;
        AtomicInteger[] arrived = new AtomicInteger[rounds];
        Arrays.setAll(arrived, _ -> new AtomicInteger());
        try (var pool = Executors.newCachedThreadPool()) {
            List<Future<?>> parties = new ArrayList<>();
            for (int party = 0; party < 6; party++) {
                DistributedBarriers barriers = cluster.kddm(party % 3).barriers();
                parties.add(pool.submit(() -> {
                    for (AtomicInteger round : arrived) {
                        round.incrementAndGet();
                        barriers.await(4, 6, SOON);
                        assertThat(round).hasValue(6);
                    }
                }));
            }
            for (Future<?> party : parties) {
                party.get(20, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void whoGivesUpAtABarrierHasNotCome() throws Exception {
        DistributedBarriers one = cluster.kddm(0).barriers();
        DistributedBarriers two = cluster.kddm(1).barriers();
        assertThatThrownBy(() -> one.await(1, 2, Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        KddmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
        assertThatThrownBy(() -> two.await(1, 2, Duration.ofMillis(50))).isInstanceOf(KddmException.class);
        assertThatThrownBy(() -> one.await(1, 0, SOON)).isInstanceOf(IllegalArgumentException.class);
        try (var pool = Executors.newCachedThreadPool()) {
            Future<?> other = pool.submit(() -> one.await(1, 2, SOON));
            two.await(1, 2, SOON);
            other.get(10, TimeUnit.SECONDS);
        }
        one.await(1, 1, SOON);
    }
}
