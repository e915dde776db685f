package org.linuxssi.bench.peers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmSet;
import org.linuxssi.kddm.SetSpec;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.ClusterCa;
import org.linuxssi.rpc.NodeKeys;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcConfig;
import org.linuxssi.rpc.Security;
import org.linuxssi.rpc.SocketRpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.SystemTime;

/** KDDM as a library. */
final class KddmPeer implements Peer {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CLUSTER = "peers";

    private final Kddm kddm;
    private final KddmSet<byte[]> values;
    private @Nullable Registration held;

    private KddmPeer(Kddm kddm) {
        this.kddm = kddm;
        Codec<byte[]> codec = Codec.of((it, out) -> out.bytes(it), in -> in.bytes(Values.BYTES));
        this.values = kddm.open(
                SetSpec.of(SetId.of(300, 1), "values", codec, _ -> new byte[0]).copies(2));
    }

    static Peer plain(Seat seat) throws IOException, InterruptedException {
        return start(seat, Security.plain());
    }

    static Peer tls(Seat seat) throws IOException, InterruptedException {
        return start(seat, Security.tls(NodeKeys.load(keys(seat.directory(), seat.number()))));
    }

    /** Makes what the nodes show to each other under TLS. */
    static void makeKeys(Path directory, int nodes) throws IOException {
        Instant now = Instant.now();
        ClusterCa authority = ClusterCa.create(CLUSTER, now);
        for (int node = 0; node < nodes; node++) {
            authority.issue("node" + node, now).save(keys(directory, node));
        }
    }

    private static Path keys(Path directory, int node) {
        return directory.resolve("keys" + node);
    }

    private static Peer start(Seat seat, Security security) throws IOException, InterruptedException {
        int nodes = seat.ports().size();
        Rpc rpc = SocketRpc.start(
                new RpcConfig(
                        CLUSTER,
                        1,
                        Optional.of(NodeId.of(seat.number())),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), seat.port()),
                        Optional.empty(),
                        seat.addresses(),
                        security,
                        Duration.ofMillis(100)),
                new SystemTime());
        Hotplug hotplug =
                Hotplug.create(rpc, HotplugConfig.of(System.currentTimeMillis()).withAutostart(nodes));
        Kddm kddm = new Kddm(rpc, hotplug);
        hotplug.start();
        seat.await(() -> hotplug.settled().members().size() == nodes);
        return new KddmPeer(kddm);
    }

    @Override
    public byte[] read(long key) {
        return values.read(key);
    }

    @Override
    public void write(long key, byte[] value) {
        values.setObject(key, value);
    }

    @Override
    public boolean answersHere(long key) {
        return true;
    }

    @Override
    public boolean asksOthers(long key) {
        return true;
    }

    @Override
    public void lock(long number) {
        held = kddm.locks().lock(number, PATIENCE);
    }

    @Override
    public void unlock(long number) {
        if (held != null) {
            held.close();
        }
    }
}
