package org.linuxssi.linux;

import java.util.Optional;

/**
 * Makes a stopped, seized thread run system calls in place of its program. The thread's registers are changed: keep a
 * copy and put it back. Block signals by {@link Ptrace#MASK_FOR_INJECTION} first.
 *
 * <p>A SIGSTOP, which no mask stops, may arrive meanwhile: it is held back and told by {@link #heldBack()}.
 */
public final class PtraceCall {

    /** Length of the instruction {@code syscall}. */
    static final int INSTRUCTION_BYTES = 2;

    private static final int SIGSTOP = 19;
    private static final int CHUNK = 64 * 1024;

    private static final int[] ARGUMENTS = {
        PtraceRegisters.RDI, PtraceRegisters.RSI, PtraceRegisters.RDX,
        PtraceRegisters.R10, PtraceRegisters.R8, PtraceRegisters.R9
    };

    private static volatile long vdsoOffset;

    private final int tid;
    private final ProcessMemory memory;
    private int heldBack;

    /** Speaks of this thread. */
    public PtraceCall(int tid, ProcessMemory memory) {
        this.tid = tid;
        this.memory = memory;
    }

    /** Returns the thread. */
    public int tid() {
        return tid;
    }

    /** Returns the memory of the thread's process. */
    public ProcessMemory memory() {
        return memory;
    }

    /** Returns the signal that came while calls ran and was not delivered, or 0. */
    public int heldBack() {
        return heldBack;
    }

    /** Takes note of a signal that is not to be delivered now. */
    void holdBack(int signal) {
        heldBack = signal;
    }

    /**
     * Returns the address of a system call instruction that the process can run: one in its vdso, else in any
     * executable mapping.
     *
     * @throws ErrnoException ENOEXEC when there is none
     */
    public static long findInstruction(Iterable<ProcFilesMaps.Mapping> maps, ProcessMemory memory) {
        for (ProcFilesMaps.Mapping mapping : maps) {
            if (mapping.path().equals("[vdso]")) {
                Optional<Long> found = searchVdso(mapping, memory);
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        for (ProcFilesMaps.Mapping mapping : maps) {
            if (mapping.executable() && mapping.readable() && !mapping.path().equals("[vsyscall]")) {
                Optional<Long> found = search(mapping, memory);
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        throw new ErrnoException("find a system call instruction in the process", Errno.ENOEXEC);
    }

    /** The vdso is the same code in all processes, so that the place found last is tried first. */
    private static Optional<Long> searchVdso(ProcFilesMaps.Mapping mapping, ProcessMemory memory) {
        long offset = vdsoOffset;
        if (offset > 0 && offset + 2 <= mapping.length()) {
            byte[] code = memory.read(mapping.start() + offset, 2);
            if (code[0] == 0x0f && code[1] == 0x05) {
                return Optional.of(mapping.start() + offset);
            }
        }
        Optional<Long> found = search(mapping, memory);
        found.ifPresent(address -> vdsoOffset = address - mapping.start());
        return found;
    }

    private static Optional<Long> search(ProcFilesMaps.Mapping mapping, ProcessMemory memory) {
        for (long at = mapping.start(); at < mapping.end(); at += CHUNK) {
            byte[] code = memory.read(at, (int) Math.min(CHUNK, mapping.end() - at));
            for (int i = 0; i + 1 < code.length; i++) {
                if (code[i] == 0x0f && code[i + 1] == 0x05) {
                    return Optional.of(at + i);
                }
            }
        }
        return Optional.empty();
    }

    /** Changes registers so that the thread makes a system call next, at that instruction. */
    static void aim(PtraceRegisters registers, long instruction, long number, long... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            registers.set(ARGUMENTS[i], arguments[i]);
        }
        registers.set(PtraceRegisters.RAX, number);
        registers.set(PtraceRegisters.ORIG_RAX, -1);
        registers.set(PtraceRegisters.RIP, instruction);
    }

    /**
     * Runs one system call through the instruction at the address.
     *
     * @return its result, or a negated error number
     * @throws ErrnoException ESRCH when the process ended meanwhile
     */
    public long single(long instruction, long number, long... arguments) {
        PtraceRegisters registers = Ptrace.registers(tid);
        aim(registers, instruction, number, arguments);
        Ptrace.registers(tid, registers);
        PtraceRegisters after;
        do {
            Ptrace.step(tid, 0);
            trap();
            after = Ptrace.registers(tid);
        } while (after.get(PtraceRegisters.RIP) == instruction);
        return after.get(PtraceRegisters.RAX);
    }

    /**
     * Runs a clone3(2) that makes a thread; the tracee has {@link Ptrace#O_TRACECLONE}.
     *
     * @param arguments address of {@code struct clone_args}
     * @param length of it
     * @return the id of the new thread in our pid name space; it is stopped and traced with the same options
     */
    public int cloneThread(long instruction, long arguments, long length) {
        PtraceRegisters registers = Ptrace.registers(tid);
        registers.set(PtraceRegisters.RAX, Nr.CLONE3);
        registers.set(PtraceRegisters.RDI, arguments);
        registers.set(PtraceRegisters.RSI, length);
        registers.set(PtraceRegisters.ORIG_RAX, -1);
        registers.set(PtraceRegisters.RIP, instruction);
        Ptrace.registers(tid, registers);
        int child = 0;
        while (true) {
            Ptrace.step(tid, 0);
            PtraceStop stop = Ptrace.await(tid);
            if (stop instanceof PtraceStop.Event(int event, int _) && event == Ptrace.EVENT_CLONE) {
                child = Ptrace.eventMessage(tid);
            } else if (stop.gone()) {
                throw new ErrnoException("make a thread of " + tid + ", which ended", Errno.ESRCH);
            } else if (stop instanceof PtraceStop.Signal(int number) && number == Ptrace.SIGTRAP) {
                Syscalls.check("clone3 in thread " + tid, Ptrace.registers(tid).get(PtraceRegisters.RAX));
                awaitStop(child);
                return child;
            }
        }
    }

    private static void awaitStop(int child) {
        PtraceStop stop = Ptrace.await(child);
        while (!(stop instanceof PtraceStop.Event(int event, int _) && event == Ptrace.EVENT_STOP)) {
            if (stop.gone()) {
                throw new ErrnoException("wait for new thread " + child + ", which ended", Errno.ESRCH);
            }
            Ptrace.resume(child, 0);
            stop = Ptrace.await(child);
        }
    }

    /** Lets the thread run from the registers until the breakpoint that ends at this address. */
    void runTo(PtraceRegisters registers, long end) {
        Ptrace.registers(tid, registers);
        do {
            Ptrace.resume(tid, 0);
            trap();
        } while (Ptrace.registers(tid).get(PtraceRegisters.RIP) != end);
    }

    private void trap() {
        switch (Ptrace.await(tid)) {
            case PtraceStop.Exited _, PtraceStop.Killed _ ->
                throw new ErrnoException("run calls in thread " + tid + ", which ended", Errno.ESRCH);
            case PtraceStop.Signal(int number) when number != Ptrace.SIGTRAP -> heldBack = number;
            case PtraceStop.Event(int _, int signal) when signal == SIGSTOP -> heldBack = signal;
            case PtraceStop.Signal _, PtraceStop.Event _ -> {}
        }
    }
}
