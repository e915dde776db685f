package org.linuxssi.kddm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.linuxssi.kddm.Benchmark.Kind;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** What a node does for the benchmark of another: it uses objects when told, and answers bare exchanges. */
final class BenchmarkPeer implements AutoCloseable {

    /** What is done with each object. */
    enum Action {
        GET,
        GRAB,
        GET_AND_GRAB,
        REMOVE;

        void on(KddmSet<byte[]> set, long object) {
            switch (this) {
                case GET -> set.get(object).close();
                case GRAB -> set.grab(object).close();
                case GET_AND_GRAB -> {
                    set.get(object).close();
                    set.grab(object).close();
                }
                case REMOVE -> set.removeObject(object);
            }
        }
    }

    /** Objects of a kind, from first on. */
    record Order(Kind kind, Action action, long first, int count) {
        private static final Action[] ACTIONS = Action.values();
        private static final Kind[] KINDS = Kind.values();
        static final Codec<Order> CODEC = Codec.of(
                (it, out) ->
                        out.constant(it.kind).constant(it.action).i64(it.first).i32(it.count),
                in -> new Order(in.constant(KINDS), in.constant(ACTIONS), in.i64(), in.length(Benchmark.MOST_LOOPS)));
    }

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Bytes of a request of the bare exchange, and of a reply besides the object. */
    private static final int HEAD = 64;

    private static final Service<Order, Codec.Nothing> WORK =
            Service.of(105, "kddm-bench", Order.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);
    private static final Service<Integer, Codec.Nothing> ECHO = Service.of(
            106,
            "kddm-bench-echo",
            Codec.of((bytes, out) -> out.i32(bytes), in -> in.length(SetSpec.MAX_OBJECT_SIZE)),
            Codec.NOTHING,
            Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final Map<Kind, KddmSet<byte[]>> sets;
    private final List<Registration> registrations;

    BenchmarkPeer(Rpc rpc, Map<Kind, KddmSet<byte[]>> sets) {
        this.rpc = rpc;
        this.sets = sets;
        this.registrations = List.of(
                rpc.serve(WORK, (_, order) -> work(order)),
                rpc.accept(ECHO, (_, bytes, stream) -> answer(bytes, stream)));
    }

    KddmSet<byte[]> set(Kind kind) {
        return Objects.requireNonNull(sets.get(kind));
    }

    private Codec.Nothing work(Order order) {
        KddmSet<byte[]> set = set(order.kind());
        for (int i = 0; i < order.count(); i++) {
            order.action().on(set, order.first() + i);
        }
        return Codec.Nothing.NOTHING;
    }

    /** Has a node, which may be this one, carry out an order, and waits for it. */
    void have(NodeId node, Order order) {
        if (node.equals(rpc.self())) {
            work(order);
        } else {
            rpc.call(node, WORK, order, PATIENCE);
        }
    }

    private static void answer(int bytes, ByteStream stream) throws IOException {
        try (stream) {
            ByteBuffer request = ByteBuffer.allocate(HEAD);
            ByteBuffer reply = ByteBuffer.allocate(HEAD + bytes);
            while (fill(stream, request)) {
                stream.write(reply.clear());
            }
            stream.finish();
        }
    }

    private static boolean fill(ByteStream stream, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            if (stream.read(buffer) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Sends a few bytes to a node and waits for as many and an object's, over and over, without anything of KDDM or the layer of
     * messages: a thread on each side that blocks in its socket, protected as all connections of the cluster are.
     *
     * @return nanoseconds of each time but the first tenth
     */
    long[] exchanges(NodeId node, int bytes, int times) throws IOException {
        long[] nanos = new long[times];
        int untold = times / 10;
        try (ByteStream stream = rpc.open(node, ECHO, bytes)) {
            ByteBuffer request = ByteBuffer.allocate(HEAD);
            ByteBuffer reply = ByteBuffer.allocate(HEAD + bytes);
            for (int i = -untold; i < times; i++) {
                long before = rpc.time().nanos();
                stream.write(request.clear());
                if (!fill(stream, reply)) {
                    throw new IOException("node " + node + " ended the exchange");
                }
                nanos[Math.max(0, i)] = rpc.time().nanos() - before;
            }
            stream.finish();
        }
        return nanos;
    }

    @Override
    public void close() {
        registrations.forEach(Registration::close);
    }
}
