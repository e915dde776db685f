package org.linuxssi.proc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.Codec;

/**
 * Processor time as {@code getrusage(2)}, {@code times(2)} and {@code clock_gettime(2)} tell a process of itself, in
 * nanoseconds. {@code /proc} tells the parts in clock ticks only, so where the exact ones are unknown these are not less: what
 * a program was told before it moved is never more than what it is told afterwards.
 *
 * @param user in programs
 * @param system in the kernel
 * @param total of CLOCK_PROCESS_CPUTIME_ID
 * @param childrenUser in programs, of children that were waited for
 * @param childrenSystem in the kernel, of children that were waited for
 */
public record ToldTimes(long user, long system, long total, long childrenUser, long childrenSystem) {

    static final long TICK = 10_000_000;

    /** The processor time of a process as a clock ({@code linux/posix-timers.h}). */
    private static final int CPUCLOCK_SCHED = 2;

    private static final long SECOND = 1_000_000_000;

    static final Codec<ToldTimes> CODEC = Codec.of(
            (t, out) -> out.i64(t.user())
                    .i64(t.system())
                    .i64(t.total())
                    .i64(t.childrenUser())
                    .i64(t.childrenSystem()),
            in -> new ToldTimes(in.i64(), in.i64(), in.i64(), in.i64(), in.i64()));

    /** Returns what this node's kernel counts of a process, in whole ticks but for the total and what the user's part is of it. */
    static ToldTimes of(int hostPid, ProcFiles.Stat stat) {
        CpuTimes ticks = CpuTimes.of(stat);
        long total = clock(hostPid);
        long system = ticks.system() * TICK;
        long user = Math.max(ticks.user() * TICK, total - system);
        return new ToldTimes(user, system, total, ticks.childrenUser() * TICK, ticks.childrenSystem() * TICK);
    }

    /** Returns the total, given by the first thread. */
    static long clock(int hostPid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(16, 8);
            int clock = ~hostPid << 3 | CPUCLOCK_SCHED;
            Syscalls.check(
                    "read the processor time of " + hostPid, Syscalls.call(Nr.CLOCK_GETTIME, clock, time.address()));
            return time.get(ValueLayout.JAVA_LONG, 0) * SECOND + time.get(ValueLayout.JAVA_LONG, 8);
        }
    }

    /** Returns times that are not less than what the kernel told with more than whole ticks. */
    ToldTimes roundedUp() {
        return new ToldTimes(user, system + TICK, total, childrenUser + TICK, childrenSystem + TICK);
    }

    ToldTimes plus(ToldTimes more) {
        return new ToldTimes(
                user + more.user,
                system + more.system,
                total + more.total,
                childrenUser + more.childrenUser,
                childrenSystem + more.childrenSystem);
    }

    ToldTimes minus(ToldTimes other) {
        return new ToldTimes(
                user - other.user,
                system - other.system,
                total - other.total,
                childrenUser - other.childrenUser,
                childrenSystem - other.childrenSystem);
    }

    /** The user's part is what the others leave, so it may shrink by a tick: then the former one is told again. */
    ToldTimes notLess(ToldTimes former) {
        return new ToldTimes(
                Math.max(user, former.user),
                Math.max(system, former.system),
                Math.max(total, former.total),
                Math.max(childrenUser, former.childrenUser),
                Math.max(childrenSystem, former.childrenSystem));
    }
}
