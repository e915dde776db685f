package org.linuxssi.rpc;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.linuxssi.tools.NodeId;

/**
 * What a node needs to reach its peers over sockets.
 *
 * @param cluster name of the cluster, 1 to 64 bytes; nodes of other clusters are refused
 * @param session 1 to 9999, tells apart clusters on one network
 * @param node the node's number, or empty for the lowest free one
 * @param listen where to accept connections; port 0 takes a free one
 * @param advertised where peers reach this node as host:port, or empty for the listening address (when that stands for
 *     all of them, for the machine's first)
 * @param seeds some nodes of the cluster as host:port; this node's own address may be among them
 * @param security how connections are protected
 * @param seedWait how long to wait for any seed to answer before the node's number is settled alone
 */
public record RpcConfig(
        String cluster,
        int session,
        Optional<NodeId> node,
        InetSocketAddress listen,
        Optional<String> advertised,
        List<String> seeds,
        Security security,
        Duration seedWait) {

    /** Checks all but the reachability. */
    public RpcConfig {
        int length = cluster.getBytes(StandardCharsets.UTF_8).length;
        if (length < 1 || length > 64) {
            throw new IllegalArgumentException("cluster name '" + cluster + "' has not 1 to 64 bytes");
        }
        if (session < 1 || session > 9999) {
            throw new IllegalArgumentException("session " + session + " is not in 1-9999");
        }
        seeds = List.copyOf(seeds);
        seeds.forEach(RpcConfig::address);
        advertised.ifPresent(RpcConfig::address);
    }

    /** Returns the address of a text like {@code host:port} or {@code [::1]:port}; names are not resolved yet. */
    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String port = text.substring(colon + 1);
        if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 0xffff) {
            throw new IllegalArgumentException("address '" + text + "' is not host:port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return InetSocketAddress.createUnresolved(host, Integer.parseInt(port));
    }
}
