package org.linuxssi.kddm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.tools.NodeId;

/**
 * The removals that a home has answered and the requester has not confirmed: asked for again they must not take effect again. Messages
 * between two nodes keep their order, so that nothing asked before the answer came follows its confirmation.
 */
final class Answered {

    /** No such removal. */
    static final long NONE = 0;

    private record Asked(NodeId from, long request) {}

    private final Map<Asked, Long> seqs = new ConcurrentHashMap<>();
    private final Map<Long, Asked> requests = new ConcurrentHashMap<>();

    void add(NodeId from, long request, long seq) {
        Asked asked = new Asked(from, request);
        seqs.put(asked, seq);
        requests.put(seq, asked);
    }

    /** Returns the transaction that this request was answered by, or {@link #NONE}. */
    long seq(NodeId from, long request) {
        return seqs.getOrDefault(new Asked(from, request), NONE);
    }

    void confirmed(long seq) {
        Asked asked = requests.remove(seq);
        if (asked != null) {
            seqs.remove(asked);
        }
    }

    void clear() {
        seqs.clear();
        requests.clear();
    }
}
