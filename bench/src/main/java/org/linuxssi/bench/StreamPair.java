package org.linuxssi.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntFunction;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcConfig;
import org.linuxssi.rpc.Security;
import org.linuxssi.rpc.Service;
import org.linuxssi.rpc.Service.Dispatch;
import org.linuxssi.rpc.SocketRpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.SystemTime;

/** Two nodes on the loopback interface. */
final class StreamPair implements AutoCloseable {

    private static final int CHUNK = 1 << 20;
    private static final int CALLS = 2000;
    private static final int CALL_BYTES = 64;
    private static final Codec<byte[]> BYTES = Codec.of((value, out) -> out.bytes(value), in -> in.bytes(CHUNK));
    private static final Codec<Long> COUNT = Codec.of((value, out) -> out.i64(value), in -> in.i64());
    private static final Service<byte[], byte[]> ECHO = Service.of(60001, "echo", BYTES, BYTES, Dispatch.INLINE);
    private static final Service<Long, Codec.Nothing> BULK =
            Service.of(60002, "bulk", COUNT, Codec.NOTHING, Dispatch.BLOCKING);

    private final SystemTime time;
    private final Rpc asking;
    private final Rpc serving;

    private StreamPair(SystemTime time, Rpc asking, Rpc serving) {
        this.time = time;
        this.asking = asking;
        this.serving = serving;
        serving.serve(ECHO, (_, bytes) -> bytes);
        serving.accept(BULK, (_, _, stream) -> sink(stream));
    }

    /** Starts both and waits until they are connected. */
    static StreamPair start(IntFunction<Security> security) throws IOException, InterruptedException {
        SystemTime time = new SystemTime();
        List<String> addresses = List.of("127.0.0.1:" + freePort(), "127.0.0.1:" + freePort());
        Rpc asking = SocketRpc.start(config(0, addresses, security.apply(0)), time);
        CountDownLatch connected = new CountDownLatch(1);
        asking.onConnection((_, _) -> connected.countDown());
        Rpc serving = SocketRpc.start(config(1, addresses, security.apply(1)), time);
        StreamPair pair = new StreamPair(time, asking, serving);
        connected.await();
        return pair;
    }

    private static RpcConfig config(int node, List<String> addresses, Security security) {
        String[] own = addresses.get(node).split(":", 2);
        return new RpcConfig(
                "bench",
                1,
                Optional.of(NodeId.of(node)),
                new InetSocketAddress(own[0], Integer.parseInt(own[1])),
                Optional.empty(),
                addresses,
                security,
                Duration.ofMillis(50));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Sends so many bytes and returns the gigabytes a second until the last has been read. */
    double stream(long bytes) throws IOException {
        ByteBuffer source = ByteBuffer.allocateDirect(CHUNK);
        long start = System.nanoTime();
        try (ByteStream stream = asking.open(serving.self(), BULK, bytes)) {
            for (long left = bytes; left > 0; left -= CHUNK) {
                stream.write(source.clear());
            }
            stream.finish();
            if (stream.read(source.clear()) >= 0) {
                throw new IOException("the sink said something");
            }
        }
        return bytes / (double) (System.nanoTime() - start);
    }

    private static void sink(ByteStream stream) throws IOException {
        ByteBuffer target = ByteBuffer.allocateDirect(CHUNK);
        try (stream) {
            while (stream.read(target) >= 0) {
                if (!target.hasRemaining()) {
                    target.clear();
                }
            }
            stream.finish();
        }
    }

    /** Returns the median of the microseconds that a small request takes. */
    double request() {
        byte[] small = new byte[CALL_BYTES];
        double[] micros = new double[CALLS];
        for (int i = 0; i < CALLS; i++) {
            long start = System.nanoTime();
            asking.call(serving.self(), ECHO, small);
            micros[i] = (System.nanoTime() - start) / 1e3;
        }
        Arrays.sort(micros);
        return micros[CALLS / 2];
    }

    @Override
    public void close() {
        asking.close();
        serving.close();
        time.close();
    }
}
