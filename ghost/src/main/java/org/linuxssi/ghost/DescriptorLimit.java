package org.linuxssi.ghost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceScratch;
import org.linuxssi.linux.Syscalls;

/** The number of descriptors that a process may have, while it is built. Runs on the tracer's thread. */
final class DescriptorLimit {

    /** RLIMIT_NOFILE ({@code asm-generic/resource.h}). */
    static final int NUMBER = 7;

    private DescriptorLimit() {}

    /** Returns the hard limit of a process, which is asked itself when others may not be told. */
    static long hard(int pid, PtraceScratch scratch, PtraceCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(16, 8);
            if (Syscalls.call(Nr.PRLIMIT64, pid, NUMBER, 0, limit.address()) == 0) {
                return limit.get(ValueLayout.JAVA_LONG, 8);
            }
        }
        PtraceScratch.Table table = scratch.table();
        long now = table.room(16);
        int read = table.add(Nr.PRLIMIT64, 0, NUMBER, 0, now);
        table.run(call);
        table.check(read, "read the limit of descriptors of the process");
        return table.word(now + 8);
    }

    /**
     * Has a process set its soft limit, and the hard one if that is below, as a call of a table: others' can be set only with
     * CAP_SYS_RESOURCE, once it is another user's.
     *
     * @return the index of the call, for {@link #check}
     */
    static int add(PtraceScratch.Table table, long soft, long hard) {
        long ceiling = Long.compareUnsigned(hard, soft) < 0 ? soft : hard;
        return table.add(Nr.PRLIMIT64, 0, NUMBER, table.words(soft, ceiling), 0);
    }

    static void check(PtraceScratch.Table table, int call) {
        table.check(call, "set the limit of descriptors of the process");
    }
}
