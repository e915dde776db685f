package org.linuxssi.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.linuxssi.rpc.TestServices.BULK;
import static org.linuxssi.rpc.TestServices.ECHO;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.NodeId;

@Timeout(30)
class SocketRpcTest {

    private final Instant now = Instant.now();
    private final ClusterCa ca = ClusterCa.create("test", now);

    abstract static class OverSockets extends RpcContract {
        private final Loopback loopback = new Loopback(3);

        abstract Security security(int node);

        @BeforeEach
        void start() throws IOException {
            for (int i = 0; i < 3; i++) {
                loopback.start(loopback.config(i, Optional.of(NodeId.of(i)), security(i)));
            }
            loopback.awaitConnected(2);
        }

        @AfterEach
        void stop() {
            loopback.close();
        }

        @Override
        Rpc node(int id) {
            return loopback.nodes().get(id);
        }
    }

    @Nested
    class Plain extends OverSockets {
        @Override
        Security security(int node) {
            return Security.plain();
        }
    }

    @Nested
    class Tls extends OverSockets {
        @Override
        Security security(int node) {
            return Security.tls(ca.issue("node" + node, now));
        }
    }

    @Test
    void bytesArriveUnchangedUnderTlsWhateverTheSizesOfWritesAndReads() throws Exception {
        byte[] bytes = new byte[5_000_000];
        new Random(3).nextBytes(bytes);
        try (Loopback loopback = new Loopback(2)) {
            for (int i = 0; i < 2; i++) {
                Security security = Security.tls(ca.issue("node" + i, now));
                loopback.start(loopback.config(i, Optional.of(NodeId.of(i)), security));
            }
            loopback.awaitConnected(1);
            Rpc zero = loopback.nodes().getFirst();
            zero.accept(BULK, (_, _, stream) -> send(bytes, stream));
            try (ByteStream stream = loopback.nodes().getLast().open(zero.self(), BULK, "")) {
                assertThat(receive(bytes.length, stream)).isEqualTo(bytes);
            }
        }
    }

    private static void send(byte[] bytes, ByteStream stream) throws IOException {
        Random sizes = new Random(4);
        for (int done = 0; done < bytes.length; ) {
            int count = Math.min(bytes.length - done, sizes.nextInt(1 << sizes.nextInt(22)));
            ByteBuffer part = ByteBuffer.wrap(bytes, done, count);
            stream.write(sizes.nextBoolean() ? part : part.asReadOnlyBuffer());
            done += count;
        }
        stream.finish();
    }

    private static byte[] receive(int length, ByteStream stream) throws IOException {
        Random sizes = new Random(5);
        ByteBuffer all = ByteBuffer.allocate(length);
        while (true) {
            int size = 1 + sizes.nextInt(1 << sizes.nextInt(20));
            ByteBuffer part = sizes.nextBoolean() ? ByteBuffer.allocate(size) : ByteBuffer.allocateDirect(size);
            if (stream.read(part) < 0) {
                return all.array();
            }
            all.put(part.flip());
        }
    }

    @Test
    void messagesAndStreamsRunUnderTls() throws Exception {
        try (Loopback loopback = new Loopback(2)) {
            for (int i = 0; i < 2; i++) {
                Security security = Security.tls(ca.issue("node" + i, now));
                loopback.start(loopback.config(i, Optional.of(NodeId.of(i)), security));
            }
            loopback.awaitConnected(1);
            Rpc zero = loopback.nodes().get(0);
            Rpc one = loopback.nodes().get(1);
            zero.serve(ECHO, (_, text) -> text);
            assertThat(one.call(zero.self(), ECHO, "x".repeat(100_000), Duration.ofSeconds(5)))
                    .hasSize(100_000);
            zero.accept(BULK, (_, header, stream) -> {
                stream.write(ByteBuffer.wrap(header.getBytes(UTF_8)));
                stream.finish();
            });
            try (ByteStream stream = one.open(zero.self(), BULK, "y".repeat(50_000))) {
                ByteBuffer all = ByteBuffer.allocate(100_000);
                while (stream.read(all) >= 0) {}
                assertThat(all.position()).isEqualTo(50_000);
            }
        }
    }

    @Test
    void nodesWithoutNumbersAgreeOnThem() throws Exception {
        try (Loopback loopback = new Loopback(4)) {
            List<CompletableFuture<NodeId>> ids = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                RpcConfig config = loopback.config(i, Optional.empty(), Security.plain());
                CompletableFuture<NodeId> id = new CompletableFuture<>();
                ids.add(id);
                loopback.time().execute(() -> {
                    try {
                        Rpc rpc = SocketRpc.start(config, loopback.time());
                        synchronized (loopback) {
                            loopback.nodes().add(rpc);
                        }
                        id.complete(rpc.self());
                    } catch (IOException e) {
                        id.completeExceptionally(e);
                    }
                });
            }
            List<NodeId> found = new ArrayList<>();
            for (CompletableFuture<NodeId> id : ids) {
                found.add(id.get());
            }
            assertThat(found).doesNotHaveDuplicates().allMatch(id -> id.value() < 8);
            loopback.awaitConnected(3);
        }
    }

    @Test
    void aNumberInUseIsRefusedWithItsOwner() throws Exception {
        try (Loopback loopback = new Loopback(2)) {
            loopback.start(loopback.config(0, Optional.of(NodeId.of(5)), Security.plain()));
            RpcConfig same = loopback.config(1, Optional.of(NodeId.of(5)), Security.plain());
            assertThatThrownBy(() -> loopback.start(same))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("node id 5 is in use by " + loopback.address(0));
            Rpc other = loopback.start(loopback.config(1, Optional.empty(), Security.plain()));
            assertThat(other.self()).isEqualTo(NodeId.of(0));
        }
    }

    @Test
    void aRestartedNodeIsToldApartAndTakenBack() throws Exception {
        try (Loopback loopback = new Loopback(2)) {
            Rpc zero = loopback.start(loopback.config(0, Optional.of(NodeId.of(0)), Security.plain()));
            Rpc first = loopback.start(loopback.config(1, Optional.of(NodeId.of(1)), Security.plain()));
            loopback.awaitConnected(1);
            List<Boolean> changes = new ArrayList<>();
            zero.onConnection((_, connected) -> {
                synchronized (changes) {
                    changes.add(connected);
                }
            });
            first.close();
            Rpc again =
                    SocketRpc.start(loopback.config(1, Optional.of(NodeId.of(1)), Security.plain()), loopback.time());
            loopback.nodes().set(1, again);
            again.serve(ECHO, (_, text) -> text);
            loopback.awaitConnected(1);
            Awaitility.await().until(() -> {
                synchronized (changes) {
                    return changes.equals(List.of(false, true));
                }
            });
            assertThat(zero.call(NodeId.of(1), ECHO, "again", Duration.ofSeconds(5)))
                    .isEqualTo("again");
        }
    }

    @Test
    void strangersAreRefusedBeforeAnyDecoderSeesThem() throws Exception {
        ClusterCa other = ClusterCa.create("test", now);
        List<Security> strangers = List.of(
                Security.plain(),
                Security.tls(other.issue("node1", now)),
                Security.tls(ca.issue("late", now, now.minusSeconds(60))),
                Security.tls(new NodeKeys(
                        ca.issue("a", now).key(), other.issue("b", now).certificate(), ca.certificate())));
        for (Security stranger : strangers) {
            try (Loopback loopback = new Loopback(2)) {
                Rpc zero = loopback.start(
                        loopback.config(0, Optional.of(NodeId.of(0)), Security.tls(ca.issue("node0", now))));
                Rpc intruder = loopback.start(loopback.config(1, Optional.of(NodeId.of(1)), stranger));
                Awaitility.await()
                        .during(Duration.ofMillis(300))
                        .until(() -> zero.connected().isEmpty()
                                && intruder.connected().isEmpty());
            }
        }
    }

    @Test
    void otherSessionsAreRefused() throws Exception {
        try (Loopback loopback = new Loopback(2)) {
            Rpc zero = loopback.start(loopback.config(0, Optional.of(NodeId.of(0)), Security.plain()));
            RpcConfig same = loopback.config(1, Optional.of(NodeId.of(1)), Security.plain());
            loopback.start(new RpcConfig(
                    same.cluster(),
                    8,
                    same.node(),
                    same.listen(),
                    same.advertised(),
                    same.seeds(),
                    same.security(),
                    same.seedWait()));
            Awaitility.await().during(Duration.ofMillis(300)).until(() -> zero.connected()
                    .isEmpty());
        }
    }

    @Test
    void randomBytesDoNoHarm() throws Exception {
        Random random = new Random(11);
        try (Loopback loopback = new Loopback(2)) {
            Rpc zero = loopback.start(loopback.config(0, Optional.of(NodeId.of(0)), Security.plain()));
            String[] address = loopback.address(0).split(":");
            for (int i = 0; i < 50; i++) {
                try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
                    byte[] noise = new byte[random.nextInt(200)];
                    random.nextBytes(noise);
                    socket.getOutputStream().write(noise);
                } catch (IOException reset) {
                    assertThat(reset).isNotNull();
                }
            }
            Rpc one = loopback.start(loopback.config(1, Optional.of(NodeId.of(1)), Security.plain()));
            zero.serve(ECHO, (_, text) -> text);
            loopback.awaitConnected(1);
            assertThat(one.call(zero.self(), ECHO, "alive", Duration.ofSeconds(5)))
                    .isEqualTo("alive");
        }
    }
}
