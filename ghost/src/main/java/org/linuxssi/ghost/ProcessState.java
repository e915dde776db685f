package org.linuxssi.ghost;

import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/**
 * What a process has once, besides memory, threads and files.
 *
 * @param layout code start and end, data start and end, start of the heap, the break, start of the stack, arguments
 *     start and end, environment start and end: the fields of {@code struct prctl_mm_map}, in its order
 * @param auxv auxiliary vector
 * @param exe path of its program
 * @param cwd path of its working directory
 * @param root path of its root directory
 * @param umask of new files
 * @param personality of personality(2)
 * @param dumpable of prctl(PR_GET_DUMPABLE)
 * @param subreaper whether orphans become its children
 * @param keepCapabilities of prctl(PR_GET_KEEPCAPS)
 * @param secureBits of prctl(PR_GET_SECUREBITS)
 * @param noHugePages of prctl(PR_GET_THP_DISABLE)
 * @param membarrier registered commands of membarrier(2)
 * @param timers the three interval timers: interval seconds, microseconds, remaining seconds, microseconds each
 * @param posixTimers those of timer_create(2)
 * @param limits the 16 resource limits: soft, hard each
 * @param oomScore of {@code oom_score_adj}
 * @param coredumpFilter bits of {@code coredump_filter}
 * @param stopSignal that stopped it, or 0 when it runs
 * @param actions the 64 signal actions: handler, flags, restorer, mask each
 * @param pending queued signals of the process, each a siginfo of 128 bytes
 * @param credentials who it is
 *
 * <p>Written and read, never compared, so that arrays are good enough.
 */
@SuppressWarnings("ArrayRecordComponent")
record ProcessState(
        long[] layout,
        byte[] auxv,
        String exe,
        String cwd,
        String root,
        int umask,
        long personality,
        int dumpable,
        boolean subreaper,
        boolean keepCapabilities,
        int secureBits,
        boolean noHugePages,
        int membarrier,
        long[] timers,
        List<PosixTimer> posixTimers,
        long[] limits,
        int oomScore,
        int coredumpFilter,
        int stopSignal,
        long[] actions,
        List<byte[]> pending,
        Credentials credentials) {

    static final int LAYOUT_WORDS = 11;
    static final int BREAK = 5;
    static final int LIMITS = 16;
    static final int SIGNALS = 64;
    private static final int PATH = 8192;

    static final Codec<ProcessState> CODEC = Codec.of(ProcessState::write, ProcessState::read);

    private static void write(ProcessState state, Encoder out) {
        ThreadImage.words(state.layout, out);
        out.bytes(state.auxv)
                .text(state.exe)
                .text(state.cwd)
                .text(state.root)
                .i32(state.umask)
                .i64(state.personality)
                .i32(state.dumpable)
                .bool(state.subreaper)
                .bool(state.keepCapabilities)
                .i32(state.secureBits)
                .bool(state.noHugePages)
                .i32(state.membarrier);
        ThreadImage.words(state.timers, out);
        out.list(state.posixTimers, PosixTimer.CODEC);
        ThreadImage.words(state.limits, out);
        out.i32(state.oomScore).i32(state.coredumpFilter).i32(state.stopSignal);
        ThreadImage.words(state.actions, out);
        out.value(state.pending, ThreadImage.SIGNALS).value(state.credentials, Credentials.CODEC);
    }

    private static ProcessState read(Decoder in) {
        return new ProcessState(
                ThreadImage.words(LAYOUT_WORDS, in),
                in.bytes(4096),
                in.text(PATH),
                in.text(PATH),
                in.text(PATH),
                in.i32(),
                in.i64(),
                in.i32(),
                in.bool(),
                in.bool(),
                in.i32(),
                in.bool(),
                in.i32(),
                ThreadImage.words(12, in),
                in.list(PosixTimer.MOST, PosixTimer.CODEC),
                ThreadImage.words(2 * LIMITS, in),
                in.i32(),
                in.i32(),
                in.i32(),
                ThreadImage.words(4 * SIGNALS, in),
                in.value(ThreadImage.SIGNALS),
                in.value(Credentials.CODEC));
    }
}
