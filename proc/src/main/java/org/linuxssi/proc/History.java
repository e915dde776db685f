package org.linuxssi.proc;

import org.linuxssi.tools.Codec;

/**
 * What the kernel of the next node does not know of a process that moves.
 *
 * @param used the processor time used so far, on all nodes
 * @param startMillis when it was started, in milliseconds since 1970 by the clock of the node that started it
 */
public record History(CpuTimes used, long startMillis) {

    /** The form in messages. */
    public static final Codec<History> CODEC = Codec.of(
            (h, out) -> out.value(h.used(), CpuTimes.CODEC).i64(h.startMillis()),
            in -> new History(in.value(CpuTimes.CODEC), in.i64()));
}
