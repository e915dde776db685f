package org.linuxssi.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.linuxssi.rpc.TestServices.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.SystemTime;
import org.linuxssi.tools.VirtualTime;

@Timeout(10)
class MemoryNetworkTest {

    @Nested
    class OnVirtualTime extends RpcContract {
        private final VirtualTime time = new VirtualTime();
        private final List<Rpc> nodes = new ArrayList<>();

        @BeforeEach
        void start() {
            MemoryNetwork network = new MemoryNetwork(time);
            network.latency((_, _) -> Duration.ofMillis(1));
            for (int i = 0; i < 3; i++) {
                nodes.add(network.node(NodeId.of(i)));
            }
            time.advance(Duration.ofSeconds(1));
        }

        @Override
        Rpc node(int id) {
            return nodes.get(id);
        }
    }

    @Nested
    class OnThreads extends RpcContract {
        private final SystemTime time = new SystemTime();
        private final List<Rpc> nodes = new ArrayList<>();

        @BeforeEach
        void start() {
            MemoryNetwork network = new MemoryNetwork(time);
            for (int i = 0; i < 3; i++) {
                nodes.add(network.node(NodeId.of(i)));
            }
            Awaitility.await().until(() -> nodes.stream()
                    .allMatch(node -> node.connected().size() == 2));
        }

        @AfterEach
        void stop() {
            nodes.forEach(Rpc::close);
            time.close();
        }

        @Override
        Rpc node(int id) {
            return nodes.get(id);
        }
    }

    private final VirtualTime time = new VirtualTime();
    private final MemoryNetwork network = new MemoryNetwork(time);

    @Test
    void holdsMessagesOfACutLinkUntilItHeals() {
        Rpc one = network.node(NodeId.of(1));
        Rpc two = network.node(NodeId.of(2));
        List<String> seen = new ArrayList<>();
        one.serve(ECHO, (_, text) -> {
            seen.add(text);
            return text;
        });
        time.advance(Duration.ofSeconds(1));
        network.cut(one.self(), two.self());
        two.send(one.self(), ECHO, "a");
        CompletableFuture<String> answer = two.ask(one.self(), ECHO, "b", Duration.ofHours(1));
        time.advance(Duration.ofMinutes(1));
        assertThat(seen).isEmpty();
        assertThat(two.connected().contains(one.self())).isTrue();
        network.heal();
        time.advance(Duration.ofSeconds(1));
        assertThat(seen).containsExactly("a", "b");
        assertThat(answer).isCompletedWithValue("b");
    }

    @Test
    void delaysMessages() {
        Rpc one = network.node(NodeId.of(1));
        Rpc two = network.node(NodeId.of(2));
        network.delay(one.self(), two.self(), Duration.ofMillis(30));
        one.serve(ECHO, (_, text) -> text);
        time.advance(Duration.ofSeconds(1));
        long before = time.nanos();
        two.call(one.self(), ECHO, "x");
        assertThat(Duration.ofNanos(time.nanos() - before)).isEqualTo(Duration.ofMillis(60));
    }

    @Test
    void aRestartedNodeComesBack() {
        Rpc one = network.node(NodeId.of(1));
        network.node(NodeId.of(2)).close();
        Rpc again = network.node(NodeId.of(2));
        again.serve(ECHO, (_, text) -> text);
        time.advance(Duration.ofSeconds(1));
        assertThat(one.call(again.self(), ECHO, "x")).isEqualTo("x");
    }
}
