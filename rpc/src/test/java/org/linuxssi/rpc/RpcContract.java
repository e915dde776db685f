package org.linuxssi.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.linuxssi.rpc.TestServices.ABSENT;
import static org.linuxssi.rpc.TestServices.BULK;
import static org.linuxssi.rpc.TestServices.ECHO;
import static org.linuxssi.rpc.TestServices.PASS;
import static org.linuxssi.rpc.TestServices.SLOW;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.rpc.RpcException.Kind;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What every transport has to do; the nodes are 0, 1 and 2, all connected. */
@Timeout(30)
abstract class RpcContract {

    static final Duration LONG = Duration.ofSeconds(20);

    abstract Rpc node(int id);

    /** Waits until the future is done, on whatever clock. */
    <T> T await(CompletableFuture<T> future) throws Exception {
        return node(0).time().await(future);
    }

    private static NodeId id(int value) {
        return NodeId.of(value);
    }

    @Test
    void answersRequestsFromPeersAndFromItself() {
        node(0).serve(ECHO, (from, text) -> text + " from " + from);
        assertThat(node(1).call(id(0), ECHO, "hello", LONG)).isEqualTo("hello from 1");
        assertThat(node(0).call(id(0), ECHO, "self", LONG)).isEqualTo("self from 0");
    }

    @Test
    void runsInlineRequestsInTheOrderOfSending() throws Exception {
        List<String> seen = new ArrayList<>();
        CompletableFuture<Boolean> last = new CompletableFuture<>();
        node(0).serve(ECHO, (_, text) -> {
            seen.add(text);
            if (text.equals("999")) {
                last.complete(true);
            }
            return text;
        });
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            sent.add(Integer.toString(i));
            node(1).send(id(0), ECHO, Integer.toString(i));
        }
        await(last);
        assertThat(seen).isEqualTo(sent);
    }

    @Test
    void asksManyNodesAtOnce() throws Exception {
        for (int i = 0; i < 3; i++) {
            int number = i;
            node(i).serve(SLOW, (_, text) -> text + number);
        }
        List<String> answers = new ArrayList<>();
        for (CompletableFuture<String> answer :
                node(1).ask(NodeSet.first(3), SLOW, "n", LONG).values()) {
            answers.add(await(answer));
        }
        assertThat(answers).containsExactly("n0", "n1", "n2");
    }

    @Test
    void reportsWhatTheHandlerThrew() {
        node(0).serve(SLOW, (_, text) -> {
            throw new IOException("no " + text);
        });
        assertThatThrownBy(() -> node(1).call(id(0), SLOW, "luck", LONG))
                .isInstanceOfSatisfying(
                        RpcException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REMOTE))
                .hasMessageContaining("no luck");
    }

    @Test
    void reportsServicesThatNobodyServes() {
        assertThatThrownBy(() -> node(1).call(id(0), ABSENT, "", LONG))
                .isInstanceOfSatisfying(
                        RpcException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NO_SERVICE));
        assertThatThrownBy(() -> node(1).call(id(9), ABSENT, "", LONG))
                .isInstanceOfSatisfying(
                        RpcException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
    }

    @Test
    void givesUpAtTheDeadlineAndTellsTheHandler() throws Exception {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        CompletableFuture<Boolean> begun = handlerThatWaits(told);
        assertThatThrownBy(() -> node(1).call(id(0), SLOW, "", Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        RpcException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DEADLINE));
        assertThat(await(begun)).isTrue();
        assertThat(await(told)).isTrue();
    }

    @Test
    void carriesCancellationToTheHandler() throws Exception {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        CompletableFuture<Boolean> begun = handlerThatWaits(told);
        CompletableFuture<String> answer = node(1).ask(id(0), SLOW, "", LONG);
        await(begun);
        answer.cancel(true);
        assertThat(await(told)).isTrue();
    }

    /** The handler waits for a node that never answers, by a call of its own. */
    private CompletableFuture<Boolean> handlerThatWaits(CompletableFuture<Boolean> told) {
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        CompletableFuture<String> never = new CompletableFuture<>();
        node(2).serve(PASS, (_, text) -> node(2).time().await(never));
        node(0).serve(SLOW, (_, text) -> {
            begun.complete(true);
            try {
                return node(0).call(id(2), PASS, text, LONG);
            } catch (RpcException e) {
                told.complete(e.kind() == Kind.CANCELLED);
                throw e;
            }
        });
        return begun;
    }

    @Test
    void letsAnotherNodeAnswer() {
        node(0).serve(PASS, (_, text) -> node(0).forward(id(2), SLOW, text + " by 0"));
        node(2).serve(SLOW, (from, text) -> text + " by 2 for " + from);
        assertThat(node(1).call(id(0), PASS, "answered", LONG)).isEqualTo("answered by 0 by 2 for 1");
    }

    @Test
    void failsForwardedRequestsWhenTheOtherNodeGoes() throws Exception {
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        CompletableFuture<String> never = new CompletableFuture<>();
        node(0).serve(PASS, (_, text) -> node(0).forward(id(2), SLOW, text));
        node(2).serve(SLOW, (_, text) -> {
            begun.complete(true);
            return node(2).time().await(never);
        });
        CompletableFuture<String> answer = node(1).ask(id(0), PASS, "", LONG);
        await(begun);
        node(2).close();
        assertThatThrownBy(() -> await(answer))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RpcException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
    }

    @Test
    void refusesToWaitInsideAnInlineHandler() {
        node(0).serve(ECHO, (_, text) -> node(0).call(id(1), SLOW, text, LONG));
        assertThatThrownBy(() -> node(1).call(id(0), ECHO, "", LONG)).hasMessageContaining("BLOCKING");
    }

    @Test
    void tellsOfLostConnections() throws Exception {
        CompletableFuture<NodeId> lost = new CompletableFuture<>();
        node(0).onConnection((peer, connected) -> {
            if (!connected) {
                lost.complete(peer);
            }
        });
        node(2).close();
        assertThat(await(lost)).isEqualTo(id(2));
        assertThat(node(0).connected()).isEqualTo(NodeSet.of(id(1)));
    }

    @Test
    void connectsAgainAfterADisconnect() throws Exception {
        CompletableFuture<Boolean> again = new CompletableFuture<>();
        node(1).serve(ECHO, (_, text) -> text);
        node(0).onConnection((peer, connected) -> {
            if (connected && peer.equals(id(1))) {
                again.complete(true);
            }
        });
        node(0).disconnect(id(1), "test");
        await(again);
        assertThat(node(0).call(id(1), ECHO, "back", LONG)).isEqualTo("back");
    }

    @Test
    void streamsBytesBothWaysWithoutLoss() throws Exception {
        node(0).accept(BULK, (_, header, stream) -> {
            CRC32 sum = new CRC32();
            ByteBuffer buffer = ByteBuffer.allocate(70_000);
            while (stream.read(buffer) >= 0) {
                sum.update(buffer.flip());
                buffer.clear();
            }
            stream.write(ByteBuffer.wrap((header + sum.getValue()).getBytes(UTF_8)));
            stream.finish();
        });
        byte[] data = new byte[3_000_001];
        new Random(7).nextBytes(data);
        CRC32 sum = new CRC32();
        sum.update(data);
        assertThat(exchange(data)).isEqualTo("sum " + sum.getValue());
    }

    private String exchange(byte[] data) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        node(1).time().execute(() -> {
            try (ByteStream stream = node(1).open(id(0), BULK, "sum ")) {
                stream.write(ByteBuffer.wrap(data));
                stream.finish();
                ByteBuffer reply = ByteBuffer.allocate(100);
                while (stream.read(reply) >= 0) {}
                answer.complete(new String(reply.array(), 0, reply.position(), UTF_8));
            } catch (IOException e) {
                answer.completeExceptionally(e);
            }
        });
        return await(answer);
    }

    @Test
    void failsStreamsWhoseOtherEndIsDropped() throws Exception {
        CompletableFuture<IOException> failed = new CompletableFuture<>();
        node(0).accept(BULK, (_, _, stream) -> {
            ByteBuffer buffer = ByteBuffer.allocate(10);
            stream.read(buffer);
        });
        node(1).time().execute(() -> {
            try (ByteStream stream = node(1).open(id(0), BULK, "")) {
                while (true) {
                    stream.write(ByteBuffer.allocate(100_000));
                }
            } catch (IOException e) {
                failed.complete(e);
            }
        });
        assertThat(await(failed)).isNotNull();
    }

    @Test
    void refusesStreamsThatNobodyAccepts() {
        assertThatThrownBy(() -> node(1).open(id(0), BULK, "")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> node(1).open(id(9), BULK, "")).isInstanceOf(IOException.class);
    }
}
