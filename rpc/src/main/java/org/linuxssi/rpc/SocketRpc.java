package org.linuxssi.rpc;

import java.io.IOException;
import org.linuxssi.tools.TimeSource;

/**
 * Messages over TCP.
 *
 * <pre>{@code
 * RpcConfig config = new RpcConfig("blue", 1, Optional.empty(), new InetSocketAddress("0.0.0.0", 7531),
 *         Optional.of("10.0.0.3:7531"), List.of("10.0.0.1:7531"), Security.tls(NodeKeys.load(directory)),
 *         Duration.ofSeconds(3));
 * try (SystemTime time = new SystemTime(); Rpc rpc = SocketRpc.start(config, time)) { ... }
 * }</pre>
 */
public final class SocketRpc {

    private SocketRpc() {}

    /**
     * Binds the port, settles the node's number with the seeds, and begins to connect to all nodes that they know.
     *
     * @throws IOException when the port is taken or the number is in use; the message says by whom
     */
    public static Rpc start(RpcConfig config, TimeSource time) throws IOException {
        return start(config, time, System.currentTimeMillis());
    }

    /** Does the same with the incarnation given: a number that is larger at each start of the node. */
    public static Rpc start(RpcConfig config, TimeSource time, long incarnation) throws IOException {
        SocketTransport transport = new SocketTransport(config, time, incarnation);
        try {
            transport.settle();
        } catch (IOException | RuntimeException e) {
            transport.close();
            throw e;
        }
        return RpcNode.start(transport);
    }
}
