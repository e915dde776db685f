package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.linux.Affinity;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidNumbers;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.proc.History.Bound;
import org.linuxssi.proc.ProcServices.CallResult;
import org.linuxssi.proc.ProcServices.RemoteCall;
import org.linuxssi.tools.Registration;

/**
 * {@code sched_getaffinity(2)} and {@code sched_setaffinity(2)} with the cluster's numbers of processors. A thread that
 * is bound to nothing has all processors of the cluster. One that is bound runs on those of its node that it asked for, or
 * on any of its node when it asked for none of them; it sees what it asked for.
 */
final class AffinityCalls {

    private static final Logger LOG = System.getLogger(AffinityCalls.class.getName());
    private static final int WORD = 8;

    private final Container container;
    private final ClusterCpus cpus;
    private final Bindings bindings = new Bindings();
    private final RemoteCalls remote;

    AffinityCalls(Container container, ClusterCpus cpus, RemoteCalls remote) {
        this.container = container;
        this.cpus = cpus;
        this.remote = remote;
    }

    List<Registration> serve() {
        return List.of(
                cpus.serve(),
                container.supervisor().handleAll(Nr.SCHED_GETAFFINITY, this::handle),
                container.supervisor().handleAll(Nr.SCHED_SETAFFINITY, this::handle));
    }

    static boolean isOne(int number) {
        return number == Nr.SCHED_GETAFFINITY || number == Nr.SCHED_SETAFFINITY;
    }

    private void handle(NotifiedCall call) {
        int pid = call.word(0);
        if (pid > 0 && !container.numbers().areThoseOf(call.hostThread())) {
            KillCalls.later(call, () -> carryOut(call, inner(call.hostThread(), pid)));
        } else if (remote.isElsewhere(pid)) {
            remote.handle(call);
        } else if (pid < 0 || (pid > 0 && container.numbers().toHost(pid).isEmpty())) {
            call.proceed();
        } else {
            KillCalls.later(call, () -> carryOut(call, pid == 0 ? call.hostThread() : host(container.numbers(), pid)));
        }
    }

    private void carryOut(NotifiedCall call, int thread) {
        int length = call.word(1);
        call.succeed(call.number() == Nr.SCHED_GETAFFINITY ? get(call, thread, length) : set(call, thread, length));
    }

    private static int host(PidNumbers numbers, int pid) {
        return numbers.toHost(pid).orElseThrow(() -> new ErrnoException("find thread " + pid, Errno.ESRCH));
    }

    /** Finds a thread whose number is one of the caller's own pid name space, inside the container. */
    private static int inner(int caller, int pid) {
        try (PidNumbers numbers = new PidNumbers(caller)) {
            return host(numbers, pid);
        }
    }

    private long get(NotifiedCall call, int thread, int length) {
        byte[] mask = shown(thread, length);
        if (call.valid()) {
            AgentMemory.write(call.hostThread(), call.argument(2), mask);
        }
        return mask.length;
    }

    private byte[] shown(int thread, int length) {
        CpuNumbering numbering = cpus.numbering();
        if (length % WORD != 0 || Integer.toUnsignedLong(length) * Byte.SIZE < numbering.total()) {
            throw new ErrnoException("affinity mask of " + length + " bytes", Errno.EINVAL);
        }
        Affinity.Mask real = Affinity.of(thread);
        int words = Math.ceilDiv(numbering.total(), Long.SIZE);
        int size = (int) Math.min(Integer.toUnsignedLong(length), Math.max(real.bytes(), words * WORD));
        BitSet shown = bindings.asked(thread, real.cpus()).orElseGet(() -> numbering.shown(real.cpus()));
        return Arrays.copyOf(shown.toByteArray(), size);
    }

    private long set(NotifiedCall call, int thread, int length) {
        int count = Math.clamp(Integer.toUnsignedLong(length), 0, ProcServices.MEMORY_LIMIT);
        byte[] mask = AgentMemory.read(call.hostThread(), call.argument(2), count);
        if (thread != call.hostThread()) {
            requireRight(Sender.of(container, call.hostThread()), thread);
        }
        bind(thread, cpus.numbering(), BitSet.valueOf(mask));
        return 0;
    }

    private void requireRight(Sender sender, int thread) {
        Optional<Member> target = Member.of(container.numbers(), thread);
        if (!sender.mayBind(target.orElseThrow(() -> new ErrnoException("find thread", Errno.ESRCH)))) {
            throw new ErrnoException("bind thread " + thread, Errno.EPERM);
        }
    }

    private void bind(int thread, CpuNumbering numbering, BitSet asked) {
        BitSet real = numbering.real(asked);
        if (real.isEmpty()) {
            throw new ErrnoException("bind thread " + thread + " to processors that are not there", Errno.EINVAL);
        }
        Affinity.set(thread, real);
        BitSet usable = (BitSet) asked.clone();
        usable.and(numbering.usable());
        bindings.put(thread, usable, Affinity.of(thread).cpus());
    }

    /** Returns what the threads of a process of this node are bound to, for the node that it moves to; nothing when none is. */
    List<Bound> bound(int process) {
        List<Bound> threads = new ArrayList<>();
        for (int thread : ProcFiles.threads(process)) {
            BitSet asked = bound(thread, Affinity.of(thread).cpus());
            container.numbers().fromHost(thread).ifPresent(number -> threads.add(new Bound(number, asked)));
        }
        return threads.stream().allMatch(bound -> bound.cpus().isEmpty()) ? List.of() : threads;
    }

    private BitSet bound(int thread, BitSet real) {
        return bindings.asked(thread, real)
                .orElseGet(
                        () -> real.equals(all()) ? new BitSet() : cpus.known().shown(real));
    }

    private BitSet all() {
        return Affinity.of(container.initPid()).cpus();
    }

    /** Binds the threads of a process that came from another node, where they were bound to this. */
    void bind(int process, List<Bound> threads) {
        Map<Integer, BitSet> asked = new HashMap<>();
        threads.forEach(bound -> asked.put(bound.thread(), bound.cpus()));
        try {
            for (int thread : ProcFiles.threads(process)) {
                bindOrFree(thread, container.numbers().fromHost(thread).map(asked::get), !threads.isEmpty());
            }
        } catch (ErrnoException killed) {
            LOG.log(Level.DEBUG, "process {0} was killed while it arrived: {1}", process, killed.getMessage());
        }
    }

    private void bindOrFree(int thread, Optional<BitSet> asked, boolean othersAreBound) {
        if (asked.isPresent() && asked.get().intersects(cpus.known().usable())) {
            bind(thread, cpus.known(), asked.get());
        } else {
            free(thread, othersAreBound);
        }
    }

    /** It may have been bound when it left, if it comes home; what it asked for may be gone. */
    private void free(int thread, boolean othersAreBound) {
        BitSet all = all();
        if (!Affinity.of(thread).cpus().equals(all)) {
            Affinity.set(thread, all);
        }
        if (othersAreBound) {
            bindings.put(thread, new BitSet(), all);
        }
    }

    /** Carries out what a program of another node asked about a process of this one. */
    CallResult carryOut(RemoteCall call) {
        try {
            return call.number() == Nr.SCHED_SETAFFINITY ? set(call) : get(call);
        } catch (ErrnoException problem) {
            return new CallResult(-problem.errno().number(), List.of());
        }
    }

    private CallResult set(RemoteCall call) {
        if (call.arguments().get(1) != 0) {
            requireMask(call);
        }
        int thread = host(container.numbers(), (int) (long) call.arguments().getFirst());
        requireRight(call.sender(), thread);
        bind(thread, cpus.numbering(), BitSet.valueOf(ProcServices.bytes(call.input())));
        return new CallResult(0, List.of());
    }

    private CallResult get(RemoteCall call) {
        int thread = host(container.numbers(), (int) (long) call.arguments().getFirst());
        byte[] mask = shown(thread, Math.clamp(call.arguments().get(1), 0, ProcServices.MEMORY_LIMIT));
        requireMask(call);
        return new CallResult(mask.length, ProcServices.boxed(mask));
    }

    private static void requireMask(RemoteCall call) {
        if (call.arguments().get(2) == 0) {
            throw new ErrnoException("use a mask at address 0", Errno.EFAULT);
        }
    }
}
