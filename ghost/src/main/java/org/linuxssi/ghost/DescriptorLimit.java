package org.linuxssi.ghost;

import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceScratch;

/** The number of descriptors that a process may have, while it is built. Runs on the tracer's thread. */
final class DescriptorLimit {

    /** RLIMIT_NOFILE ({@code asm-generic/resource.h}). */
    static final int NUMBER = 7;

    private DescriptorLimit() {}

    /**
     * Sets the soft limit, and the hard one if that is below. The process sets its own: others' can be set only with
     * CAP_SYS_RESOURCE, once it is another user's.
     */
    static void set(PtraceScratch scratch, PtraceCall call, long soft) {
        PtraceScratch.Table table = scratch.table();
        long now = table.room(16);
        int read = table.add(Nr.PRLIMIT64, 0, NUMBER, 0, now);
        table.run(call);
        table.check(read, "read the limit of descriptors of the process");
        long ceiling = table.word(now + 8);
        table = scratch.table();
        long hard = Long.compareUnsigned(ceiling, soft) < 0 ? soft : ceiling;
        int set = table.add(Nr.PRLIMIT64, 0, NUMBER, table.words(soft, hard), 0);
        table.run(call);
        table.check(set, "set the limit of descriptors of the process");
    }
}
