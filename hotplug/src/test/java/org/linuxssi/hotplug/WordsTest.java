package org.linuxssi.hotplug;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.linuxssi.hotplug.Messages.Word;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

@Timeout(20)
class WordsTest {

    private final Words words = new Words();

    private static Word word(String seen, String witnesses) {
        return new Word(NodeSet.parse(seen), NodeSet.parse(witnesses));
    }

    @Test
    void witnessesOfTheSameShareAnEntry() {
        assertThat(words.add(List.of(word("0-3", "0"), word("0-2", "1"), word("0-3", "2"))))
                .isTrue();
        assertThat(words.list()).containsExactly(word("0-3", "0,2"), word("0-2", "1"));
        assertThat(words.add(List.of(word("0-3", "2"), word("0-2", "1")))).isFalse();
    }

    @Test
    void onlyThoseWhoHaveSeenANodeVouchForIt() {
        words.add(List.of(word("0-3", "0,2"), word("0-2", "1")));
        assertThat(words.witnessesOf(NodeId.of(3))).isEqualTo(NodeSet.parse("0,2"));
        assertThat(words.witnessesOf(NodeId.of(2))).isEqualTo(NodeSet.parse("0-2"));
        assertThat(words.witnessesOf(NodeId.of(4))).isEqualTo(NodeSet.EMPTY);
        words.clear();
        assertThat(words.witnessesOf(NodeId.of(2))).isEqualTo(NodeSet.EMPTY);
    }

    @Test
    void theOrderOfArrivalDoesNotMatter() {
        List<Word> all = List.of(word("0-3", "0"), word("1-4", "1,5"), word("0-3", "2"), word("2-6", "9"));
        words.add(all);
        Words others = new Words();
        all.reversed().forEach(word -> others.add(List.of(word)));
        assertThat(others.list()).isEqualTo(words.list());
    }

    @Test
    void ofTooManyDifferentOnesThoseOfManyWitnessesAreKept() {
        words.add(IntStream.range(0, 20)
                .mapToObj(i -> word("0-" + i, i < 5 ? "0-" + (100 + i) : Integer.toString(i)))
                .toList());
        assertThat(words.list()).hasSize(8);
        assertThat(words.list().subList(0, 5))
                .containsExactly(
                        word("0-4", "0-104"),
                        word("0-3", "0-103"),
                        word("0-2", "0-102"),
                        word("0-1", "0-101"),
                        word("0", "0-100"));
    }
}
