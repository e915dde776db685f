package org.linuxssi.ghost;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Ptrace;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceRegisters;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.Syscalls;

/** Makes the threads of an image in a traced process. Runs on the tracer's thread. */
final class ThreadBuilder {

    private static final long CLONE_FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000;
    private static final int CLONE_ARGS = 88;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_NAME = 15;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int PR_SET_TIMERSLACK = 29;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int NO_SETUID_FIXUP = 4;
    private static final int CAPABILITIES = 41;
    private static final int CAPABILITY_VERSION = 0x20080522;
    private static final int ON_STACK = 1;
    private static final int DISABLED = 2;

    private final PtraceProcess process;
    private final PtraceScratch scratch;
    private final ProcessState state;
    private final Credentials current;

    ThreadBuilder(PtraceProcess process, PtraceScratch scratch, ProcessState state) {
        this.process = process;
        this.scratch = scratch;
        this.state = state;
        current = Credentials.of(Integer.toString(process.pid()));
    }

    /** Makes a thread beside the first one. */
    StoppedThread create(ThreadImage image) {
        PtraceCall call = process.leader().call();
        PtraceScratch.Table table = scratch.table();
        long ids = table.words(image.tid());
        long arguments = table.words(CLONE_FLAGS, 0, 0, 0, 0, 0, 0, 0, ids, 1, 0);
        table.add(Nr.GETPID);
        table.run(call);
        return process.adopt(call.cloneThread(scratch.instruction(), arguments, CLONE_ARGS));
    }

    /** Gives a thread all that its image has but registers and pending signals. */
    void fill(StoppedThread thread, ThreadImage image) {
        Steps steps = new Steps();
        PtraceScratch.Table table = steps.table;
        steps.add("set_tid_address", Nr.SET_TID_ADDRESS, image.clearTid());
        if (image.robustList() != 0) {
            steps.add("set_robust_list", Nr.SET_ROBUST_LIST, image.robustList(), image.robustLength());
        }
        if ((image.stack()[1] & DISABLED) == 0) {
            steps.add(
                    "sigaltstack",
                    Nr.SIGALTSTACK,
                    table.words(image.stack()[0], image.stack()[1] & ~ON_STACK, image.stack()[2]),
                    0);
        }
        image.rseq().ifPresent(rseq -> steps.add("rseq", Nr.RSEQ, rseq.address(), rseq.size(), 0, rseq.signature()));
        steps.add("prctl PR_SET_NAME", Nr.PRCTL, PR_SET_NAME, table.text(image.name()));
        steps.add("prctl PR_SET_TIMERSLACK", Nr.PRCTL, PR_SET_TIMERSLACK, image.timerSlack());
        credentials(steps);
        steps.add("prctl PR_SET_PDEATHSIG", Nr.PRCTL, PR_SET_PDEATHSIG, image.deathSignal());
        steps.run(thread.call(), image.tid());
        scheduling(thread.tid(), image);
        Ptrace.xstate(thread.tid(), image.xstate());
        thread.setRegisters(new PtraceRegisters(image.registers()));
        thread.setMask(image.mask());
    }

    /** Calls that all have to succeed. */
    private final class Steps {
        private final PtraceScratch.Table table = scratch.table();
        private final List<String> names = new ArrayList<>();

        void add(String name, long number, long... arguments) {
            table.add(number, arguments);
            names.add(name);
        }

        void run(PtraceCall call, int tid) {
            table.run(call);
            for (int i = 0; i < names.size(); i++) {
                table.check(i, "give thread " + tid + " its state: " + names.get(i));
            }
        }
    }

    private void credentials(Steps steps) {
        Credentials wanted = state.credentials();
        if (!wanted.equals(current) || state.secureBits() != 0) {
            steps.add("prctl PR_SET_SECUREBITS", Nr.PRCTL, PR_SET_SECUREBITS, NO_SETUID_FIXUP);
            identity(steps, wanted);
            capabilities(steps, wanted);
        }
        if (wanted.noNewPrivileges()) {
            steps.add("prctl PR_SET_NO_NEW_PRIVS", Nr.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        }
        if (state.dumpable() == 0 || state.dumpable() == 1) {
            steps.add("prctl PR_SET_DUMPABLE", Nr.PRCTL, PR_SET_DUMPABLE, state.dumpable());
        }
    }

    private static void identity(Steps steps, Credentials wanted) {
        byte[] groups = new byte[wanted.supplementary().size() * 4];
        for (int i = 0; i < wanted.supplementary().size(); i++) {
            int group = wanted.supplementary().get(i);
            for (int b = 0; b < 4; b++) {
                groups[4 * i + b] = (byte) (group >>> (8 * b));
            }
        }
        steps.add("setgroups", Nr.SETGROUPS, wanted.supplementary().size(), steps.table.data(groups));
        var g = wanted.groups();
        steps.add("setresgid", Nr.SETRESGID, g.get(0), g.get(1), g.get(2));
        var u = wanted.users();
        steps.add("setresuid", Nr.SETRESUID, u.get(0), u.get(1), u.get(2));
        steps.add("setfsgid", Nr.SETFSGID, g.get(3));
        steps.add("setfsuid", Nr.SETFSUID, u.get(3));
    }

    private void capabilities(Steps steps, Credentials wanted) {
        long missing = current.capabilities().get(Credentials.BOUNDING)
                & ~wanted.capabilities().get(Credentials.BOUNDING);
        for (int i = 0; i < CAPABILITIES; i++) {
            if ((missing & (1L << i)) != 0) {
                steps.add("prctl PR_CAPBSET_DROP " + i, Nr.PRCTL, PR_CAPBSET_DROP, i);
            }
        }
        steps.add("prctl PR_SET_SECUREBITS", Nr.PRCTL, PR_SET_SECUREBITS, state.secureBits());
        long effective = wanted.capabilities().get(Credentials.EFFECTIVE);
        long permitted = wanted.capabilities().get(Credentials.PERMITTED);
        long inheritable = wanted.capabilities().get(Credentials.INHERITABLE);
        long header = steps.table.words(CAPABILITY_VERSION);
        long data = steps.table.words(
                pair(effective, permitted),
                low(inheritable) | (effective >>> 32 << 32),
                (permitted >>> 32) | (inheritable >>> 32 << 32));
        steps.add("capset", Nr.CAPSET, header, data);
        for (int i = 0; i < CAPABILITIES; i++) {
            if ((wanted.capabilities().get(Credentials.AMBIENT) & (1L << i)) != 0) {
                steps.add("prctl PR_CAP_AMBIENT " + i, Nr.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
            }
        }
    }

    private static long low(long word) {
        return word & 0xffff_ffffL;
    }

    private static long pair(long first, long second) {
        return low(first) | (second << 32);
    }

    private static void scheduling(int tid, ThreadImage image) {
        try (Arena arena = Arena.ofConfined()) {
            Syscalls.check(
                    "set the scheduling of thread " + image.tid(),
                    Syscalls.call(
                            Nr.SCHED_SETATTR,
                            tid,
                            Syscalls.bytes(arena, image.scheduling()).address(),
                            0));
            if (image.affinity().length > 0) {
                Syscalls.call(
                        Nr.SCHED_SETAFFINITY,
                        tid,
                        image.affinity().length,
                        Syscalls.bytes(arena, image.affinity()).address());
            }
            if (image.ioPriority() >= 0) {
                Syscalls.call(Nr.IOPRIO_SET, 1, tid, image.ioPriority());
            }
        }
    }
}
