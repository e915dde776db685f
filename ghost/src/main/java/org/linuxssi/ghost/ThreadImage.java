package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.Ptrace.Rseq;
import org.linuxssi.linux.PtraceRegisters;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/**
 * One thread.
 *
 * @param tid in the pid name space of the container
 * @param registers with which it goes on, the bases of fs and gs among them
 * @param xstate floating point and vector registers
 * @param mask blocked signals
 * @param name of 15 bytes at most
 * @param clearTid address that the kernel clears when it ends
 * @param robustList head of the list of robust futexes
 * @param robustLength of that head
 * @param rseq registration for restartable sequences
 * @param stack alternate signal stack as {@code stack_t}: address, flags, size
 * @param deathSignal for the death of the parent
 * @param timerSlack nanoseconds
 * @param scheduling {@code struct sched_attr}
 * @param affinity bit mask of CPUs, empty when it may run on all
 * @param ioPriority of ioprio_get(2)
 * @param pending queued signals, each a siginfo of 128 bytes
 *
 * <p>Written and read, never compared, so that arrays are good enough.
 */
@SuppressWarnings("ArrayRecordComponent")
record ThreadImage(
        int tid,
        long[] registers,
        byte[] xstate,
        long mask,
        String name,
        long clearTid,
        long robustList,
        long robustLength,
        Optional<Rseq> rseq,
        long[] stack,
        int deathSignal,
        long timerSlack,
        byte[] scheduling,
        byte[] affinity,
        int ioPriority,
        List<byte[]> pending) {

    private static final int XSTATE_LIMIT = 64 * 1024;
    private static final int SIGINFO = 128;
    private static final int PENDING_LIMIT = 100_000;

    static final Codec<byte[]> SIGNAL = Codec.of((info, out) -> out.raw(info, 0, SIGINFO), in -> in.raw(SIGINFO));

    static final Codec<List<byte[]>> SIGNALS =
            Codec.of((list, out) -> out.list(list, SIGNAL), in -> in.list(PENDING_LIMIT, SIGNAL));

    private static final Codec<Rseq> RSEQ = Codec.of(
            (rseq, out) -> out.i64(rseq.address())
                    .i32(rseq.size())
                    .i32(rseq.signature())
                    .i32(rseq.flags()),
            in -> new Rseq(in.i64(), in.i32(), in.i32(), in.i32()));

    static final Codec<ThreadImage> CODEC = Codec.of(ThreadImage::write, ThreadImage::read);

    private static void write(ThreadImage thread, Encoder out) {
        out.i32(thread.tid);
        words(thread.registers, out);
        out.bytes(thread.xstate)
                .i64(thread.mask)
                .text(thread.name)
                .i64(thread.clearTid)
                .i64(thread.robustList)
                .i64(thread.robustLength)
                .optional(thread.rseq, RSEQ);
        words(thread.stack, out);
        out.i32(thread.deathSignal)
                .i64(thread.timerSlack)
                .bytes(thread.scheduling)
                .bytes(thread.affinity)
                .i32(thread.ioPriority)
                .value(thread.pending, SIGNALS);
    }

    private static ThreadImage read(Decoder in) {
        return new ThreadImage(
                in.i32(),
                words(PtraceRegisters.WORDS, in),
                in.bytes(XSTATE_LIMIT),
                in.i64(),
                in.text(64),
                in.i64(),
                in.i64(),
                in.i64(),
                in.optional(RSEQ),
                words(3, in),
                in.i32(),
                in.i64(),
                in.bytes(256),
                in.bytes(1024),
                in.i32(),
                in.value(SIGNALS));
    }

    static void words(long[] words, Encoder out) {
        for (long word : words) {
            out.i64(word);
        }
    }

    static long[] words(int count, Decoder in) {
        long[] words = new long[count];
        for (int i = 0; i < count; i++) {
            words[i] = in.i64();
        }
        return words;
    }

    static List<Integer> integers(Decoder in, int limit) {
        int count = in.length(limit);
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(in.i32());
        }
        return all;
    }
}
