package org.linuxssi.proc;

import java.util.BitSet;
import java.util.List;
import org.linuxssi.tools.Codec;

/**
 * What the kernel of the next node does not know of a process that moves.
 *
 * @param used the processor time used so far, on all nodes
 * @param startMillis when it was started, in milliseconds since 1970 by the clock of the node that started it
 * @param bound all its threads when one of them is bound to processors, else none
 */
public record History(CpuTimes used, long startMillis, List<Bound> bound) {

    private static final int MOST_THREADS = 1 << 16;
    private static final int MOST_BYTES = 1 << 16;

    /**
     * What a thread is bound to.
     *
     * @param thread its number, unique in the cluster
     * @param cpus what it asked for, in the cluster's numbers of processors; empty when it is not bound
     */
    public record Bound(int thread, BitSet cpus) {
        private static final Codec<Bound> CODEC = Codec.of(
                (bound, out) -> out.i32(bound.thread()).bytes(bound.cpus().toByteArray()),
                in -> new Bound(in.i32(), BitSet.valueOf(in.bytes(MOST_BYTES))));
    }

    /** The form in messages. */
    public static final Codec<History> CODEC = Codec.of(
            (h, out) -> out.value(h.used(), CpuTimes.CODEC).i64(h.startMillis()).list(h.bound(), Bound.CODEC),
            in -> new History(in.value(CpuTimes.CODEC), in.i64(), in.list(MOST_THREADS, Bound.CODEC)));

    History with(List<Bound> threads) {
        return new History(used, startMillis, List.copyOf(threads));
    }
}
