package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.proc.ProcServices.Forwarded;
import org.linuxssi.proc.ProcServices.Kill;
import org.linuxssi.proc.ProcServices.Target;
import org.linuxssi.proc.ProcServices.Terminal;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Brings signals to processes wherever they are. */
final class Signalling {

    private static final Logger LOG = System.getLogger(Signalling.class.getName());
    private static final Duration BURST = Duration.ofMillis(50);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int MAX_HOPS = 8;

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Supplier<NodeSet> online;
    private final Proxies proxies;
    private final LocalProcesses locals;
    private final Map<Terminal, Long> bursts = new ConcurrentHashMap<>();

    Signalling(
            Container container,
            Rpc rpc,
            PidDirectory directory,
            Supplier<NodeSet> online,
            Proxies proxies,
            LocalProcesses locals) {
        this.container = container;
        this.rpc = rpc;
        this.directory = directory;
        this.online = online;
        this.proxies = proxies;
        this.locals = locals;
    }

    List<Registration> serve(Executor inOrder) {
        KillCalls calls = new KillCalls(container, this, proxies, rpc.time());
        Supervisor supervisor = container.supervisor();
        return List.of(
                rpc.serve(ProcServices.SIGNAL, (from, signal) -> {
                    inOrder.execute(() -> deliver(signal));
                    return Codec.Nothing.NOTHING;
                }),
                rpc.serve(ProcServices.TERMINAL, (from, signal) -> {
                    inOrder.execute(() -> fromTerminal(signal));
                    return Codec.Nothing.NOTHING;
                }),
                rpc.serve(ProcServices.KILL, (from, kill) -> here(kill)),
                supervisor.handle(Nr.KILL, calls::kill),
                supervisor.handle(Nr.TKILL, calls::kill),
                supervisor.handle(Nr.TGKILL, calls::threadKill),
                supervisor.handle(Nr.RT_SIGQUEUEINFO, calls::queue),
                supervisor.handle(Nr.RT_TGSIGQUEUEINFO, NotifiedCall::proceed));
    }

    NodeSet others() {
        return online.get().minus(rpc.self());
    }

    Optional<NodeId> elsewhere(int pid) {
        if (others().isEmpty()) {
            return Optional.empty();
        }
        NodeId node = directory.where(pid);
        return node.equals(rpc.self()) || !online.get().contains(node) ? Optional.empty() : Optional.of(node);
    }

    /** Tells whether a process group may have members on other nodes. */
    boolean spread(List<Member> members) {
        return members.stream().anyMatch(member -> proxies.contains(member.pid()) || locals.contains(member.pid()));
    }

    /** A signal hit a proxy: one of a terminal is for the whole group, once; others are for the process. */
    void hit(Proxy proxy, SignalInfo info) {
        if (info.code() != Signals.SI_KERNEL) {
            forward(proxy.pid(), info, 0);
            return;
        }
        Member.of(container.numbers(), proxy.agent().hostPid()).ifPresent(member -> {
            Terminal signal = new Terminal(member.numbers().group(), info.number());
            long now = rpc.time().nanos();
            Long last = bursts.put(signal, now);
            if (last == null || now - last > BURST.toNanos()) {
                rpc.send(others(), ProcServices.TERMINAL, signal);
            }
        });
    }

    private void fromTerminal(Terminal signal) {
        for (Member member : reals()) {
            if (member.numbers().group() == signal.group()) {
                Signals.kill(member.hostPid(), signal.signal());
            }
        }
    }

    /** Sends a signal on to where its process is. */
    void forward(int pid, SignalInfo info, int hops) {
        elsewhere(pid)
                .ifPresentOrElse(
                        node -> rpc.send(node, ProcServices.SIGNAL, new Forwarded(pid, info, hops)),
                        () -> LOG.log(Level.DEBUG, "signal {0} for {1} is for nobody", info.number(), pid));
    }

    private void deliver(Forwarded signal) {
        Optional<Member> member = real(signal.pid());
        if (member.isPresent()) {
            send(member.get(), signal.info());
        } else if (signal.hops() < MAX_HOPS) {
            forward(signal.pid(), signal.info(), signal.hops() + 1);
        }
    }

    /** Sends a signal to a process of this node; init does it, in order, and can keep the sender's numbers. */
    void send(Member member, SignalInfo info) {
        CallTable table = new CallTable();
        if (info.number() == Signals.SIGKILL || info.number() == Signals.SIGSTOP || info.pid() == 0) {
            table.must(Nr.KILL, member.pid(), info.number());
        } else {
            boolean sendable = info.code() < 0 && info.code() != Signals.SI_TKILL;
            SignalInfo queued = sendable ? info : info.withCode(Signals.SI_QUEUE);
            table.must(Nr.RT_SIGQUEUEINFO, member.pid(), info.number(), table.bytes(queued.toBytes()));
        }
        Futures.unattended(container.initAgent().run(table));
    }

    private Optional<Member> real(int pid) {
        return container
                .numbers()
                .toHost(pid)
                .filter(hostPid -> !container.supervisor().isAgent(hostPid) && hostPid != container.initPid())
                .flatMap(hostPid -> Member.of(container.numbers(), hostPid));
    }

    List<Member> reals() {
        return Member.all(container).stream()
                .filter(member -> !container.supervisor().isAgent(member.hostPid()))
                .toList();
    }

    /** Carries out a kill for what of its target is on this node; 0 or a negated error number. */
    int here(Kill kill) {
        return switch (kill.target()) {
            case PROCESS -> real(kill.id()).map(member -> one(member, kill)).orElseGet(() -> passOn(kill));
            case GROUP, ALL -> several(kill, targets(kill));
        };
    }

    private List<Member> targets(Kill kill) {
        boolean all = kill.target() == Target.ALL;
        return reals().stream()
                .filter(member -> all
                        ? member.pid() != kill.sender().pid()
                        : member.numbers().group() == kill.id())
                .toList();
    }

    /** Carries out a kill of one process, wherever it is. */
    int anywhere(Kill kill) {
        return elsewhere(kill.id()).map(node -> ask(node, kill).join()).orElseGet(() -> here(kill));
    }

    /** The process may have moved on since the sender looked. */
    private int passOn(Kill kill) {
        return elsewhere(kill.id()).map(node -> ask(node, kill).join()).orElse(-Errno.ESRCH.number());
    }

    private int one(Member member, Kill kill) {
        if (!kill.sender().maySignal(member, kill.info().number())) {
            return -Errno.EPERM.number();
        }
        if (kill.info().number() != 0) {
            send(member, kill.info());
        }
        return 0;
    }

    private int several(Kill kill, List<Member> members) {
        return members.stream().mapToInt(member -> one(member, kill)).reduce(-Errno.ESRCH.number(), Signalling::better);
    }

    /** One success makes the whole call succeed; no right is more than no process. */
    static int better(int one, int other) {
        if (one == 0 || other == 0) {
            return 0;
        }
        return one == -Errno.EPERM.number() ? one : other;
    }

    /** Asks a node to carry out a kill; a node that does not answer has no such process. */
    CompletableFuture<Integer> ask(NodeId node, Kill kill) {
        return rpc.ask(node, ProcServices.KILL, kill, DEADLINE).exceptionally(lost -> -Errno.ESRCH.number());
    }

    /** Carries out a kill of a group or of all on every node. */
    int everywhere(Kill kill) {
        return everywhere(kill, 0);
    }

    /** The same with one process of this node left out. */
    int everywhere(Kill kill, int except) {
        List<CompletableFuture<Integer>> answers =
                others().stream().map(node -> ask(node, kill)).toList();
        int result = several(
                kill,
                targets(kill).stream().filter(member -> member.pid() != except).toList());
        for (CompletableFuture<Integer> answer : answers) {
            result = better(result, answer.join());
        }
        return result;
    }

    static Kill process(int pid, SignalInfo info, Sender sender) {
        return new Kill(Target.PROCESS, pid, info, sender);
    }
}
