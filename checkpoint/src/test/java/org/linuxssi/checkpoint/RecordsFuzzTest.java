package org.linuxssi.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.linuxssi.capability.CapabilitySets;
import org.linuxssi.linux.SystemV;
import org.linuxssi.proc.CpuTimes;
import org.linuxssi.proc.History;
import org.linuxssi.proc.Relations;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** The records of a version and of messages: what is written is read, and any bytes are read or refused. */
class RecordsFuzzTest {

    private final Random random = new Random(7);

    private static Task.Part part() {
        Relations.Numbers self = new Relations.Numbers(712, 1, 712, 712, 0, 0, false);
        Relations.Numbers child = new Relations.Numbers(713, 712, 712, 712, 0, 0, false);
        Task task = new Task(
                new Relations(self, NodeSet.EMPTY, List.of(new Relations.Child(child, Optional.of(7 << 8)))),
                new byte[12],
                new History(new CpuTimes(1, 2, 3, 4), 5000, List.of()),
                new CapabilitySets(021, 1, 021, 1),
                "sleep");
        return new Task.Part(NodeId.of(3), List.of(task));
    }

    private static Order order() {
        return new Order(712, true, 1000, java.util.Set.of(Order.Step.SAVE, Order.Step.FREEZE), 15, "why", true, 2);
    }

    private <T> void refusesOrReads(Codec<T> codec, T good) {
        byte[] bytes = codec.toBytes(good);
        assertThat(codec.toBytes(codec.fromBytes(bytes))).isEqualTo(bytes);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = bytes.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try {
                codec.fromBytes(bad);
            } catch (DecodeException | IllegalArgumentException refused) {
                assertThat(refused.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void partsManifestsAndOrders() {
        refusesOrReads(Task.Part.CODEC, part());
        refusesOrReads(Manifest.CODEC, new Manifest(712, 3, 1000, 1_790_000_000_000L, "before", List.of(NodeId.of(3))));
        refusesOrReads(Order.CODEC, order());
        refusesOrReads(
                Outcome.CODEC,
                new Outcome(
                        712, Optional.of(new Manifest(712, 3, 1000, 1L, "", List.of(NodeId.of(0)))), 2, 1 << 20, 5));
    }

    @Test
    void objectsOfSystemV() {
        SystemV.Status status = new SystemV.Status(0x5353, 1000, 100, 0, 0, 0640, false, 3, 0);
        refusesOrReads(
                IpcObject.CODEC,
                new IpcObject(SystemV.Kind.SEMAPHORES, 98_305, status, List.of(0, 7, 32_767), List.of()));
        refusesOrReads(
                IpcObject.CODEC,
                new IpcObject(SystemV.Kind.QUEUE, 0, status, List.of(), List.of(new SystemV.Message(5, new byte[40]))));
    }

    @Test
    void theStepsOfAnOrderHaveAnOrder() {
        assertThat(order().steps()).containsExactly(Order.Step.FREEZE, Order.Step.SAVE);
    }
}
