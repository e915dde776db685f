package org.linuxssi.ghost;

import static org.linuxssi.linux.PtraceRegisters.ORIG_RAX;
import static org.linuxssi.linux.PtraceRegisters.R10;
import static org.linuxssi.linux.PtraceRegisters.RAX;
import static org.linuxssi.linux.PtraceRegisters.RIP;
import static org.linuxssi.linux.PtraceRegisters.RSI;
import static org.linuxssi.linux.PtraceRegisters.RSP;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcessMemory;
import org.linuxssi.linux.Ptrace.Rseq;
import org.linuxssi.linux.PtraceProcess.StoppedThread;
import org.linuxssi.linux.PtraceRegisters;

/**
 * How a thread that was stopped inside a system call goes on in another kernel.
 *
 * <p>A thread's stop is inside the kernel's delivery of signals on both sides, so -512, -513 and -514 (ERESTARTSYS,
 * ERESTARTNOINTR, ERESTARTNOHAND, {@code linux/errno.h}) can stay in rax: the target's kernel restarts the call or lets it
 * fail by EINTR exactly as this one would. -516 (ERESTART_RESTARTBLOCK) is different: what is left of the time is known
 * to this kernel only. A sleep that stores the rest for its caller fails by EINTR; other calls start anew.
 *
 * <p>Some waits fail by EINTR at any stop, without a handler (signal(7)): those for events, semaphores and signals, and of
 * sockets that have a time limit. They start anew too, also where the process stays, for a move is not to be seen; their time
 * begins again.
 */
final class RestartRules {

    private static final long RESTART_BLOCK = -516;
    private static final long RESTART_NO_HANDLER = -514;
    private static final long INTERRUPTED = -4;

    /** None of them has done anything when it fails so. */
    private static final Set<Integer> UNRESTARTED = Set.of(
            Nr.EPOLL_WAIT,
            Nr.EPOLL_PWAIT,
            Nr.EPOLL_PWAIT2,
            Nr.RT_SIGTIMEDWAIT,
            Nr.SEMOP,
            Nr.SEMTIMEDOP,
            Nr.READ,
            Nr.READV,
            Nr.RECVFROM,
            Nr.RECVMSG,
            Nr.RECVMMSG,
            Nr.WRITE,
            Nr.WRITEV,
            Nr.SENDTO,
            Nr.SENDMSG,
            Nr.ACCEPT,
            Nr.ACCEPT4);

    /** System calls that live copies interrupted, by thread: a second interruption shows restart_syscall only. */
    private final Map<Integer, PtraceRegisters> interrupted = new HashMap<>();

    /** Has a thread that the stop took out of a wait go on waiting, unless a handler runs first. */
    static void waitOn(StoppedThread thread) {
        PtraceRegisters registers = thread.registers();
        if (registers.get(RAX) == INTERRUPTED && UNRESTARTED.contains((int) registers.get(ORIG_RAX))) {
            registers.set(RAX, RESTART_NO_HANDLER);
            thread.setRegisters(registers);
        }
    }

    /** Notes where a thread is that will go on here. */
    void remember(int tid, PtraceRegisters registers) {
        if (registers.get(RAX) == RESTART_BLOCK && registers.get(ORIG_RAX) != Nr.RESTART_SYSCALL) {
            interrupted.put(tid, registers.copy());
        }
    }

    /** Changes registers taken at the source to those of the image. */
    void translate(int tid, PtraceRegisters registers) {
        if (registers.get(ORIG_RAX) < 0 || registers.get(RAX) != RESTART_BLOCK) {
            return;
        }
        long number = registers.get(ORIG_RAX);
        if (number == Nr.RESTART_SYSCALL) {
            number = original(tid, registers);
        }
        boolean again = number == Nr.POLL
                || number == Nr.FUTEX
                || (number == Nr.NANOSLEEP && registers.get(RSI) == 0)
                || (number == Nr.CLOCK_NANOSLEEP && registers.get(R10) == 0);
        if (again) {
            registers.set(ORIG_RAX, number);
            registers.set(RAX, RESTART_NO_HANDLER);
        } else {
            registers.set(ORIG_RAX, -1);
            registers.set(RAX, INTERRUPTED);
        }
    }

    private long original(int tid, PtraceRegisters registers) {
        return Optional.ofNullable(interrupted.get(tid))
                .filter(first -> first.get(RIP) == registers.get(RIP) && first.get(RSP) == registers.get(RSP))
                .map(first -> first.get(ORIG_RAX))
                .orElse(-1L);
    }

    /**
     * Returns where a thread has to go on that was stopped inside a restartable sequence: at its abort handler. Calls
     * that it runs for us would otherwise make the kernel forget the sequence.
     */
    static Optional<Long> abortOf(Optional<Rseq> rseq, PtraceRegisters registers, ProcessMemory memory) {
        if (rseq.isEmpty()) {
            return Optional.empty();
        }
        long descriptor = memory.word(rseq.get().address() + 8);
        if (descriptor == 0) {
            return Optional.empty();
        }
        long start = memory.word(descriptor + 8);
        long length = memory.word(descriptor + 16);
        boolean inside = Long.compareUnsigned(registers.get(RIP) - start, length) < 0;
        return inside ? Optional.of(memory.word(descriptor + 24)) : Optional.empty();
    }
}
