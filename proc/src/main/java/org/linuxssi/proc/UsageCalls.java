package org.linuxssi.proc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.Registration;

/**
 * What a process asks of its own processor time: {@code getrusage(2)}, {@code times(2)} and {@code clock_gettime(2)} of
 * CLOCK_PROCESS_CPUTIME_ID. The kernel tells it to those that have always been here; for the others the times of their
 * whole life are made of what the kernel counts and of their past.
 */
final class UsageCalls {

    /** {@code linux/resource.h}. */
    private static final int RUSAGE_SELF = 0;

    private static final int RUSAGE_CHILDREN = -1;

    private static final int RUSAGE_BYTES = 144;
    private static final int BLOCK = 512;
    private static final long SECOND = 1_000_000_000;

    private final Container container;
    private final Histories histories;

    UsageCalls(Container container, Histories histories) {
        this.container = container;
        this.histories = histories;
    }

    List<Registration> serve() {
        Supervisor supervisor = container.supervisor();
        return List.of(
                supervisor.handle(Nr.GETRUSAGE, this::handle),
                supervisor.handle(Nr.TIMES, this::handle),
                supervisor.handle(Nr.CLOCK_GETTIME, this::handle));
    }

    private void handle(NotifiedCall call) {
        if (histories.isEmpty()) {
            call.proceed();
        } else if (!quickly(call)) {
            KillCalls.later(call, () -> tell(call));
        }
    }

    /** Programs may wait in a loop for their clock to go on. */
    private boolean quickly(NotifiedCall call) {
        if (call.number() != Nr.CLOCK_GETTIME) {
            return false;
        }
        OptionalLong total = histories.toldTotal(call.hostThread());
        total.ifPresent(nanos -> clock(call, nanos));
        return total.isPresent();
    }

    private static void clock(NotifiedCall call, long nanos) {
        try {
            write(call, call.argument(1), pair(16, nanos / SECOND, nanos % SECOND));
        } catch (ErrnoException unwritable) {
            call.fail(unwritable.errno());
        }
    }

    private void tell(NotifiedCall call) {
        String leader = ProcFiles.status(Integer.toString(call.hostThread())).getOrDefault("Tgid", "0");
        int hostPid = Integer.parseInt(leader);
        container.numbers().fromHost(hostPid).ifPresent(pid -> histories
                .told(pid, hostPid)
                .ifPresent(times -> tell(call, hostPid, times)));
    }

    private static void tell(NotifiedCall call, int hostPid, ToldTimes times) {
        switch (call.number()) {
            case Nr.TIMES -> ticks(call, times);
            case Nr.CLOCK_GETTIME -> clock(call, times.total());
            default -> {
                int who = call.word(0);
                if (who == RUSAGE_SELF) {
                    write(call, call.argument(1), self(hostPid, times));
                } else if (who == RUSAGE_CHILDREN) {
                    write(call, call.argument(1), children(hostPid, times));
                }
            }
        }
    }

    private static void write(NotifiedCall call, long address, ByteBuffer bytes) {
        if (call.valid()) {
            AgentMemory.write(call.hostThread(), address, bytes.array());
            call.succeed(0);
        }
    }

    private static ByteBuffer pair(int size, long first, long second) {
        return ByteBuffer.allocate(size)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putLong(second);
    }

    /** The result counts from some moment in the past, for all processes of a node alike. */
    private static void ticks(NotifiedCall call, ToldTimes times) {
        if (call.argument(0) != 0 && call.valid()) {
            ByteBuffer out = pair(32, times.user() / ToldTimes.TICK, times.system() / ToldTimes.TICK)
                    .putLong(times.childrenUser() / ToldTimes.TICK)
                    .putLong(times.childrenSystem() / ToldTimes.TICK);
            AgentMemory.write(call.hostThread(), call.argument(0), out.array());
        }
        call.succeed(Syscalls.call(Nr.TIMES, 0));
    }

    private static ByteBuffer usage(long user, long system) {
        return pair(RUSAGE_BYTES, user / SECOND, user % SECOND / 1000)
                .putLong(system / SECOND)
                .putLong(system % SECOND / 1000);
    }

    private static ByteBuffer self(int hostPid, ToldTimes times) {
        ProcFiles.Stat stat = ProcFiles.stat(hostPid);
        Map<String, String> status = ProcFiles.status(Integer.toString(hostPid));
        ByteBuffer out = usage(times.user(), times.system());
        out.putLong(number(status.getOrDefault("VmHWM", "0"))).position(64);
        out.putLong(stat.field(10)).putLong(stat.field(12)).position(88);
        out.putLong(io(hostPid, "read_bytes") / BLOCK).putLong(io(hostPid, "write_bytes") / BLOCK);
        long[] switches = switches(hostPid);
        return out.putLong(128, switches[0]).putLong(136, switches[1]);
    }

    private static ByteBuffer children(int hostPid, ToldTimes times) {
        ProcFiles.Stat stat = ProcFiles.stat(hostPid);
        return usage(times.childrenUser(), times.childrenSystem())
                .putLong(64, stat.field(11))
                .putLong(72, stat.field(13));
    }

    private static long number(String text) {
        return Long.parseLong(text.split("\\s+")[0]);
    }

    private static long io(int hostPid, String name) {
        return ProcFiles.text(hostPid, "io")
                .lines()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> number(line.substring(name.length() + 1).trim()))
                .findFirst()
                .orElse(0);
    }

    private static long[] switches(int hostPid) {
        long[] both = new long[2];
        for (int thread : ProcFiles.threads(hostPid)) {
            try {
                Map<String, String> status = ProcFiles.status(hostPid + "/task/" + thread);
                both[0] += number(status.getOrDefault("voluntary_ctxt_switches", "0"));
                both[1] += number(status.getOrDefault("nonvoluntary_ctxt_switches", "0"));
            } catch (ErrnoException ended) {
                if (ended.errno() != Errno.ESRCH) {
                    throw ended;
                }
            }
        }
        return both;
    }
}
