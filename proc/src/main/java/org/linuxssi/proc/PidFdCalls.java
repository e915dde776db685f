package org.linuxssi.proc;

import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.proc.ProcServices.Kill;
import org.linuxssi.tools.Registration;

/**
 * {@code pidfd_open(2)} of a process elsewhere, which makes a proxy to be its target, and those uses of
 * {@code pidfd_send_signal(2)} that a proxy can't report, or that name the process by its directory in {@code /proc}.
 */
final class PidFdCalls {

    /** {@code linux/pidfd.h}. */
    private static final int PIDFD_SIGNAL_THREAD = 1;

    private static final int PIDFD_SIGNAL_THREAD_GROUP = 2;

    private final Container container;
    private final ProcessTable table;
    private final PidFds descriptors;
    private final KillCalls kills;

    PidFdCalls(Container container, ProcessTable table, PidFds descriptors, KillCalls kills) {
        this.container = container;
        this.table = table;
        this.descriptors = descriptors;
        this.kills = kills;
    }

    List<Registration> serve() {
        Supervisor supervisor = container.supervisor();
        return List.of(
                supervisor.handle(Nr.PIDFD_OPEN, this::open), supervisor.handle(Nr.PIDFD_SEND_SIGNAL, this::send));
    }

    private void open(NotifiedCall call) {
        int pid = call.word(0);
        if (!PidRange.possible(pid) || container.range().contains(pid)) {
            call.proceed();
            return;
        }
        descriptors.opened(pid);
        if (container.numbers().toHost(pid).isPresent()) {
            call.proceed();
        } else {
            KillCalls.later(call, () -> table.relatives().lookUp(pid).ifPresent(table::reserve));
        }
    }

    private void send(NotifiedCall call) {
        Optional<Integer> pid = target(call);
        int flags = call.word(3);
        boolean known = flags == 0 || flags == PIDFD_SIGNAL_THREAD || flags == PIDFD_SIGNAL_THREAD_GROUP;
        Optional<SignalInfo> info = pid.isPresent() && known ? info(call) : Optional.empty();
        if (info.isEmpty()) {
            call.proceed();
        } else if (flags == PIDFD_SIGNAL_THREAD) {
            kills.away(call, Kill.thread(pid.get(), pid.get(), info.get(), KillCalls.UNKNOWN));
        } else {
            kills.away(call, Kill.process(pid.get(), info.get(), KillCalls.UNKNOWN));
        }
    }

    private Optional<Integer> target(NotifiedCall call) {
        Optional<Integer> directory = PidFds.ofDirectory(call.hostThread(), call.word(0));
        return directory.isPresent() ? directory : silentTarget(call);
    }

    /** A proxy reports other signals that the kernel sends it. */
    private Optional<Integer> silentTarget(NotifiedCall call) {
        boolean reported = call.word(3) == 0 && !KillCalls.silent(call.word(1));
        return reported
                ? Optional.empty()
                : PidFds.of(call.hostThread(), call.word(0))
                        .filter(hostPid -> hostPid > 0)
                        .flatMap(container.numbers()::fromHost)
                        .filter(table.proxyMap()::contains);
    }

    /** Nothing when the kernel will refuse what the caller wants to be told. */
    private static Optional<SignalInfo> info(NotifiedCall call) {
        int signal = call.word(1);
        if (call.argument(2) == 0) {
            int code = call.word(3) == PIDFD_SIGNAL_THREAD ? Signals.SI_TKILL : Signals.SI_USER;
            return Optional.of(new SignalInfo(signal, code, 0, 0, 0));
        }
        try {
            SignalInfo given = SignalInfo.of(AgentMemory.read(call.hostThread(), call.argument(2), SignalInfo.SIZE));
            boolean right = given.number() == signal && given.code() < 0 && given.code() != Signals.SI_TKILL;
            return right ? Optional.of(given) : Optional.empty();
        } catch (ErrnoException unreadable) {
            return Optional.empty();
        }
    }
}
