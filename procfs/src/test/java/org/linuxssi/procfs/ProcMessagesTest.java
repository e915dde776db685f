package org.linuxssi.procfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.linuxssi.procfs.ProcNode.Kind;
import org.linuxssi.procfs.ProcServices.Action;
import org.linuxssi.procfs.ProcServices.Question;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

class ProcMessagesTest {

    private static final int ROUNDS = 100_000;

    @Test
    void nodeIdsHoldAllThereIs() {
        Random random = new Random(7);
        for (Kind kind : Kind.values()) {
            ProcNode node = kind == Kind.ROOT
                    ? ProcNode.ROOT
                    : new ProcNode(kind, random.nextInt(256), random.nextInt(1 << 22), random.nextInt(1 << 22), 9);
            assertThat(ProcNode.ofId(node.id())).isEqualTo(node);
        }
        ProcNode named = ProcNode.named(Kind.STATIC, "sysrq-trigger");
        assertThat(ProcNode.ofId(named.id())).isEqualTo(named);
    }

    @Test
    void pidsAreReadAsTheKernelDoes() {
        assertThat(List.of("1", "4194304", "0", "01", "4194305", "12a", "", "99999999").stream()
                        .map(ProcNames::pid))
                .containsExactly(1, 4194304, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void mutatedMessagesAreDecodedOrRefused() {
        Random random = new Random(20261121);
        byte[] question = ProcServices.PROCESS.request().toBytes(Question.of(Action.READ, 5, "task/5/io", 0));
        byte[] entry = ProcessEntry.CODEC.toBytes(
                new ProcessEntry(1, 2, 3, new byte[5], new byte[4], new byte[3], new byte[2]));
        for (int i = 0; i < ROUNDS; i++) {
            refuseOrDecode(ProcServices.PROCESS.request(), mutate(question, random));
            refuseOrDecode(ProcessEntry.CODEC, mutate(entry, random));
            refuseOrDecode(ProcServices.PROCESS.reply(), mutate(entry, random));
            refuseOrDecode(ProcServices.BATCH.reply(), mutate(entry, random));
        }
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        byte[] changed = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 4));
        for (int i = random.nextInt(4); i > 0 && changed.length > 0; i--) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        }
        return changed;
    }

    private static <T> void refuseOrDecode(Codec<T> codec, byte[] bytes) {
        try {
            assertThat(codec.fromBytes(bytes)).isNotNull();
        } catch (DecodeException expected) {
            assertThat(expected).hasMessageContaining("at byte");
        }
    }
}
