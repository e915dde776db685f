package org.linuxssi.ghost;

import static org.linuxssi.ghost.ProcessState.LIMITS;
import static org.linuxssi.ghost.ProcessState.SIGNALS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFiles.Stat;
import org.linuxssi.linux.Ptrace;
import org.linuxssi.linux.Ptrace.Rseq;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceRegisters;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.Syscalls;

/** Reads what a frozen process has besides memory and files: from outside where possible, else by calls it runs. */
final class StateReader {

    /** Width of the first column of {@code /proc/PID/limits}, and of the two that follow. */
    private static final int LIMIT_NAME = 26;

    private static final int LIMIT_COLUMN = 21;

    private static final int[] LAYOUT_FIELDS = {26, 27, 45, 46, 47, 0, 28, 48, 49, 50, 51};
    private static final int PR_GET_PDEATHSIG = 2;
    private static final int PR_GET_DUMPABLE = 3;
    private static final int PR_GET_KEEPCAPS = 7;
    private static final int PR_GET_SECUREBITS = 27;
    private static final int PR_GET_TIMERSLACK = 30;
    private static final int PR_GET_CHILD_SUBREAPER = 37;
    private static final int PR_GET_TID_ADDRESS = 40;
    private static final int PR_GET_THP_DISABLE = 42;
    private static final int MEMBARRIER_GET_REGISTRATIONS = 1 << 9;
    private static final int SCHED_ATTR_BYTES = 56;
    private static final int AFFINITY_BYTES = 128;
    private static final int SIGCONT = 18;

    private final PtraceProcess process;
    private final PtraceScratch scratch;
    private final RestartRules rules;

    StateReader(PtraceProcess process, PtraceScratch scratch, RestartRules rules) {
        this.process = process;
        this.scratch = scratch;
        this.rules = rules;
    }

    ProcessState state() {
        int pid = process.pid();
        Stat stat = ProcFiles.stat(pid);
        Map<String, String> status = ProcFiles.status(Integer.toString(pid));
        List<PosixTimer> posixTimers =
                PosixTimer.of(pid, scratch, process.leader().call());
        PtraceScratch.Table table = scratch.table();
        final int brk = table.add(Nr.BRK, 0);
        final int dumpable = table.add(Nr.PRCTL, PR_GET_DUMPABLE);
        final int keep = table.add(Nr.PRCTL, PR_GET_KEEPCAPS);
        final int secure = table.add(Nr.PRCTL, PR_GET_SECUREBITS);
        final int huge = table.add(Nr.PRCTL, PR_GET_THP_DISABLE, 0, 0, 0, 0);
        final int membarrier = table.add(Nr.MEMBARRIER, MEMBARRIER_GET_REGISTRATIONS, 0, 0);
        final long subreaper = table.room(8);
        table.add(Nr.PRCTL, PR_GET_CHILD_SUBREAPER, subreaper);
        final long timers = table.room(96);
        for (int i = 0; i < 3; i++) {
            table.add(Nr.GETITIMER, i, timers + 32L * i);
        }
        final long actions = table.room(32 * SIGNALS);
        for (int i = 0; i < SIGNALS; i++) {
            table.add(Nr.RT_SIGACTION, i + 1L, 0, actions + 32L * i, 8);
        }
        table.run(process.leader().call());
        long[] layout = layout(stat);
        layout[ProcessState.BREAK] = table.result(brk);
        List<byte[]> pending = Ptrace.pending(pid, true);
        return new ProcessState(
                layout,
                ProcFiles.auxv(pid),
                ProcFiles.link(pid, "exe"),
                ProcFiles.link(pid, "cwd"),
                ProcFiles.link(pid, "root"),
                Integer.parseInt(status.getOrDefault("Umask", "022"), 8),
                Long.parseLong(ProcFiles.text(pid, "personality").trim(), 16),
                (int) table.result(dumpable),
                table.half(subreaper) != 0,
                table.result(keep) != 0,
                (int) table.result(secure),
                table.result(huge) != 0,
                (int) Math.max(0, table.result(membarrier)),
                words(table, timers, 12),
                posixTimers,
                limits(pid),
                Integer.parseInt(ProcFiles.text(pid, "oom_score_adj").trim()),
                coredumpFilter(pid),
                pending.stream().anyMatch(info -> signal(info) == SIGCONT)
                        ? 0
                        : process.leader().groupStop(),
                words(table, actions, 4 * SIGNALS),
                pending,
                Credentials.of(status));
    }

    private static long[] layout(Stat stat) {
        long[] layout = new long[LAYOUT_FIELDS.length];
        for (int i = 0; i < layout.length; i++) {
            layout[i] = LAYOUT_FIELDS[i] == 0 ? 0 : stat.field(LAYOUT_FIELDS[i]);
        }
        return layout;
    }

    private static int coredumpFilter(int pid) {
        String text = ProcFiles.text(pid, "coredump_filter").trim();
        return text.isEmpty() ? 0x33 : Integer.parseUnsignedInt(text, 16);
    }

    private static long[] words(PtraceScratch.Table table, long address, int count) {
        long[] words = new long[count];
        for (int i = 0; i < count; i++) {
            words[i] = table.word(address + 8L * i);
        }
        return words;
    }

    private static long[] limits(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment space = arena.allocate(16L * LIMITS, 8);
            for (int i = 0; i < LIMITS; i++) {
                long result = Syscalls.call(Nr.PRLIMIT64, pid, i, 0, space.address() + 16L * i);
                if (result == -Errno.EPERM.number()) {
                    return limitsFromText(ProcFiles.text(pid, "limits"));
                }
                Syscalls.check("read the limits of process " + pid, result);
            }
            return space.toArray(ValueLayout.JAVA_LONG);
        }
    }

    /** Other users' limits can't be read by prlimit without CAP_SYS_RESOURCE, but they are in a file, in their order. */
    static long[] limitsFromText(String text) {
        List<String> lines = text.lines().skip(1).toList();
        long[] limits = new long[2 * LIMITS];
        for (int i = 0; i < LIMITS; i++) {
            String line = lines.get(i);
            limits[2 * i] = limit(line.substring(LIMIT_NAME, LIMIT_NAME + LIMIT_COLUMN));
            limits[2 * i + 1] = limit(line.substring(LIMIT_NAME + LIMIT_COLUMN, LIMIT_NAME + 2 * LIMIT_COLUMN));
        }
        return limits;
    }

    private static long limit(String column) {
        String word = column.trim();
        return word.equals("unlimited") ? -1 : Long.parseUnsignedLong(word);
    }

    List<ThreadImage> threads() {
        List<ThreadImage> threads = new ArrayList<>();
        for (StoppedThread thread : process.threads()) {
            threads.add(thread(thread));
        }
        return threads;
    }

    private ThreadImage thread(StoppedThread thread) {
        int tid = thread.tid();
        Optional<Rseq> rseq = Ptrace.rseq(tid);
        RestartRules.abortOf(rseq, thread.registers(), process.memory()).ifPresent(thread::setInstruction);
        PtraceRegisters registers = thread.registers();
        rules.translate(tid, registers);
        PtraceScratch.Table table = scratch.table();
        final long stack = table.room(24);
        table.add(Nr.SIGALTSTACK, 0, stack);
        final long clear = table.room(8);
        table.add(Nr.PRCTL, PR_GET_TID_ADDRESS, clear);
        final long death = table.room(8);
        table.add(Nr.PRCTL, PR_GET_PDEATHSIG, death);
        final int slack = table.add(Nr.PRCTL, PR_GET_TIMERSLACK);
        table.run(thread.call());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment robust = arena.allocate(16, 8);
            Syscalls.check(
                    "read the robust list of thread " + tid,
                    Syscalls.call(Nr.GET_ROBUST_LIST, tid, robust.address(), robust.address() + 8));
            Map<String, String> status = ProcFiles.status(process.pid() + "/task/" + tid);
            return new ThreadImage(
                    containerId(status, tid),
                    registers.words(),
                    Ptrace.xstate(tid),
                    thread.mask(),
                    ProcFiles.stat(process.pid() + "/task/" + tid).comm(),
                    table.word(clear),
                    robust.get(ValueLayout.JAVA_LONG, 0),
                    robust.get(ValueLayout.JAVA_LONG, 8),
                    rseq,
                    words(table, stack, 3),
                    table.half(death),
                    table.result(slack),
                    scheduling(arena, tid),
                    affinity(arena, tid),
                    (int) Syscalls.call(Nr.IOPRIO_GET, 1, tid),
                    Ptrace.pending(tid, false));
        }
    }

    /** Returns the id in the innermost pid name space. */
    static int containerId(Map<String, String> status, int otherwise) {
        String[] ids = status.getOrDefault("NSpid", Integer.toString(otherwise)).split("\\s+");
        return Integer.parseInt(ids[ids.length - 1]);
    }

    private static byte[] scheduling(Arena arena, int tid) {
        MemorySegment attributes = arena.allocate(SCHED_ATTR_BYTES, 8);
        Syscalls.check(
                "read the scheduling of thread " + tid,
                Syscalls.call(Nr.SCHED_GETATTR, tid, attributes.address(), SCHED_ATTR_BYTES, 0));
        return attributes.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] affinity(Arena arena, int tid) {
        MemorySegment mask = arena.allocate(AFFINITY_BYTES, 8);
        long length = Syscalls.check(
                "read the affinity of thread " + tid,
                Syscalls.call(Nr.SCHED_GETAFFINITY, tid, AFFINITY_BYTES, mask.address()));
        byte[] bytes = mask.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        return java.util.BitSet.valueOf(bytes).cardinality() >= Machine.cpus() ? new byte[0] : bytes;
    }

    /** Returns the signal number of a siginfo. */
    static int signal(byte[] info) {
        return info[0] & 0xff;
    }
}
