package org.linuxssi.linux;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A process all of whose threads are stopped, so that it can be read, made to run system calls, let go unchanged, or
 * turned into another program. All methods run on the tracer's thread.
 *
 * <pre>{@code
 * tracer.run(() -> {
 *     PtraceProcess process = PtraceProcess.freeze(tracer, 712, Duration.ofSeconds(2));
 *     process.exec("/agent", List.of("agent"), List.of());
 * });
 * }</pre>
 *
 * <p>When the tracer's process dies, a process that merely stands still goes on as if nothing had been, and one that was
 * {@linkplain #park parked} waits. It is killed only from the first foreign call on, until {@link #rest}.
 */
public final class PtraceProcess {

    private static final long ALL_SIGNALS = -1L;
    private static final long AT_REST = Ptrace.O_TRACEEXEC;
    private static final long AT_WORK = Ptrace.O_TRACEEXEC | Ptrace.O_EXITKILL;
    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;

    /** One stopped thread. */
    public static final class StoppedThread {
        private final int tid;
        private PtraceRegisters registers;
        private long mask;
        private final PtraceCall call;
        private final int groupStop;
        private boolean working;

        StoppedThread(int tid, ProcessMemory memory, int groupStop) {
            this.tid = tid;
            this.groupStop = groupStop;
            registers = Ptrace.registers(tid);
            mask = Ptrace.mask(tid);
            call = new PtraceCall(tid, memory);
        }

        /** From now on it dies with the tracer, and no signal disturbs its calls. */
        private void work(long options) {
            if (!working) {
                Ptrace.options(tid, options);
                Ptrace.mask(tid, Ptrace.MASK_FOR_INJECTION);
                working = true;
            }
        }

        /** A stop for a trap would become that signal when the tracer dies, so it gets another one. */
        private void rest(PtraceRegisters next, long blocked) {
            Ptrace.registers(tid, next);
            Ptrace.mask(tid, blocked);
            if (working) {
                Ptrace.interrupt(tid);
                Ptrace.resume(tid, 0);
                awaitRest();
                Ptrace.options(tid, AT_REST);
                working = false;
            }
        }

        private void awaitRest() {
            while (true) {
                switch (Ptrace.await(tid)) {
                    case PtraceStop.Exited _, PtraceStop.Killed _ ->
                        throw new ErrnoException("let thread " + tid + " rest, which ended", Errno.ESRCH);
                    case PtraceStop.Event(int event, int _)
                    when event == Ptrace.EVENT_STOP -> {
                        return;
                    }
                    case PtraceStop.Signal(int number) -> Ptrace.resume(tid, number == Ptrace.SIGTRAP ? 0 : number);
                    case PtraceStop.Event _ -> Ptrace.resume(tid, 0);
                }
            }
        }

        /** Returns its id in our pid name space. */
        public int tid() {
            return tid;
        }

        /** Returns a copy of the registers it had when it stopped. */
        public PtraceRegisters registers() {
            return registers.copy();
        }

        /** Changes the registers with which it will go on when the process is released. */
        public void setInstruction(long address) {
            registers.set(PtraceRegisters.RIP, address);
        }

        /** Returns the signals it had blocked. */
        public long mask() {
            return mask;
        }

        /** Sets all registers with which it will go on when the process is released. */
        public void setRegisters(PtraceRegisters replacement) {
            registers = replacement.copy();
        }

        /** Sets the mask with which it will go on when the process is released. */
        public void setMask(long replacement) {
            mask = replacement;
        }

        /** Makes it run system calls; until {@link PtraceProcess#rest} it dies with the tracer. */
        public PtraceCall call() {
            work(AT_WORK);
            return call;
        }

        /** Returns the stop signal when the process was stopped by job control, or 0. */
        public int groupStop() {
            return groupStop;
        }
    }

    private final int pid;
    private final ProcessMemory memory;
    private final Map<Integer, StoppedThread> threads = new LinkedHashMap<>();

    private PtraceProcess(int pid) {
        this.pid = pid;
        memory = new ProcessMemory(pid);
    }

    /**
     * Stops all threads of the process.
     *
     * @throws ErrnoException ESRCH when it is gone or a zombie, EPERM when somebody else traces it, EAGAIN when a thread
     *     did not stop in time: it is let go as soon as it stops
     */
    public static PtraceProcess freeze(PtraceThread tracer, int pid, Duration limit) {
        return freeze(tracer, pid, limit, false);
    }

    /** Stops the first thread only, which is enough to run a few calls. Throws as {@link #freeze}. */
    public static PtraceProcess freezeFirst(PtraceThread tracer, int pid, Duration limit) {
        return freeze(tracer, pid, limit, true);
    }

    /**
     * Stops the first thread of a process that is to be rebuilt from an image: threads that it makes are traced, too, and
     * until it is parked it dies with the tracer. Throws as {@link #freeze}.
     */
    public static PtraceProcess seizeForRebuild(PtraceThread tracer, int pid, Duration limit) {
        PtraceProcess process = freezeFirst(tracer, pid, limit);
        process.leader().work(AT_WORK | Ptrace.O_TRACECLONE);
        return process;
    }

    /** Takes note of a thread that {@link PtraceCall#cloneThread} made. */
    public StoppedThread adopt(int tid) {
        StoppedThread thread = new StoppedThread(tid, memory, 0);
        thread.work(AT_WORK);
        threads.put(tid, thread);
        return thread;
    }

    private static PtraceProcess freeze(PtraceThread tracer, int pid, Duration limit, boolean firstOnly) {
        PtraceProcess process = new PtraceProcess(pid);
        List<Integer> seized = new ArrayList<>();
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (process.round(firstOnly ? List.of(pid) : ProcFiles.threads(pid), seized, deadline)) {
                Thread.onSpinWait();
            }
            if (!process.threads.containsKey(pid)) {
                throw new ErrnoException("stop process " + pid + ", whose first thread has ended", Errno.ESRCH);
            }
            return process;
        } catch (RuntimeException failure) {
            process.release();
            seized.removeAll(process.threads.keySet());
            seized.forEach(tid -> tracer.later(() -> letGo(tid)));
            throw failure;
        }
    }

    private boolean round(List<Integer> known, List<Integer> seized, long deadline) {
        List<Integer> fresh = new ArrayList<>();
        for (int tid : known) {
            if (!seized.contains(tid) && seize(tid)) {
                fresh.add(tid);
                seized.add(tid);
            }
        }
        for (int tid : fresh) {
            stop(tid, deadline);
        }
        return !fresh.isEmpty();
    }

    private boolean seize(int tid) {
        try {
            Ptrace.seize(tid, AT_REST);
            Ptrace.interrupt(tid);
            return true;
        } catch (ErrnoException failure) {
            if (failure.errno() == Errno.ESRCH || ended(tid)) {
                return false;
            }
            throw failure;
        }
    }

    private boolean ended(int tid) {
        try {
            char state = ProcFiles.stat(pid + "/task/" + tid).state();
            return state == 'Z' || state == 'X';
        } catch (ErrnoException _) {
            return true;
        }
    }

    private void stop(int tid, long deadline) {
        while (true) {
            Optional<PtraceStop> stop = Ptrace.await(tid, Duration.ofNanos(deadline - System.nanoTime()));
            if (stop.isEmpty()) {
                throw new ErrnoException(
                        "stop thread " + tid + " of process " + pid + ", which is deep in the kernel", Errno.EAGAIN);
            }
            switch (stop.get()) {
                case PtraceStop.Exited _, PtraceStop.Killed _ -> {
                    return;
                }
                case PtraceStop.Signal(int number) -> Ptrace.resume(tid, number);
                case PtraceStop.Event(int event, int signal)
                when event == Ptrace.EVENT_STOP -> {
                    threads.put(tid, new StoppedThread(tid, memory, signal == Ptrace.SIGTRAP ? 0 : signal));
                    return;
                }
                case PtraceStop.Event _ -> Ptrace.resume(tid, 0);
            }
        }
    }

    private static void letGo(int tid) {
        try {
            PtraceStop stop = Ptrace.await(tid);
            while (!stop.gone()) {
                if (stop instanceof PtraceStop.Signal(int number)) {
                    Ptrace.detach(tid, number);
                    return;
                }
                Ptrace.detach(tid, 0);
                return;
            }
        } catch (ErrnoException failure) {
            System.getLogger("org.linuxssi.linux")
                    .log(System.Logger.Level.DEBUG, "thread {0} was not let go: {1}", tid, failure.getMessage());
        }
    }

    /** Returns the process's id in our pid name space. */
    public int pid() {
        return pid;
    }

    /** Returns its memory. */
    public ProcessMemory memory() {
        return memory;
    }

    /** Returns the first thread, which runs the calls that concern the process. */
    public StoppedThread leader() {
        StoppedThread leader = threads.get(pid);
        if (leader == null) {
            throw new ErrnoException("find the first thread of process " + pid, Errno.ESRCH);
        }
        return leader;
    }

    /** Returns all threads, the first one first. */
    public List<StoppedThread> threads() {
        List<StoppedThread> all = new ArrayList<>(threads.values());
        all.sort((a, b) -> a.tid == pid ? -1 : b.tid == pid ? 1 : Integer.compare(a.tid, b.tid));
        return all;
    }

    /**
     * Ends the foreign calls for now: all threads stand where they stood before, and go on from there when the tracer's
     * process dies.
     */
    public void rest() {
        for (StoppedThread thread : threads.values()) {
            if (thread.working) {
                thread.rest(thread.registers, thread.mask);
            }
        }
    }

    /**
     * Makes all threads stand in front of one and the same system call with all signals blocked: when the tracer's process
     * dies they make it, and wait for whoever answers it. Until then they can be released as ever.
     *
     * @param instruction address of a system call instruction in the process
     * @return where its threads were to go on, for {@link #unpark} by another tracer
     */
    public List<Parked> park(long instruction, long number, long... arguments) {
        List<Parked> parked = new ArrayList<>();
        for (StoppedThread thread : threads.values()) {
            parked.add(new Parked(thread.tid, thread.registers.copy(), thread.mask));
            PtraceRegisters next = thread.registers.copy();
            PtraceCall.aim(next, instruction, number, arguments);
            thread.rest(next, ALL_SIGNALS);
        }
        return parked;
    }

    /**
     * Where a parked thread is to go on.
     *
     * @param tid its id in our pid name space
     * @param registers with which it goes on
     * @param mask of the signals that it blocks then
     */
    public record Parked(int tid, PtraceRegisters registers, long mask) {}

    /**
     * Makes the threads of a process that a former tracer parked go on when they are released; threads that it had let go
     * already are left as they are.
     *
     * @param instruction and number as they were given to {@link #park}
     */
    public void unpark(List<Parked> parked, long instruction, long number) {
        for (Parked place : parked) {
            StoppedThread thread = threads.get(place.tid());
            if (thread != null && waitsIn(thread.registers, instruction, number)) {
                thread.registers = place.registers().copy();
                thread.mask = place.mask();
            }
        }
    }

    /** It has made the call and is to make it again, or has not come so far. */
    private static boolean waitsIn(PtraceRegisters registers, long instruction, long number) {
        long at = registers.get(PtraceRegisters.RIP);
        return (at == instruction && registers.get(PtraceRegisters.RAX) == number)
                || (at == instruction + PtraceCall.INSTRUCTION_BYTES
                        && registers.get(PtraceRegisters.ORIG_RAX) == number);
    }

    /** Lets all threads go on as if nothing had been. Threads that were killed meanwhile are passed over. */
    public void release() {
        sendHeldBack();
        for (StoppedThread thread : threads.values()) {
            try {
                Ptrace.registers(thread.tid, thread.registers);
                Ptrace.mask(thread.tid, thread.mask);
                Ptrace.detach(thread.tid, 0);
            } catch (ErrnoException failure) {
                if (failure.errno() != Errno.ESRCH) {
                    throw failure;
                }
                reap(thread.tid);
            }
        }
        threads.clear();
        memory.close();
    }

    /** A stop that came while foreign calls ran is the process's, and waits for it to be let go. */
    private void sendHeldBack() {
        threads.values().stream()
                .mapToInt(thread -> thread.call.heldBack())
                .filter(signal -> signal != 0)
                .findAny()
                .ifPresent(signal -> Signals.kill(pid, signal));
    }

    private static void reap(int tid) {
        try {
            Ptrace.poll(tid);
        } catch (ErrnoException failure) {
            if (failure.errno() != Errno.ECHILD) {
                throw failure;
            }
        }
    }

    /**
     * Turns the process into another program, which begins with all signals blocked and no descriptors, and lets it go.
     * Its pid, parent, group, session and queued signals stay.
     *
     * @param path of the program, as the process sees it
     * @param arguments from the name on
     * @param environment in the form name=value
     * @throws ErrnoException when the program can't be executed: the process is still frozen, without descriptors
     */
    public void exec(String path, List<String> arguments, List<String> environment) {
        exec(path, arguments, environment, ALL_SIGNALS);
    }

    /** Like {@link #exec(String, List, List)}, and the program begins with these signals blocked. */
    public void exec(String path, List<String> arguments, List<String> environment, long mask) {
        exec(path, arguments, environment, mask, 0);
    }

    /**
     * Like {@link #exec(String, List, List)} with no environment, for a program that the process may not see: it fetches
     * the descriptor of its file, which is offered under this key ({@link AgentImage#FETCH}).
     */
    public void execFetched(String path, long key, List<String> arguments) {
        exec(path, arguments, List.of(), ALL_SIGNALS, key);
    }

    private void exec(String path, List<String> arguments, List<String> environment, long mask, long key) {
        StoppedThread leader = leader();
        PtraceCall call = leader.call();
        long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(pid), memory);
        PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
        PtraceScratch.Table table = scratch.table();
        table.add(Nr.CLOSE_RANGE, 0, 0xffff_ffffL, 0);
        long name = table.text(key == 0 ? path : "");
        long argv = table.words(addresses(table, arguments));
        long envp = table.words(addresses(table, environment));
        table.run(call);
        long file = key == 0
                ? AT_FDCWD
                : Syscalls.check(
                        "fetch " + path + " for process " + pid,
                        call.single(scratch.instruction(), AgentImage.CALL, 0, AgentImage.FETCH, key));
        PtraceRegisters registers = Ptrace.registers(pid);
        registers.set(PtraceRegisters.RAX, Nr.EXECVEAT);
        registers.set(PtraceRegisters.RDI, file);
        registers.set(PtraceRegisters.RSI, name);
        registers.set(PtraceRegisters.RDX, argv);
        registers.set(PtraceRegisters.R10, envp);
        registers.set(PtraceRegisters.R8, AT_EMPTY_PATH);
        registers.set(PtraceRegisters.RIP, scratch.instruction());
        registers.set(PtraceRegisters.ORIG_RAX, -1);
        Ptrace.registers(pid, registers);
        Ptrace.step(pid, 0);
        awaitExec(path);
        Ptrace.mask(pid, mask);
        sendHeldBack();
        Ptrace.detach(pid, 0);
        threads.clear();
        memory.close();
    }

    private static long[] addresses(PtraceScratch.Table table, List<String> texts) {
        long[] addresses = new long[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            addresses[i] = table.text(texts.get(i));
        }
        return addresses;
    }

    /** The other threads die by the execve, which waits until their tracer has seen them dead. */
    private void awaitExec(String path) {
        List<Integer> others = new ArrayList<>(threads.keySet());
        others.remove(Integer.valueOf(pid));
        while (true) {
            others.removeIf(PtraceProcess::seenDead);
            Optional<PtraceStop> stop = others.isEmpty() ? Optional.of(Ptrace.await(pid)) : Ptrace.poll(pid);
            switch (stop.orElse(new PtraceStop.Event(0, 0))) {
                case PtraceStop.Event(int event, int _)
                when event == Ptrace.EVENT_EXEC -> {
                    return;
                }
                case PtraceStop.Exited _, PtraceStop.Killed _ ->
                    throw new ErrnoException("execute " + path + " in process " + pid, Errno.ESRCH);
                case PtraceStop.Signal(int number)
                when number == Ptrace.SIGTRAP ->
                    Syscalls.check(
                            "execute " + path + " in process " + pid,
                            Ptrace.registers(pid).get(PtraceRegisters.RAX));
                case PtraceStop.Signal(int number) -> {
                    leader().call.holdBack(number);
                    Ptrace.step(pid, 0);
                }
                case PtraceStop.Event(int event, int _) when event == Ptrace.EVENT_STOP -> Ptrace.step(pid, 0);
                case PtraceStop.Event _ -> LockSupport.parkNanos(50_000);
            }
        }
    }

    private static boolean seenDead(int tid) {
        try {
            return Ptrace.poll(tid).map(PtraceStop::gone).orElse(false);
        } catch (ErrnoException _) {
            return true;
        }
    }
}
