package org.linuxssi.kddm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Message.Mode;
import org.linuxssi.kddm.Message.Outcome;
import org.linuxssi.kddm.Message.Verdict;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(20)
class MessageCodecTest {

    private static final long SET = SetId.of(7, 9).key();
    private static final NodeId NODE = NodeId.of(255);

    private static final List<Message> MESSAGES = List.of(
            new Message.Request(SET, -1, 5, Want.FLUSH, 0xff, Members.MODULO, Message.ANY_NODE),
            new Message.Invalidate(SET, 2, 3, true, false, 256, Message.ANY_NODE, 4),
            new Message.Invalidate(SET, 2, 3, false, true, 256, 255, 0),
            new Message.Hinted(SET, 2, NODE, 4, Message.TRY, Members.MODULO),
            new Message.Readers(SET, 2, 3, NodeSet.of(NODE, NodeId.of(0)), 4),
            new Message.Registered(SET, 2, 3),
            new Message.Invalidated(SET, 2, 3, true),
            new Message.Supply(SET, 2, 3, Mode.OWNERSHIP, NODE, 4, Members.LOCAL, true, false),
            new Message.Relinquished(SET, 2, 3),
            new Message.Grant(SET, 2, 3, 4, Outcome.UPGRADE, -1, 255, false, null),
            new Message.Done(SET, 2, 3, true, false, true, "why"),
            new Message.Received(SET, 2, 3),
            new Message.Probe(SET, 2, 3),
            new Message.Exists(SET, 2, true, 0, NodeId.of(3), 9, 10),
            new Message.Witnessed(SET, 2, 9),
            new Message.Created(SET, 2, 9),
            new Message.Blocked(SET, 2, 3),
            new Message.BackedUp(SET, 2, 3),
            new Message.Settle(SET, 2, 3, 4, Verdict.SHARED_OWNER));

    private static final Announce ANNOUNCE =
            new Announce(3, false, 1, 2, List.of(new Announcement(SET, 2, 255, Claim.GHOST, 9, NODE, 8)));

    private static final SetDefinition DEFINITION =
            new SetDefinition(SetId.of(1, 1), "counters", DefaultOwner.shift(14), 4096, Set.of(SetFlag.FT_LINKED), 2);

    @Test
    void everyMessageComesBackAsItWas() {
        Envelope all = new Envelope(12, MESSAGES);
        assertThat(Envelope.CODEC.fromBytes(Envelope.CODEC.toBytes(all))).isEqualTo(all);
        for (Message message : MESSAGES) {
            Envelope sent = new Envelope(12, message);
            assertThat(Envelope.CODEC.fromBytes(Envelope.CODEC.toBytes(sent))).isEqualTo(sent);
        }
        assertThat(Announce.CODEC.fromBytes(Announce.CODEC.toBytes(ANNOUNCE))).isEqualTo(ANNOUNCE);
        assertThat(SetDefinition.CODEC.fromBytes(SetDefinition.CODEC.toBytes(DEFINITION)))
                .isEqualTo(DEFINITION);
    }

    @Test
    void everyKindOfMessageIsInTheList() {
        assertThat(MESSAGES.stream().map(Object::getClass).distinct().count())
                .isEqualTo(Message.class.getPermittedSubclasses().length - 2);
    }

    @Test
    void dataComesBackAsItWas() {
        Message.Grant grant = new Message.Grant(SET, 2, 3, 4, Outcome.OWNER, 7, 255, true, new byte[] {1, 2, 3});
        Message back = MessageCodec.CODEC.fromBytes(MessageCodec.CODEC.toBytes(grant));
        Message.Shared shared = new Message.Shared(SET, 2, 3, 4, 5, 255, new byte[] {7, 8});
        assertThat(MessageCodec.CODEC.fromBytes(MessageCodec.CODEC.toBytes(shared)))
                .usingRecursiveComparison()
                .isEqualTo(shared);
        Message.Backup backup = new Message.Backup(SET, 2, 3, 4, 5, 255, true, new byte[] {9});
        assertThat(MessageCodec.CODEC.fromBytes(MessageCodec.CODEC.toBytes(backup)))
                .usingRecursiveComparison()
                .isEqualTo(backup);
        assertThat(back).isInstanceOfSatisfying(Message.Grant.class, it -> assertThat(it.data())
                .containsExactly(1, 2, 3));
    }

    @Test
    void brokenBytesAreRefusedAndNothingWorse() {
        Random random = new Random(42);
        for (Message message : MESSAGES) {
            fuzz(Envelope.CODEC, new Envelope(1, message), random);
        }
        fuzz(Envelope.CODEC, new Envelope(1, new Message.Backup(SET, 2, 3, 4, 5, 255, true, new byte[9])), random);
        fuzz(Envelope.CODEC, new Envelope(1, new Message.Shared(SET, 2, 3, 4, 5, 255, new byte[9])), random);
        fuzz(Announce.CODEC, ANNOUNCE, random);
        fuzz(Settlement.CODEC, new Settlement(1, List.of(new Message.Settle(SET, 2, 3, 4, Verdict.OWNER))), random);
        fuzz(SetDefinition.CODEC, DEFINITION, random);
        fuzz(NamedIds.NAMES.linker(), random);
    }

    private static void fuzz(org.linuxssi.kddm.spi.IoLinker<List<NamedIds.Entry>> linker, Random random) {
        Codec<List<NamedIds.Entry>> codec = Codec.of(
                (it, out) -> linker.exportObject(1, it, out),
                in -> linker.importObject(1, java.util.Optional.empty(), in));
        fuzz(codec, List.of(new NamedIds.Entry(NamedIds.Type.KRG_RPC, "name", 4, 2)), random);
    }

    private static <T> void fuzz(Codec<T> codec, T value, Random random) {
        byte[] good = codec.toBytes(value);
        for (int i = 0; i < 5000; i++) {
            byte[] bad = java.util.Arrays.copyOf(good, random.nextInt(good.length + 8));
            for (int flips = random.nextInt(6); flips >= 0 && bad.length > 0; flips--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            decode(codec, bad);
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            decode(codec, noise);
        }
    }

    private static <T> void decode(Codec<T> codec, byte[] bytes) {
        T value;
        try {
            value = codec.fromBytes(bytes);
        } catch (DecodeException _) {
            return;
        }
        assertThat(codec.toBytes(value)).isNotNull();
    }
}
