package org.linuxssi.proc;

import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.proc.ProcServices.Kill;
import org.linuxssi.proc.ProcServices.Target;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.TimeSource;

/**
 * The kill family, where the kernel alone would be wrong: targets that are not on this node, groups and "all" that are
 * spread, and the signals that a proxy
 * can't report or that must stay in order with those.
 */
final class KillCalls {

    private final Container container;
    private final Signalling signalling;
    private final Proxies proxies;
    private final Attempts attempts;

    KillCalls(Container container, Signalling signalling, Proxies proxies, TimeSource time) {
        this.container = container;
        this.signalling = signalling;
        this.proxies = proxies;
        attempts = new Attempts(time);
    }

    /** {@code kill(pid, signal)} and {@code tkill(tid, signal)}. */
    void kill(NotifiedCall call) {
        int target = call.word(0);
        int signal = call.word(1);
        if (signal < 0 || signal > Signals.LAST) {
            call.proceed();
        } else if (target > 0) {
            one(call, target, plain(signal));
        } else if (proxies.isEmpty() && signalling.others().isEmpty()) {
            call.proceed();
        } else {
            later(call, () -> several(call, target, signal));
        }
    }

    /** {@code tgkill(pid, tid, signal)}: threads of a process elsewhere can be reached by its first thread only. */
    void threadKill(NotifiedCall call) {
        int pid = call.word(0);
        int signal = call.word(2);
        if (pid <= 0 || pid != call.word(1) || signal < 0 || signal > Signals.LAST) {
            call.proceed();
        } else {
            one(call, pid, plain(signal));
        }
    }

    /** {@code rt_sigqueueinfo(pid, signal, info)}. */
    void queue(NotifiedCall call) {
        int pid = call.word(0);
        int signal = call.word(1);
        if (pid <= 0 || signal < 0 || signal > Signals.LAST) {
            call.proceed();
            return;
        }
        try {
            SignalInfo given = SignalInfo.of(AgentMemory.read(call.hostThread(), call.argument(2), SignalInfo.SIZE));
            SignalInfo info = new SignalInfo(signal, given.code(), given.pid(), given.uid(), given.value());
            one(call, pid, info);
        } catch (ErrnoException unreadable) {
            call.fail(unreadable.errno());
        }
    }

    private static SignalInfo plain(int signal) {
        return new SignalInfo(signal, Signals.SI_USER, 0, 0, 0);
    }

    private void one(NotifiedCall call, int pid, SignalInfo info) {
        Optional<Proxy> proxy = proxies.get(pid);
        boolean silent = info.number() == Signals.SIGKILL
                || info.number() == Signals.SIGSTOP
                || info.number() == Signals.SIGCONT;
        if (proxy.isPresent() ? !silent : container.numbers().toHost(pid).isPresent()) {
            call.proceed();
        } else if (pid >= PidRange.PID_MAX) {
            call.fail(Errno.ESRCH);
        } else {
            later(call, () -> elsewhere(call, pid, info));
        }
    }

    private void elsewhere(NotifiedCall call, int pid, SignalInfo info) {
        Optional<NodeId> node = signalling.elsewhere(pid);
        if (node.isEmpty()) {
            call.proceed();
            return;
        }
        Sender sender = sender(call);
        SignalInfo signed = info.code() < 0
                ? info
                : new SignalInfo(info.number(), info.code(), sender.pid(), sender.uid(), info.value());
        attempts.once(call, () -> signalling
                .ask(node.get(), Signalling.process(pid, signed, sender))
                .join());
    }

    private void several(NotifiedCall call, int target, int signal) {
        Sender sender = sender(call);
        SignalInfo info = new SignalInfo(signal, Signals.SI_USER, sender.pid(), sender.uid(), 0);
        if (target == -1) {
            attempts.once(call, () -> signalling.everywhere(new Kill(Target.ALL, 0, info, sender)));
            return;
        }
        int group = target == 0 ? groupOf(call) : -target;
        List<Member> members = Member.all(container).stream()
                .filter(member -> member.numbers().group() == group)
                .toList();
        if (!members.isEmpty() && !signalling.spread(members)) {
            call.proceed();
            return;
        }
        group(call, new Kill(Target.GROUP, group, info, sender), members);
    }

    /** The sender's own signal comes last and after the answer, for it would interrupt the call. */
    private void group(NotifiedCall call, Kill kill, List<Member> members) {
        Optional<Member> self = members.stream()
                .filter(member -> member.pid() == kill.sender().pid())
                .findFirst();
        if (self.isEmpty() || kill.info().number() == 0) {
            attempts.once(call, () -> signalling.everywhere(kill));
            return;
        }
        attempts.once(call, () -> {
            signalling.everywhere(kill, self.get().pid());
            return 0;
        });
        signalling.send(self.get(), kill.info());
    }

    private int groupOf(NotifiedCall call) {
        return Member.of(container.numbers(), call.hostThread())
                .map(member -> member.numbers().group())
                .orElseThrow(() -> new ErrnoException("read the caller", Errno.ESRCH));
    }

    private Sender sender(NotifiedCall call) {
        return sender(container, call);
    }

    static Sender sender(Container container, NotifiedCall call) {
        int process = Integer.parseInt(
                ProcFiles.status(Integer.toString(call.hostThread())).getOrDefault("Tgid", "0"));
        return Member.of(container.numbers(), process)
                .map(Sender::of)
                .orElseThrow(() -> new ErrnoException("read the caller", Errno.ESRCH));
    }

    /** Does something that may block; the call is carried out by the kernel when nothing answered it. */
    static void later(NotifiedCall call, Runnable action) {
        Thread.startVirtualThread(() -> {
            try {
                action.run();
            } catch (ErrnoException problem) {
                call.fail(problem.errno());
            } finally {
                call.proceed();
            }
        });
    }
}
