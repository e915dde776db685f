package org.linuxssi.rpc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.SystemTime;

/** Nodes with real sockets on the loopback interface. */
final class Loopback implements AutoCloseable {

    private final SystemTime time = new SystemTime();
    private final List<Rpc> nodes = new ArrayList<>();
    private final List<String> seeds;

    Loopback(int nodes) {
        seeds = IntStream.range(0, nodes).mapToObj(_ -> freeAddress()).toList();
    }

    /**
     * Returns an address that nobody else takes meanwhile: outgoing connections have ports of 127.0.0.1 only, and the
     * host is this process's own.
     */
    private static String freeAddress() {
        long pid = ProcessHandle.current().pid();
        String host = "127.%d.%d.%d".formatted(1 + (pid >> 16), pid >> 8 & 0xff, pid & 0xff);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return host + ":" + socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    SystemTime time() {
        return time;
    }

    String address(int index) {
        return seeds.get(index);
    }

    RpcConfig config(int index, Optional<NodeId> id, Security security) {
        InetSocketAddress address = RpcConfig.address(seeds.get(index));
        return new RpcConfig(
                "test",
                7,
                id,
                new InetSocketAddress(address.getHostString(), address.getPort()),
                Optional.empty(),
                seeds,
                security,
                Duration.ofMillis(50));
    }

    Rpc start(RpcConfig config) throws IOException {
        Rpc rpc = SocketRpc.start(config, time);
        nodes.add(rpc);
        return rpc;
    }

    void awaitConnected(int peers) {
        Awaitility.await()
                .until(() -> nodes.stream().allMatch(node -> node.connected().size() == peers));
    }

    List<Rpc> nodes() {
        return nodes;
    }

    @Override
    public void close() {
        nodes.forEach(Rpc::close);
        time.close();
    }
}
