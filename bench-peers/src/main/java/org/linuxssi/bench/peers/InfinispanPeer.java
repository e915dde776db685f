package org.linuxssi.bench.peers;

import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import jakarta.transaction.TransactionManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.infinispan.AdvancedCache;
import org.infinispan.configuration.cache.CacheMode;
import org.infinispan.configuration.cache.ConfigurationBuilder;
import org.infinispan.configuration.global.GlobalConfigurationBuilder;
import org.infinispan.distribution.DistributionInfo;
import org.infinispan.distribution.LocalizedCacheTopology;
import org.infinispan.manager.DefaultCacheManager;
import org.infinispan.partitionhandling.PartitionHandling;
import org.infinispan.transaction.LockingMode;
import org.infinispan.transaction.TransactionMode;
import org.infinispan.transaction.lookup.EmbeddedTransactionManagerLookup;

/** A distributed cache of Infinispan: two owners, synchronous, operations of a minority denied. Locks are those of pessimistic transactions. */
final class InfinispanPeer implements Peer {

    private static final String STACK = "org/infinispan/configuration/default-jgroups-tcp.xml";
    /** Between a node's port and that of its failure detection. */
    static final int DETECTION = 3;

    private final AdvancedCache<Long, byte[]> values;
    private final AdvancedCache<Long, byte[]> locks;
    private final TransactionManager transactions;

    private InfinispanPeer(DefaultCacheManager manager) {
        this.values = manager.<Long, byte[]>getCache("values").getAdvancedCache();
        this.locks = manager.<Long, byte[]>getCache("locks").getAdvancedCache();
        this.transactions = locks.getTransactionManager();
    }

    static Peer start(Seat seat) throws IOException, InterruptedException {
        System.setProperty("jgroups.bind.address", Seat.host());
        System.setProperty("jgroups.bind.port", Integer.toString(seat.port()));
        System.setProperty("jgroups.port_range", "0");
        System.setProperty("jgroups.fd.port-offset", Integer.toString(DETECTION));
        GlobalConfigurationBuilder global = GlobalConfigurationBuilder.defaultClusteredBuilder();
        global.transport()
                .clusterName("peers")
                .initialClusterSize(seat.ports().size())
                .addProperty("configurationFile", stack(seat).toString());
        DefaultCacheManager manager = new DefaultCacheManager(global.build());
        manager.defineConfiguration("values", distributed().build());
        ConfigurationBuilder locking = distributed();
        locking.transaction()
                .transactionMode(TransactionMode.TRANSACTIONAL)
                .lockingMode(LockingMode.PESSIMISTIC)
                .transactionManagerLookup(new EmbeddedTransactionManagerLookup());
        manager.defineConfiguration("locks", locking.build());
        InfinispanPeer peer = new InfinispanPeer(manager);
        seat.await(() -> whole(peer.values, seat) && whole(peer.locks, seat));
        return peer;
    }

    private static ConfigurationBuilder distributed() {
        ConfigurationBuilder builder = new ConfigurationBuilder();
        builder.clustering().cacheMode(CacheMode.DIST_SYNC);
        builder.clustering().hash().numOwners(2);
        builder.clustering().partitionHandling().whenSplit(PartitionHandling.DENY_READ_WRITES);
        return builder;
    }

    /** Returns the stack that comes with Infinispan, with the nodes named instead of multicast. */
    private static Path stack(Seat seat) throws IOException {
        String hosts = seat.ports().stream()
                .map(port -> Seat.host() + "[" + port + "]")
                .collect(Collectors.joining(","));
        try (InputStream in = InfinispanPeer.class.getClassLoader().getResourceAsStream(STACK)) {
            if (in == null) {
                throw new IOException("Infinispan has no " + STACK);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll("<MPING[^>]*/>", "<TCPPING initial_hosts=\"" + hosts + "\" port_range=\"0\"/>");
            return Files.writeString(seat.directory().resolve("stack" + seat.number() + ".xml"), text);
        }
    }

    private static boolean whole(AdvancedCache<?, ?> cache, Seat seat) {
        LocalizedCacheTopology topology = cache.getDistributionManager().getCacheTopology();
        return topology.getMembers().size() == seat.ports().size() && topology.getPendingCH() == null;
    }

    private DistributionInfo place(long key) {
        return values.getDistributionManager().getCacheTopology().getDistribution(key);
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
        return place(key).isPrimary();
    }

    @Override
    public boolean asksOthers(long key) {
        return !place(key).isReadOwner();
    }

    @Override
    public void lock(long number) {
        try {
            transactions.begin();
            locks.lock(number);
        } catch (NotSupportedException | SystemException problem) {
            throw new IllegalStateException("lock " + number, problem);
        }
    }

    @Override
    public void unlock(long number) {
        try {
            transactions.commit();
        } catch (RollbackException | HeuristicMixedException | HeuristicRollbackException | SystemException problem) {
            throw new IllegalStateException("unlock " + number, problem);
        }
    }
}
