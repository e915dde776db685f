package org.linuxssi.bench.peers;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;

/** A map of Hazelcast: one synchronous backup, reads at the primary only. */
final class HazelcastPeer implements Peer {

    private static final String VALUES = "values";

    private final HazelcastInstance hazelcast;
    private final IMap<Long, byte[]> values;
    private final IMap<Long, byte[]> locks;

    private HazelcastPeer(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        this.values = hazelcast.getMap(VALUES);
        this.locks = hazelcast.getMap("locks");
    }

    static Peer start(Seat seat) throws InterruptedException {
        Config config = new Config();
        config.setClusterName("peers");
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.socket.bind.any", "false");
        config.setProperty(
                "hazelcast.initial.min.cluster.size",
                Integer.toString(seat.ports().size()));
        NetworkConfig network = config.getNetworkConfig();
        network.setPort(seat.port()).setPortAutoIncrement(false);
        network.getInterfaces().setEnabled(true).addInterface(Seat.host());
        JoinConfig join = network.getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true).setMembers(seat.addresses());
        config.addMapConfig(
                new MapConfig("*").setBackupCount(1).setAsyncBackupCount(0).setReadBackupData(false));
        HazelcastInstance hazelcast = Hazelcast.newHazelcastInstance(config);
        seat.await(
                () -> hazelcast.getCluster().getMembers().size() == seat.ports().size()
                        && hazelcast.getPartitionService().isClusterSafe());
        return new HazelcastPeer(hazelcast);
    }

    @Override
    public byte[] read(long key) {
        return Values.present(key, values.get(key));
    }

    @Override
    public void write(long key, byte[] value) {
        values.set(key, value);
    }

    @Override
    public boolean answersHere(long key) {
        return hazelcast.getPartitionService().getPartition(key).getOwner().localMember();
    }

    @Override
    public void lock(long number) {
        locks.lock(number);
    }

    @Override
    public void unlock(long number) {
        locks.unlock(number);
    }
}
