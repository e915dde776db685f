package org.linuxssi.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;

/** Damaged bytes are refused with a DecodeException, and nothing else happens. */
@Timeout(30)
class DecoderFuzzTest {

    private static final int ROUNDS = 20_000;

    private static byte[] mutate(Random random, byte[] valid) {
        byte[] bytes = valid.clone();
        for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return switch (random.nextInt(4)) {
            case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(40));
            default -> bytes;
        };
    }

    private static void fuzz(long seed, byte[] valid, Consumer<byte[]> decode) {
        Random random = new Random(seed);
        decode.accept(valid);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] damaged = mutate(random, valid);
            try {
                decode.accept(damaged);
            } catch (DecodeException e) {
                assertThat(e.offset()).isBetween(0L, (long) damaged.length);
            }
        }
    }

    @Test
    void frames() {
        byte[] valid = Frame.encode(Frame.Type.REQUEST, 7, 130, NodeId.of(3), 99, out -> out.text("payload")
                .i64(5));
        fuzz(1, valid, bytes -> {
            Frame frame = Frame.decode(bytes, 7);
            assertThat(frame.payload().length).isLessThanOrEqualTo(Frame.MAX_PAYLOAD);
        });
    }

    @Test
    void helloes() {
        Hello hello = new Hello(
                Hello.Purpose.MESSAGES,
                7,
                "blue",
                NodeId.of(1),
                12345,
                "10.0.0.1:7531",
                List.of(new Hello.Peer(NodeId.of(2), "10.0.0.2:7531"), new Hello.Peer(NodeId.of(3), "[::1]:1")));
        fuzz(2, Hello.CODEC.toBytes(hello), bytes -> assertThat(Hello.CODEC.fromBytes(bytes))
                .isNotNull());
        Codec<String> verdict = Hello.VERDICT;
        fuzz(3, verdict.toBytes("no"), bytes -> assertThat(verdict.fromBytes(bytes))
                .isNotNull());
    }

    @Test
    void framesOfOtherVersionsAndSessionsAreRefused() {
        byte[] valid = Frame.encode(Frame.Type.ONE_WAY, 7, 130, NodeId.of(3), 0, _ -> {});
        assertThatThrownBy(() -> Frame.decode(valid, 8)).hasMessageContaining("session 7");
        byte[] newer = valid.clone();
        newer[4] = 2;
        assertThatThrownBy(() -> Frame.decode(newer, 7)).hasMessageContaining("version 2");
        byte[] long32 = valid.clone();
        long32[15] = 0x7f;
        assertThatThrownBy(() -> Frame.decode(long32, 7)).hasMessageContaining("length");
    }

    @Test
    void joinTokens() {
        Instant now = Instant.parse("2026-11-21T00:00:00Z");
        ClusterCa authority = ClusterCa.create("blue", now);
        JoinToken token = new JoinToken(
                "blue", 7, List.of("10.0.0.1:7531"), now.plus(Duration.ofHours(1)), authority.issue("node", now));
        String text = token.text();
        JoinToken read = JoinToken.parse(text, now);
        assertThat(read.seeds()).isEqualTo(token.seeds());
        assertThat(read.keys()).isEqualTo(token.keys());
        assertThat(text).doesNotContain("\n", " ");
        assertThatThrownBy(() -> JoinToken.parse(text, now.plus(Duration.ofHours(2))))
                .hasMessageContaining("expired");
        Random random = new Random(4);
        for (int i = 0; i < 2000; i++) {
            char[] chars = text.toCharArray();
            chars[random.nextInt(chars.length)] = (char) (33 + random.nextInt(90));
            try {
                assertThat(JoinToken.parse(new String(chars), now)).isNotNull();
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("token");
            }
        }
    }
}
