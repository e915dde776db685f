package org.linuxssi.proc;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.Affinity;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.proc.ProcServices.CallResult;
import org.linuxssi.proc.ProcServices.RemoteCall;
import org.linuxssi.tools.Registration;

/**
 * {@code sched_getaffinity(2)} and {@code sched_setaffinity(2)} with the cluster's numbers of processors. A thread that
 * is bound to nothing has all processors of the cluster. One that is bound runs on those of its node that it asked for, or
 * on any of its node when it asked for none of them; it sees what it asked for.
 */
final class AffinityCalls {

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
                container.supervisor().handle(Nr.SCHED_GETAFFINITY, this::handle),
                container.supervisor().handle(Nr.SCHED_SETAFFINITY, this::handle));
    }

    static boolean isOne(int number) {
        return number == Nr.SCHED_GETAFFINITY || number == Nr.SCHED_SETAFFINITY;
    }

    private void handle(NotifiedCall call) {
        int pid = call.word(0);
        if (remote.isElsewhere(pid)) {
            remote.handle(call);
        } else if (pid < 0) {
            call.proceed();
        } else {
            KillCalls.later(call, () -> {
                int thread = pid == 0 ? call.hostThread() : host(pid);
                int length = call.word(1);
                call.succeed(
                        call.number() == Nr.SCHED_GETAFFINITY ? get(call, thread, length) : set(call, thread, length));
            });
        }
    }

    private int host(int pid) {
        return container.numbers().toHost(pid).orElseThrow(() -> new ErrnoException("find thread " + pid, Errno.ESRCH));
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
        bind(thread, mask);
        return 0;
    }

    private void requireRight(Sender sender, int thread) {
        Optional<Member> target = Member.of(container.numbers(), thread);
        if (!sender.mayBind(target.orElseThrow(() -> new ErrnoException("find thread", Errno.ESRCH)))) {
            throw new ErrnoException("bind thread " + thread, Errno.EPERM);
        }
    }

    private void bind(int thread, byte[] mask) {
        CpuNumbering numbering = cpus.numbering();
        BitSet asked = BitSet.valueOf(mask);
        BitSet real = numbering.real(asked);
        if (real.isEmpty()) {
            throw new ErrnoException("bind thread " + thread + " to processors that are not there", Errno.EINVAL);
        }
        Affinity.set(thread, real);
        asked.and(numbering.usable());
        bindings.put(thread, asked, Affinity.of(thread).cpus());
    }

    /** Carries out what a program of another node asked about a process of this one. */
    CallResult carryOut(RemoteCall call) {
        try {
            int thread = host((int) (long) call.arguments().getFirst());
            if (call.number() == Nr.SCHED_SETAFFINITY) {
                requireRight(call.sender(), thread);
                bind(thread, ProcServices.bytes(call.input()));
                return new CallResult(0, List.of());
            }
            int length = Math.clamp(call.arguments().get(1), 0, ProcServices.MEMORY_LIMIT);
            byte[] mask = shown(thread, length);
            return new CallResult(mask.length, ProcServices.boxed(mask));
        } catch (ErrnoException problem) {
            return new CallResult(-problem.errno().number(), List.of());
        }
    }
}
