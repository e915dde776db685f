package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceScratch;

/** Gives a traced process what an image has once. Runs on the tracer's thread. */
final class StateBuilder {

    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 02000000;
    private static final int PR_SET_MM = 35;
    private static final int PR_SET_MM_MAP = 14;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int PR_SET_THP_DISABLE = 41;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int MEMBARRIER_REGISTRATIONS = (1 << 2) | (1 << 4) | (1 << 6) | (1 << 8);

    private final PtraceProcess process;
    private final PtraceScratch scratch;
    private final PtraceCall call;
    private final ProcessState state;

    StateBuilder(PtraceProcess process, PtraceScratch scratch, ProcessState state) {
        this.process = process;
        this.scratch = scratch;
        this.state = state;
        call = process.leader().call();
    }

    private void limits() {
        PtraceScratch.Table table = scratch.table();
        for (int i = 0; i < ProcessState.LIMITS; i++) {
            table.add(Nr.PRLIMIT64, 0, i, table.words(state.limits()[2 * i], state.limits()[2 * i + 1]), 0);
        }
        table.run(call);
        for (int i = 0; i < ProcessState.LIMITS; i++) {
            table.check(i, "set limit " + i + " of the process");
        }
    }

    /**
     * Gives it all but threads, signals and limits.
     *
     * @param descriptors how many it needs while it is built
     */
    void process(long descriptors) {
        long hard = DescriptorLimit.hard(process.pid(), scratch, call);
        PtraceScratch.Table table = scratch.table();
        int limit = DescriptorLimit.add(table, Math.max(descriptors, state.limits()[2 * DescriptorLimit.NUMBER]), hard);
        int exe = table.add(Nr.OPENAT, AT_FDCWD, table.text(state.exe()), O_CLOEXEC, 0);
        table.run(call);
        DescriptorLimit.check(table, limit);
        long fd = table.check(exe, "open " + state.exe());
        table = scratch.table();
        int map = memoryMap(table, fd);
        table.add(Nr.CLOSE, fd);
        int cwd = table.add(Nr.CHDIR, table.text(state.cwd()));
        int root = state.root().equals("/") ? -1 : table.add(Nr.CHROOT, table.text(state.root()));
        table.add(Nr.UMASK, state.umask());
        table.add(Nr.PERSONALITY, state.personality());
        table.add(Nr.PRCTL, PR_SET_CHILD_SUBREAPER, state.subreaper() ? 1 : 0);
        if (state.noHugePages()) {
            table.add(Nr.PRCTL, PR_SET_THP_DISABLE, 1, 0, 0, 0);
        }
        for (int bit = 0; bit < 16; bit++) {
            int command = state.membarrier() & MEMBARRIER_REGISTRATIONS & (1 << bit);
            if (command != 0) {
                table.add(Nr.MEMBARRIER, command, 0, 0);
            }
        }
        signals(table);
        table.run(call);
        table.check(map, "set the layout of the address space");
        if (root >= 0) {
            table.check(root, "chroot " + state.root());
        }
        table.check(cwd, "chdir " + state.cwd());
    }

    private int memoryMap(PtraceScratch.Table table, long exe) {
        long[] map = Arrays.copyOf(state.layout(), ProcessState.LAYOUT_WORDS + 2);
        map[ProcessState.LAYOUT_WORDS] = table.data(state.auxv());
        map[ProcessState.LAYOUT_WORDS + 1] = state.auxv().length | (exe << 32);
        return table.add(Nr.PRCTL, PR_SET_MM, PR_SET_MM_MAP, table.words(map), map.length * 8L, 0);
    }

    private void signals(PtraceScratch.Table table) {
        for (int signal = 1; signal <= ProcessState.SIGNALS; signal++) {
            if (signal != SIGKILL && signal != SIGSTOP) {
                long[] action = Arrays.copyOfRange(state.actions(), 4 * (signal - 1), 4 * signal);
                table.add(Nr.RT_SIGACTION, signal, table.words(action), 0, 8);
            }
        }
    }

    /** Sets what comes last because limits hinder. */
    void outside() throws IOException {
        limits();
        write("oom_score_adj", Integer.toString(state.oomScore()));
        write("coredump_filter", "0x" + Integer.toHexString(state.coredumpFilter()));
    }

    private void write(String name, String value) throws IOException {
        Files.writeString(Path.of("/proc/" + process.pid() + "/" + name), value);
    }
}
