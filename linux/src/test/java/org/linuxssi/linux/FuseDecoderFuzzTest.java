package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Arbitrary bytes never do worse than a {@link FuseFormatException}. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FuseDecoderFuzzTest {

    private static final int ROUNDS = 400_000;

    private static byte[] request(Random random) {
        byte[] bytes = new byte[FuseAbi.IN_HEADER + random.nextInt(160)];
        random.nextBytes(bytes);
        MemorySegment segment = MemorySegment.ofArray(bytes);
        for (int at = FuseAbi.IN_HEADER; at + 4 <= bytes.length; at += 4) {
            if (random.nextInt(3) == 0) {
                segment.set(JAVA_INT_UNALIGNED, at, random.nextInt(-2, 70));
            }
        }
        segment.set(JAVA_INT_UNALIGNED, 0, random.nextInt(50) == 0 ? random.nextInt() : bytes.length);
        segment.set(JAVA_INT_UNALIGNED, 4, random.nextInt(50) == 0 ? random.nextInt() : random.nextInt(60));
        return bytes;
    }

    @Test
    void mutatedRequestsAreDecodedOrRefused() {
        Random random = new Random(20261121);
        int decoded = 0;
        for (int i = 0; i < ROUNDS; i++) {
            MemorySegment bytes = MemorySegment.ofArray(request(random));
            try {
                FuseHeader header = FuseDecoder.header(bytes);
                FuseRequest request = FuseDecoder.decode(header, bytes, random.nextLong());
                assertThat(request.header()).isSameAs(header);
                decoded++;
            } catch (FuseFormatException expected) {
                assertThat(expected).hasMessageContaining("opcode");
            }
        }
        assertThat(decoded).isBetween(ROUNDS / 4, ROUNDS - 1);
    }

    @Test
    void aWriteThatClaimsMoreThanItHasIsRefused() {
        byte[] bytes = new byte[FuseAbi.IN_HEADER + FuseAbi.WRITE_IN + 4];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        segment.set(JAVA_INT_UNALIGNED, 0, bytes.length);
        segment.set(JAVA_INT_UNALIGNED, 4, 16);
        segment.set(JAVA_LONG_UNALIGNED, 8, 99);
        segment.set(JAVA_INT_UNALIGNED, FuseAbi.IN_HEADER + 16, 5);
        FuseHeader header = FuseDecoder.header(segment);
        assertThatThrownBy(() -> FuseDecoder.decode(header, segment, 0))
                .isInstanceOf(FuseFormatException.class)
                .hasMessageContaining("5 bytes needed, 4 left");
    }
}
