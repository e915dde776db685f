package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The requests of ptrace(2). The kernel accepts them only from the thread that seized the tracee: run all of them on one
 * {@link PtraceThread}. Numbers are of {@code linux/ptrace.h}; thread ids are those of the caller's pid name space.
 */
public final class Ptrace {

    /** A group stop, or the answer to {@link #interrupt}. */
    public static final int EVENT_STOP = 128;

    /** The thread made a thread or process by clone. */
    public static final int EVENT_CLONE = 3;

    /** The thread made a process by fork. */
    public static final int EVENT_FORK = 1;

    /** The process has executed a new program. */
    public static final int EVENT_EXEC = 4;

    /** Report forks; children are seized too. */
    public static final long O_TRACEFORK = 0x2;

    /** Report clones; the new threads are seized too. */
    public static final long O_TRACECLONE = 0x8;

    /** Report successful execve. */
    public static final long O_TRACEEXEC = 0x10;

    /** The tracee is killed when the tracer dies. */
    public static final long O_EXITKILL = 0x10_0000;

    /** SIGTRAP. */
    public static final int SIGTRAP = 5;

    /** A mask that blocks all but SIGTRAP: a blocked SIGTRAP that the kernel forces would lose its handler. */
    public static final long MASK_FOR_INJECTION = ~(1L << (SIGTRAP - 1));

    private static final int CONT = 7;
    private static final int SINGLESTEP = 9;
    private static final int DETACH = 17;
    private static final int SETOPTIONS = 0x4200;
    private static final int GETEVENTMSG = 0x4201;
    private static final int GETREGSET = 0x4204;
    private static final int SETREGSET = 0x4205;
    private static final int SEIZE = 0x4206;
    private static final int INTERRUPT = 0x4207;
    private static final int PEEKSIGINFO = 0x4209;
    private static final int GETSIGMASK = 0x420a;
    private static final int SETSIGMASK = 0x420b;
    private static final int GET_RSEQ_CONFIGURATION = 0x420f;
    private static final int NT_PRSTATUS = 1;
    private static final int NT_X86_XSTATE = 0x202;
    private static final int WAIT_NOHANG = 1;
    private static final int WAIT_ALL = 0x4000_0000;
    private static final int SIGINFO_BYTES = 128;
    private static final int BUFFER = 64 * 1024;
    private static final int YIELDS = 50;

    private static final ThreadLocal<MemorySegment> SPACE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BUFFER + 64, 64));

    private Ptrace() {}

    /**
     * A thread's registration for restartable sequences.
     *
     * @param address of {@code struct rseq}
     * @param size of it in bytes
     * @param signature that precedes abort handlers
     * @param flags as registered
     */
    public record Rseq(long address, int size, int signature, int flags) {}

    private static long request(String name, int request, int tid, long address, long data) {
        return Syscalls.check("ptrace " + name + " of " + tid, Syscalls.call(Nr.PTRACE, request, tid, address, data));
    }

    /** Attaches without stopping the thread. */
    public static void seize(int tid, long options) {
        request("SEIZE", SEIZE, tid, 0, options);
    }

    /** Changes the options of a stopped tracee. */
    public static void options(int tid, long options) {
        request("SETOPTIONS", SETOPTIONS, tid, 0, options);
    }

    /** Asks a seized thread to stop; the stop is an {@link #EVENT_STOP}. */
    public static void interrupt(int tid) {
        request("INTERRUPT", INTERRUPT, tid, 0, 0);
    }

    /** Lets a stopped thread run, with this signal or 0. */
    public static void resume(int tid, int signal) {
        request("CONT", CONT, tid, 0, signal);
    }

    /** Lets a stopped thread run one instruction, with this signal or 0. */
    public static void step(int tid, int signal) {
        request("SINGLESTEP", SINGLESTEP, tid, 0, signal);
    }

    /** Lets go of a stopped thread, which runs on with this signal or 0. */
    public static void detach(int tid, int signal) {
        request("DETACH", DETACH, tid, 0, signal);
    }

    /** Returns the message of the last event: the id of the new thread after a clone. */
    public static int eventMessage(int tid) {
        MemorySegment space = SPACE.get();
        request("GETEVENTMSG", GETEVENTMSG, tid, 0, space.address());
        return (int) space.get(JAVA_LONG, 0);
    }

    private static MemorySegment regset(String name, int request, int tid, int kind, long bytes) {
        MemorySegment space = SPACE.get();
        long vector = space.address() + BUFFER;
        space.set(JAVA_LONG, BUFFER, space.address());
        space.set(JAVA_LONG, BUFFER + 8, bytes);
        request(name, request, tid, kind, vector);
        return space.asSlice(0, space.get(JAVA_LONG, BUFFER + 8));
    }

    /** Returns the general registers of a stopped thread. */
    public static PtraceRegisters registers(int tid) {
        return new PtraceRegisters(regset("GETREGSET", GETREGSET, tid, NT_PRSTATUS, PtraceRegisters.BYTES)
                .toArray(JAVA_LONG));
    }

    /** Sets the general registers of a stopped thread, with the bases of fs and gs. */
    public static void registers(int tid, PtraceRegisters registers) {
        MemorySegment.copy(registers.words(), 0, SPACE.get(), JAVA_LONG, 0, PtraceRegisters.WORDS);
        regset("SETREGSET", SETREGSET, tid, NT_PRSTATUS, PtraceRegisters.BYTES);
    }

    /** Returns the extended state (x87, SSE, AVX and later) of a stopped thread, in the standard XSAVE form. */
    public static byte[] xstate(int tid) {
        return regset("GETREGSET", GETREGSET, tid, NT_X86_XSTATE, BUFFER).toArray(JAVA_BYTE);
    }

    /** Sets the extended state of a stopped thread. */
    public static void xstate(int tid, byte[] state) {
        MemorySegment.copy(state, 0, SPACE.get(), JAVA_BYTE, 0, state.length);
        regset("SETREGSET", SETREGSET, tid, NT_X86_XSTATE, state.length);
    }

    /** Returns the mask of blocked signals; bit n-1 stands for signal n. */
    public static long mask(int tid) {
        MemorySegment space = SPACE.get();
        request("GETSIGMASK", GETSIGMASK, tid, 8, space.address());
        return space.get(JAVA_LONG, 0);
    }

    /** Sets the mask of blocked signals. */
    public static void mask(int tid, long mask) {
        MemorySegment space = SPACE.get();
        space.set(JAVA_LONG, 0, mask);
        request("SETSIGMASK", SETSIGMASK, tid, 8, space.address());
    }

    /**
     * Returns the queued signals without taking them, each a {@code siginfo_t} of 128 bytes.
     *
     * @param shared those of the whole process, else those of the thread
     */
    public static List<byte[]> pending(int tid, boolean shared) {
        List<byte[]> all = new ArrayList<>();
        MemorySegment space = SPACE.get();
        int batch = 64;
        while (true) {
            space.set(JAVA_LONG, BUFFER, all.size());
            space.set(JAVA_INT, BUFFER + 8, shared ? 1 : 0);
            space.set(JAVA_INT, BUFFER + 12, batch);
            long count = request("PEEKSIGINFO", PEEKSIGINFO, tid, space.address() + BUFFER, space.address());
            for (int i = 0; i < count; i++) {
                all.add(space.asSlice((long) i * SIGINFO_BYTES, SIGINFO_BYTES).toArray(JAVA_BYTE));
            }
            if (count < batch) {
                return List.copyOf(all);
            }
        }
    }

    /** Returns the thread's registration for restartable sequences, if there is one. */
    public static Optional<Rseq> rseq(int tid) {
        MemorySegment space = SPACE.get();
        request("GET_RSEQ_CONFIGURATION", GET_RSEQ_CONFIGURATION, tid, 24, space.address());
        long address = space.get(JAVA_LONG, 0);
        return address == 0
                ? Optional.empty()
                : Optional.of(
                        new Rseq(address, space.get(JAVA_INT, 8), space.get(JAVA_INT, 12), space.get(JAVA_INT, 16)));
    }

    /** Waits for the next report of a tracee; interrupted waits are repeated. */
    public static PtraceStop await(int tid) {
        while (true) {
            MemorySegment space = SPACE.get();
            long result = Syscalls.call(Nr.WAIT4, tid, space.address(), WAIT_ALL, 0);
            if (result != -Errno.EINTR.number()) {
                Syscalls.check("wait4 " + tid, result);
                return PtraceStop.of(space.get(JAVA_INT, 0));
            }
        }
    }

    /** Returns the report of a tracee if there is one now. */
    public static Optional<PtraceStop> poll(int tid) {
        MemorySegment space = SPACE.get();
        long result = Syscalls.check(
                "wait4 " + tid, Syscalls.call(Nr.WAIT4, tid, space.address(), WAIT_ALL | WAIT_NOHANG, 0));
        return result == 0 ? Optional.empty() : Optional.of(PtraceStop.of(space.get(JAVA_INT, 0)));
    }

    /** Waits at most this long for the next report of a tracee. */
    public static Optional<PtraceStop> await(int tid, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        long pause = 20_000;
        Optional<PtraceStop> stop = poll(tid);
        for (int i = 0; i < YIELDS && stop.isEmpty(); i++) {
            Thread.yield();
            stop = poll(tid);
        }
        while (stop.isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(pause);
            pause = Math.min(pause * 2, 1_000_000);
            stop = poll(tid);
        }
        return stop;
    }
}
