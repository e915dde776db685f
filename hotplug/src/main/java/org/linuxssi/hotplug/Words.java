package org.linuxssi.hotplug;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.linuxssi.hotplug.Messages.Word;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** Who has confirmed whom in one round. Witnesses that have seen the same share an entry, so that there are few of them. */
final class Words {

    /** More different entries than this are not kept: those of the fewest witnesses are dropped, which harms nobody else's. */
    private static final int MOST = 8;

    private List<Word> words = List.of();

    List<Word> list() {
        return words;
    }

    void clear() {
        words = List.of();
    }

    /** Takes what others know; tells whether it was new. */
    boolean add(List<Word> more) {
        List<Word> before = words;
        List<Word> all = new ArrayList<>(words);
        more.forEach(word -> merge(all, word));
        all.sort(Comparator.comparingInt((Word word) -> -word.witnesses().size())
                .thenComparing(word -> word.seen().toString()));
        words = List.copyOf(all.subList(0, Math.min(MOST, all.size())));
        return !words.equals(before);
    }

    private static void merge(List<Word> all, Word word) {
        for (int i = 0; i < all.size(); i++) {
            Word known = all.get(i);
            if (known.seen().equals(word.seen())) {
                all.set(i, new Word(known.seen(), known.witnesses().plus(word.witnesses())));
                return;
            }
        }
        all.add(word);
    }

    /** Returns the witnesses that have seen this node. */
    NodeSet witnessesOf(NodeId node) {
        NodeSet witnesses = NodeSet.EMPTY;
        for (Word word : words) {
            if (word.seen().contains(node)) {
                witnesses = witnesses.plus(word.witnesses());
            }
        }
        return witnesses;
    }
}
