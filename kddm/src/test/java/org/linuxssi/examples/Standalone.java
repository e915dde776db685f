package org.linuxssi.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugConfig;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcConfig;
import org.linuxssi.rpc.Security;
import org.linuxssi.rpc.SocketRpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.SystemTime;

/** A node of a cluster in any Java program: no daemon, no root, no other part of LinuxSSI. */
final class Standalone implements AutoCloseable {

    private static final int LEAVE_SECONDS = 10;

    private final SystemTime time = new SystemTime();
    private final Rpc rpc;
    private final Hotplug hotplug;
    private final Kddm kddm;

    private Standalone(RpcConfig network, int nodes) throws IOException {
        rpc = SocketRpc.start(network, time);
        hotplug =
                Hotplug.create(rpc, HotplugConfig.of(System.currentTimeMillis()).withAutostart(nodes));
        kddm = new Kddm(rpc, hotplug);
        hotplug.start();
    }

    /**
     * Starts a node; the cluster starts when all are there.
     *
     * @param number of this node
     * @param addresses of all nodes as 127.0.0.1:port, in the order of their numbers
     */
    static Standalone start(int number, List<String> addresses) throws IOException {
        int port = Integer.parseInt(addresses.get(number).split(":")[1]);
        return new Standalone(
                new RpcConfig(
                        "examples",
                        1,
                        Optional.of(NodeId.of(number)),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        Optional.empty(),
                        addresses,
                        Security.plain(),
                        Duration.ofMillis(100)),
                addresses.size());
    }

    Kddm kddm() {
        return kddm;
    }

    /** Leaves the cluster: what this node owns goes to the others, which then go on without it. */
    @Override
    public void close() {
        try {
            hotplug.remove(NodeSet.of(rpc.self())).get(LEAVE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException alone) {
            System.err.println("node " + rpc.self() + " ends without leaving: " + alone);
        }
        hotplug.close();
        rpc.close();
        kddm.close();
        time.close();
    }
}
