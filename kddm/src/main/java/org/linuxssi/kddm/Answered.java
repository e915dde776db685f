package org.linuxssi.kddm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.tools.NodeId;

/**
 * The removals that a home has carried out, or earlier homes, and the requester has not confirmed: asked for again they must not take
 * effect again. Messages between two nodes keep their order, so that nothing asked before the answer came follows its confirmation.
 */
final class Answered {

    /** No such removal. */
    static final long NONE = 0;

    /** A node's request. */
    record Asked(NodeId from, long request) {}

    private record Removal(long set, long object, int placement, Asked asked) {}

    private final Map<Asked, Long> seqs = new ConcurrentHashMap<>();
    private final Map<Long, Removal> removals = new ConcurrentHashMap<>();

    /** A request to remove the object was carried out by this transaction. */
    void add(DirectoryEntry entry, NodeId from, long request, long seq) {
        add(entry.set, entry.object, entry.placement, new Asked(from, request), seq);
    }

    /** Notes a removal, unless it is known. */
    void add(long set, long object, int placement, Asked asked, long seq) {
        if (seqs.putIfAbsent(asked, seq) == null) {
            removals.put(seq, new Removal(set, object, placement, asked));
        }
    }

    /** Returns the transaction that this request was answered by, or {@link #NONE}. */
    long seq(NodeId from, long request) {
        return seqs.getOrDefault(new Asked(from, request), NONE);
    }

    void confirmed(long seq) {
        Removal removal = removals.remove(seq);
        if (removal != null) {
            seqs.remove(removal.asked());
        }
    }

    void clear() {
        seqs.clear();
        removals.clear();
    }

    /** Sees removals. */
    @FunctionalInterface
    interface Visitor {
        /** Sees one that its requester has not confirmed. */
        void see(long set, long object, int placement, Asked asked);
    }

    void forEach(Visitor visitor) {
        removals.values().forEach(it -> visitor.see(it.set(), it.object(), it.placement(), it.asked()));
    }
}
