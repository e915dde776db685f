package org.linuxssi.bench.peers;

import com.tangosol.net.CacheFactory;
import com.tangosol.net.Cluster;
import com.tangosol.net.Member;
import com.tangosol.net.NamedCache;
import com.tangosol.net.PartitionedService;
import java.util.concurrent.TimeUnit;

/** A partitioned cache of Coherence without a near cache: one synchronous backup, reads at the primary. */
final class CoherencePeer implements Peer {

    /** After a node owns its share of partitions, for the backups to come to theirs. */
    private static final int SETTLE_SECONDS = 3;

    private final Member self;
    private final NamedCache<Long, byte[]> values;
    private final PartitionedService service;
    private final NamedCache<Long, byte[]> locks;

    private CoherencePeer(Member self, NamedCache<Long, byte[]> values, PartitionedService service) {
        this.self = self;
        this.values = values;
        this.service = service;
        this.locks = CacheFactory.getCache("locks");
    }

    static Peer start(Seat seat) throws InterruptedException {
        System.setProperty("coherence.cluster", "peers");
        System.setProperty("coherence.localhost", Seat.host());
        System.setProperty("coherence.wka", Seat.host());
        System.setProperty(
                "coherence.clusterport", Integer.toString(seat.ports().getFirst()));
        System.setProperty("coherence.ttl", "0");
        System.setProperty("coherence.profile", "thin");
        System.setProperty("coherence.distributed.localstorage", "true");
        System.setProperty("coherence.distributed.backupcount", "1");
        System.setProperty("coherence.log", "stdout");
        System.setProperty("coherence.log.level", "3");
        Cluster cluster = CacheFactory.ensureCluster();
        NamedCache<Long, byte[]> values = CacheFactory.getCache("values");
        if (!(values.getCacheService() instanceof PartitionedService service)) {
            throw new IllegalStateException("Coherence gave " + values.getCacheService() + " for a partitioned cache");
        }
        int nodes = seat.ports().size();
        Member self = cluster.getLocalMember();
        seat.await(() -> cluster.getMemberSet().size() == nodes
                && service.getOwnershipEnabledMembers().size() == nodes
                && service.getOwnedPartitions(self).cardinality() > service.getPartitionCount() / (nodes + 1));
        TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
        return new CoherencePeer(self, values, service);
    }

    @Override
    public byte[] read(long key) {
        return Values.present(key, values.get(key));
    }

    @Override
    public void write(long key, byte[] value) {
        values.put(key, value);
    }

    @Override
    public boolean answersHere(long key) {
        return self.equals(service.getKeyOwner(key));
    }

    @Override
    public void lock(long number) {
        if (!locks.lock(number, -1)) {
            throw new IllegalStateException("lock " + number + " was refused");
        }
    }

    @Override
    public void unlock(long number) {
        locks.unlock(number);
    }
}
