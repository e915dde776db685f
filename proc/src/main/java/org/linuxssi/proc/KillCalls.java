package org.linuxssi.proc;

import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.proc.ProcServices.Kill;
import org.linuxssi.tools.TimeSource;

/**
 * The kill family, where the kernel alone would be wrong: targets that are not on this node, groups and "all" that are
 * spread, and the signals that a proxy
 * can't report or that must stay in order with those.
 */
final class KillCalls {

    /** The sender of a signal until it is looked for. */
    static final Sender UNKNOWN = Sender.outside(-1);

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

    /** {@code kill(pid, signal)}. */
    void kill(NotifiedCall call) {
        int target = call.word(0);
        int signal = call.word(1);
        if (target > 0) {
            one(call, Kill.process(target, plain(signal, Signals.SI_USER), UNKNOWN));
        } else if (target == Integer.MIN_VALUE
                || (proxies.isEmpty() && signalling.others().isEmpty())
                || (target == 0 && sendsNothing(signal))) {
            call.proceed();
        } else {
            later(call, () -> several(call, target, signal));
        }
    }

    /** {@code tkill(tid, signal)}. */
    void threadKill(NotifiedCall call) {
        thread(call, 0, call.word(0), plain(call.word(1), Signals.SI_TKILL));
    }

    /** {@code tgkill(pid, tid, signal)}. */
    void processThreadKill(NotifiedCall call) {
        if (call.word(0) <= 0) {
            call.proceed();
        } else {
            thread(call, call.word(0), call.word(1), plain(call.word(2), Signals.SI_TKILL));
        }
    }

    /** {@code rt_sigqueueinfo(pid, signal, info)}. */
    void queue(NotifiedCall call) {
        if (call.word(0) <= 0) {
            call.proceed();
        } else {
            given(call, 1).ifPresent(info -> one(call, Kill.process(call.word(0), info, UNKNOWN)));
        }
    }

    /** {@code rt_tgsigqueueinfo(pid, tid, signal, info)}. */
    void threadQueue(NotifiedCall call) {
        if (call.word(0) <= 0) {
            call.proceed();
        } else {
            given(call, 2).ifPresent(info -> thread(call, call.word(0), call.word(1), info));
        }
    }

    private static SignalInfo plain(int signal, int code) {
        return new SignalInfo(signal, code, 0, 0, 0);
    }

    /** Reads the siginfo that follows the signal's argument; one that only the kernel may send is left to the kernel. */
    private static Optional<SignalInfo> given(NotifiedCall call, int signal) {
        try {
            byte[] bytes = AgentMemory.read(call.hostThread(), call.argument(signal + 1), SignalInfo.SIZE);
            SignalInfo info = SignalInfo.of(bytes);
            if (info.code() < 0 && info.code() != Signals.SI_TKILL) {
                return Optional.of(
                        new SignalInfo(call.word(signal), info.code(), info.pid(), info.uid(), info.value()));
            }
            call.proceed();
        } catch (ErrnoException unreadable) {
            call.fail(unreadable.errno());
        }
        return Optional.empty();
    }

    /** Tells whether the kernel only looks for one whom the caller may signal, or finds the number wrong. */
    private static boolean sendsNothing(int signal) {
        return signal == 0 || isWrong(signal);
    }

    private static boolean isWrong(int signal) {
        return signal < 0 || signal > Signals.LAST;
    }

    /** The kernel looks at the signal's number when it has found somebody. */
    private Errno wrong(int group, Sender sender) {
        SignalInfo nothing = new SignalInfo(0, Signals.SI_USER, sender.pid(), sender.uid(), 0);
        boolean nobody = signalling.everywhere(Kill.group(group, nothing, sender)) == -Errno.ESRCH.number();
        return nobody ? Errno.ESRCH : Errno.EINVAL;
    }

    /** Tells whether a proxy does not see a signal that it gets. */
    static boolean silent(int signal) {
        return signal == Signals.SIGKILL || signal == Signals.SIGSTOP || signal == Signals.SIGCONT;
    }

    private void one(NotifiedCall call, Kill kill) {
        int pid = kill.id();
        if (proxies.contains(pid)
                ? !silent(kill.info().number())
                : container.numbers().toHost(pid).isPresent() && !signalling.arriving(pid)) {
            call.proceed();
        } else {
            away(call, kill);
        }
    }

    /** The first thread of a process elsewhere is its proxy's too; the others are where the process is. */
    private void thread(NotifiedCall call, int process, int thread, SignalInfo info) {
        int leader = process == 0 ? thread : process;
        boolean away = proxies.contains(leader)
                ? thread != leader || silent(info.number())
                : container.numbers().toHost(leader).isEmpty() || signalling.arriving(leader);
        if (thread > 0 && away) {
            away(call, Kill.thread(process, thread, info, UNKNOWN));
        } else {
            call.proceed();
        }
    }

    /** Carries out a kill of a process or thread that is not here. */
    void away(NotifiedCall call, Kill kill) {
        if (kill.address() >= PidRange.PID_MAX) {
            call.fail(Errno.ESRCH);
        } else {
            attempts.start(call, () -> signalling.away(signed(kill, sender(call))));
        }
    }

    private static Kill signed(Kill kill, Sender sender) {
        SignalInfo info = kill.info();
        boolean given = info.code() < 0 && info.code() != Signals.SI_TKILL;
        return kill.by(
                sender, given ? info : new SignalInfo(info.number(), info.code(), sender.pid(), sender.uid(), 0));
    }

    private void several(NotifiedCall call, int target, int signal) {
        Sender sender = sender(call);
        SignalInfo info = new SignalInfo(signal, Signals.SI_USER, sender.pid(), sender.uid(), 0);
        if (target == -1) {
            all(call, Kill.all(info, sender));
            return;
        }
        if (isWrong(signal)) {
            call.fail(wrong(-target, sender));
            return;
        }
        int group = target == 0 ? groupOf(call) : -target;
        List<Member> members = Member.ofGroup(container, group).stream()
                .filter(member -> !signalling.isKeeper(member))
                .toList();
        boolean oneHere = signal == 0 && members.stream().anyMatch(member -> sender.maySignal(member, 0));
        if (oneHere || (!members.isEmpty() && !signalling.spread(members))) {
            call.proceed();
            return;
        }
        group(call, Kill.group(group, info, sender), members);
    }

    private void all(NotifiedCall call, Kill kill) {
        if (kill.info().number() == 0 && signalling.hasOthersThan(kill.sender().pid())) {
            call.proceed();
        } else {
            attempts.once(call, () -> signalling.everywhere(kill));
        }
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
        return Sender.of(container, call.hostThread());
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
