package org.linuxssi.bench.peers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import org.apache.ignite.Ignite;
import org.apache.ignite.IgniteCache;
import org.apache.ignite.Ignition;
import org.apache.ignite.cache.CacheAtomicityMode;
import org.apache.ignite.cache.CacheMode;
import org.apache.ignite.cache.CacheWriteSynchronizationMode;
import org.apache.ignite.configuration.CacheConfiguration;
import org.apache.ignite.configuration.DataRegionConfiguration;
import org.apache.ignite.configuration.DataStorageConfiguration;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.spi.communication.tcp.TcpCommunicationSpi;
import org.apache.ignite.spi.discovery.tcp.TcpDiscoverySpi;
import org.apache.ignite.spi.discovery.tcp.ipfinder.vm.TcpDiscoveryVmIpFinder;

/** A partitioned cache of Ignite: one backup, FULL_SYNC, reads at the primary only. Locks are of a transactional cache. */
final class IgnitePeer implements Peer {

    private static final String VALUES = "values";
    private static final long MEMORY = 256L << 20;
    /** Between a node's port of discovery and that of communication. */
    private static final int COMMUNICATION = 3;

    private final Ignite ignite;
    private final IgniteCache<Long, byte[]> values;
    private final IgniteCache<Long, byte[]> locks;
    private final Map<Long, Lock> held = new HashMap<>();

    private IgnitePeer(Ignite ignite) {
        this.ignite = ignite;
        this.values = ignite.getOrCreateCache(cache(VALUES, CacheAtomicityMode.ATOMIC));
        this.locks = ignite.getOrCreateCache(cache("locks", CacheAtomicityMode.TRANSACTIONAL));
    }

    private static CacheConfiguration<Long, byte[]> cache(String name, CacheAtomicityMode mode) {
        return new CacheConfiguration<Long, byte[]>(name)
                .setCacheMode(CacheMode.PARTITIONED)
                .setAtomicityMode(mode)
                .setBackups(1)
                .setWriteSynchronizationMode(CacheWriteSynchronizationMode.FULL_SYNC)
                .setReadFromBackup(false);
    }

    static Peer start(Seat seat) throws InterruptedException {
        TcpDiscoverySpi discovery = new TcpDiscoverySpi();
        discovery.setLocalAddress(Seat.host());
        discovery.setLocalPort(seat.port());
        discovery.setLocalPortRange(0);
        discovery.setIpFinder(new TcpDiscoveryVmIpFinder().setAddresses(List.copyOf(seat.addresses())));
        TcpCommunicationSpi communication = new TcpCommunicationSpi();
        communication.setLocalAddress(Seat.host());
        communication.setLocalPort(seat.port() + COMMUNICATION);
        communication.setLocalPortRange(0);
        IgniteConfiguration config = new IgniteConfiguration()
                .setIgniteInstanceName("node" + seat.number())
                .setWorkDirectory(
                        seat.directory().resolve("ignite" + seat.number()).toString())
                .setLocalHost(Seat.host())
                .setDiscoverySpi(discovery)
                .setCommunicationSpi(communication)
                .setMetricsLogFrequency(0)
                .setDataStorageConfiguration(new DataStorageConfiguration()
                        .setDefaultDataRegionConfiguration(new DataRegionConfiguration()
                                .setInitialSize(MEMORY)
                                .setMaxSize(MEMORY)));
        Ignite ignite = Ignition.start(config);
        seat.await(() -> ignite.cluster().nodes().size() == seat.ports().size());
        return new IgnitePeer(ignite);
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
        return ignite.affinity(VALUES).isPrimary(ignite.cluster().localNode(), key);
    }

    @Override
    public void lock(long number) {
        held.computeIfAbsent(number, locks::lock).lock();
    }

    @Override
    public void unlock(long number) {
        Lock lock = held.get(number);
        if (lock != null) {
            lock.unlock();
        }
    }
}
