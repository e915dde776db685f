package org.linuxssi.proc;

import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.Codec;

/**
 * Processor time as {@code proc_pid_stat(5)} counts it, in clock ticks of 10 ms.
 *
 * @param user in programs
 * @param system in the kernel
 * @param childrenUser in programs, of children that were waited for
 * @param childrenSystem in the kernel, of children that were waited for
 */
public record CpuTimes(long user, long system, long childrenUser, long childrenSystem) {

    private static final int FIRST_FIELD = 14;

    static final Codec<CpuTimes> CODEC = Codec.of(
            (t, out) -> out.i64(t.user()).i64(t.system()).i64(t.childrenUser()).i64(t.childrenSystem()),
            in -> new CpuTimes(in.i64(), in.i64(), in.i64(), in.i64()));

    static CpuTimes of(ProcFiles.Stat stat) {
        return new CpuTimes(
                stat.field(FIRST_FIELD),
                stat.field(FIRST_FIELD + 1),
                stat.field(FIRST_FIELD + 2),
                stat.field(FIRST_FIELD + 3));
    }

    /** Returns the sum; no number is less than 0. */
    public CpuTimes plus(CpuTimes more) {
        return new CpuTimes(
                Math.max(0, user + more.user),
                Math.max(0, system + more.system),
                Math.max(0, childrenUser + more.childrenUser),
                Math.max(0, childrenSystem + more.childrenSystem));
    }

    /** Returns what has to be added to other times to get these; numbers may be negative. */
    CpuTimes minus(CpuTimes other) {
        return new CpuTimes(
                user - other.user,
                system - other.system,
                childrenUser - other.childrenUser,
                childrenSystem - other.childrenSystem);
    }
}
