package org.linuxssi.proc;

import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SeccompFilter;
import org.linuxssi.linux.Terminals;

/**
 * The seccomp filter of a node: which system calls the daemon hears of. {@code docs/syscalls.md} is the same as a table.
 *
 * <p>Signals to pids of the node's own range are native, since each of them that is alive anywhere is a process or a proxy
 * here. SIGKILL and SIGSTOP are the exception, because a proxy can't report them, and SIGCONT, which has to stay in order
 * with SIGSTOP.
 */
final class NodeFilter {

    private static final int X32_BIT = 0x4000_0000;
    private static final int NEGATIVE = 0x8000_0000;
    private static final int SIGKILL = 9;
    private static final int SIGCONT = 18;
    private static final int SIGSTOP = 19;

    /** {@code linux/resource.h}. */
    private static final int PRIO_PROCESS = 0;

    /** {@code linux/ioprio.h}. */
    private static final int IOPRIO_WHO_PROCESS = 1;

    /** The number that a tracer gives a call that is not to be made, whose result it sets itself ({@code ptrace(2)}). */
    private static final int SKIPPED = -1;

    private NodeFilter() {}

    static SeccompFilter of(PidRange range) {
        SeccompFilter filter = new SeccompFilter();
        filter.load(SeccompFilter.ARCHITECTURE).differs(SeccompFilter.X86_64, "absent");
        filter.load(SeccompFilter.NUMBER).equal(AgentImage.CALL, "notify");
        numbers(filter);
        filter.label("native").answer(SeccompFilter.ALLOW);
        signals(filter, range);
        priorities(filter);
        terminals(filter);
        filter.label("prctl").load(SeccompFilter.argument(0));
        filter.equal(SeccompMode.PR_GET_SECCOMP, "own").answer(SeccompFilter.ALLOW);
        filter.label("first").load(SeccompFilter.argument(0)).differs(0, "own").answer(SeccompFilter.ALLOW);
        filter.label("own")
                .load(SeccompFilter.ADDRESS_HIGH)
                .differs((int) (AgentImage.BASE >> 32), "notify")
                .answer(SeccompFilter.ALLOW);
        filter.label("notify").answer(SeccompFilter.NOTIFY);
        filter.label("absent").fail(Errno.ENOSYS);
        return filter;
    }

    private static void numbers(SeccompFilter filter) {
        filter.equal(Nr.KILL, "kill").equal(Nr.TKILL, "kill").equal(Nr.RT_SIGQUEUEINFO, "kill");
        filter.equal(Nr.TGKILL, "tgkill").equal(Nr.RT_TGSIGQUEUEINFO, "tgkill");
        filter.equal(Nr.PIDFD_OPEN, "open").equal(Nr.PIDFD_SEND_SIGNAL, "own");
        filter.equal(Nr.SETPGID, "own").equal(Nr.SETSID, "own");
        filter.equal(Nr.GETPGID, "first").equal(Nr.GETSID, "first");
        filter.equal(Nr.GETPRIORITY, "priority").equal(Nr.SETPRIORITY, "priority");
        filter.equal(Nr.IOPRIO_GET, "ioprio").equal(Nr.IOPRIO_SET, "ioprio");
        filter.equal(Nr.SCHED_SETPARAM, "first").equal(Nr.SCHED_GETPARAM, "first");
        filter.equal(Nr.SCHED_SETSCHEDULER, "first").equal(Nr.SCHED_GETSCHEDULER, "first");
        filter.equal(Nr.SCHED_SETAFFINITY, "own").equal(Nr.SCHED_GETAFFINITY, "own");
        filter.equal(Nr.SCHED_SETATTR, "first").equal(Nr.SCHED_GETATTR, "first");
        filter.equal(Nr.SCHED_RR_GET_INTERVAL, "first");
        filter.equal(Nr.PRLIMIT64, "first");
        filter.equal(Nr.IOCTL, "ioctl");
        filter.equal(Nr.PRCTL, "prctl");
        filter.equal(Nr.IO_URING_SETUP, "absent");
        filter.equal(SKIPPED, "native").atLeast(X32_BIT, "absent");
    }

    private static void signals(SeccompFilter filter, PidRange range) {
        filter.label("tgkill").load(SeccompFilter.argument(2));
        filter.equal(SIGKILL, "own").equal(SIGSTOP, "own").equal(SIGCONT, "own");
        target(filter, range);
        filter.label("kill").load(SeccompFilter.argument(1));
        filter.equal(SIGKILL, "own").equal(SIGSTOP, "own").equal(SIGCONT, "own");
        filter.label("open");
        target(filter, range);
    }

    /** A priority of one's own process, thread 0, is native; one's own group and user may be anywhere. */
    private static void priorities(SeccompFilter filter) {
        filter.label("ioprio").load(SeccompFilter.argument(0)).equal(IOPRIO_WHO_PROCESS, "second");
        filter.label("priority").load(SeccompFilter.argument(0)).differs(PRIO_PROCESS, "own");
        filter.label("second").load(SeccompFilter.argument(1)).differs(0, "own").answer(SeccompFilter.ALLOW);
    }

    private static void terminals(SeccompFilter filter) {
        filter.label("ioctl").load(SeccompFilter.argument(1));
        filter.equal((int) Terminals.TIOCSPGRP, "own").equal((int) Terminals.TIOCGPGRP, "own");
        filter.equal((int) Terminals.TCGETS, "own").equal((int) Terminals.TCGETS2, "own");
        filter.answer(SeccompFilter.ALLOW);
    }

    private static void target(SeccompFilter filter, PidRange range) {
        filter.load(SeccompFilter.argument(0));
        filter.anyBit(NEGATIVE, "own").below(range.first(), "own").atLeast(range.end(), "own");
        filter.answer(SeccompFilter.ALLOW);
    }
}
