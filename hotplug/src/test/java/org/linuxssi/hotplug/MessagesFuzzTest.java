package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.hotplug.Agreed.Member;
import org.linuxssi.hotplug.Messages.Beat;
import org.linuxssi.hotplug.Messages.Complaint;
import org.linuxssi.hotplug.Messages.Progress;
import org.linuxssi.hotplug.Messages.Pulse;
import org.linuxssi.hotplug.Messages.Relayed;
import org.linuxssi.hotplug.Messages.StartAnswer;
import org.linuxssi.hotplug.Messages.Step;
import org.linuxssi.hotplug.Messages.Vote;
import org.linuxssi.hotplug.Messages.Word;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Every message survives a round trip, and damaged ones are refused with a DecodeException. */
@Timeout(30)
class MessagesFuzzTest {

    private static final Agreed VIEW = Agreed.first(
                    77, List.of(new Member(NodeId.of(0), 5), new Member(NodeId.of(200), 6)))
            .failed(NodeSet.of(NodeId.of(200)));

    private static final Beat SIGN = new Beat(4, 77, 9, true, false, 12, NodeSet.first(3), new Progress(9, 3, true));

    private static <T> void fuzz(Codec<T> codec, T value) {
        byte[] valid = codec.toBytes(value);
        assertThat(codec.fromBytes(valid)).isEqualTo(value);
        Random random = new Random(valid.length);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(valid, valid.length + (i % 3 == 0 ? random.nextInt(9) - 4 : 0));
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            try {
                assertThat(codec.fromBytes(bytes)).isNotNull();
            } catch (DecodeException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void beats() {
        fuzz(Beat.CODEC, SIGN);
    }

    @Test
    void pulses() {
        Word word = new Word(NodeSet.first(30), NodeSet.parse("0,200-255"));
        Complaint complaint = new Complaint(NodeId.of(7), 12, NodeSet.parse("3,9"));
        fuzz(Word.CODEC, word);
        fuzz(Complaint.CODEC, complaint);
        fuzz(Pulse.CODEC, new Pulse(77, 9, 12, NodeSet.first(40), List.of(word, word), List.of(complaint)));
        fuzz(Pulse.CODEC, new Pulse(77, 9, 12, NodeSet.EMPTY, List.of(), List.of()));
    }

    @Test
    void relayedSigns() {
        Relayed relayed = new Relayed(NodeId.of(200), SIGN);
        fuzz(Relayed.CODEC, relayed);
        fuzz(Messages.RELAYED_LIST, List.of(relayed, new Relayed(NodeId.of(3), SIGN)));
    }

    @Test
    void votes() {
        fuzz(Vote.CODEC, new Vote(Step.PROMISE, 77, 9, 513, 256, Optional.of(VIEW)));
        fuzz(Vote.CODEC, new Vote(Step.PREPARE, 77, 9, 513, 0, Optional.empty()));
    }

    @Test
    void views() {
        fuzz(Agreed.CODEC, VIEW);
        fuzz(Agreed.LOG, List.of(VIEW, VIEW.removed()));
        fuzz(View.CODEC, VIEW.view());
    }

    @Test
    void startAnswers() {
        fuzz(StartAnswer.CODEC, new StartAnswer(77, "node 3 is in a running cluster"));
    }
}
