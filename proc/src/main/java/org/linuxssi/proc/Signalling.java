package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
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
    private static final int NOBODY = -Errno.ESRCH.number();

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Supplier<NodeSet> online;
    private final Proxies proxies;
    private final LocalProcesses locals;
    private final IntFunction<Optional<NodeId>> origins;
    private final Delivery delivery;
    private final KillCalls calls;
    private final ControllingTerminals terminals;
    private final Map<Terminal, Long> bursts = new ConcurrentHashMap<>();

    /**
     * Brings signals to and from the processes of a container.
     *
     * @param online the nodes of the cluster, this one included
     * @param origins returns the node from which a process is on its way here: until it runs here, it is there
     */
    Signalling(
            Container container,
            Rpc rpc,
            PidDirectory directory,
            Supplier<NodeSet> online,
            Proxies proxies,
            LocalProcesses locals,
            IntFunction<Optional<NodeId>> origins,
            Executor inOrder) {
        terminals = new ControllingTerminals(container, rpc, directory, inOrder, this::tellOthers);
        this.container = container;
        this.rpc = rpc;
        this.directory = directory;
        this.online = online;
        this.proxies = proxies;
        this.locals = locals;
        this.origins = origins;
        delivery = new Delivery(container, proxies);
        calls = new KillCalls(container, this, proxies, rpc.time());
    }

    List<Registration> serve(Executor inOrder) {
        Supervisor supervisor = container.supervisor();
        List<Registration> all = new ArrayList<>(terminals.serve());
        all.addAll(new CallerTerminal(container, terminals).serve());
        all.addAll(List.of(
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
                supervisor.handle(Nr.TKILL, calls::threadKill),
                supervisor.handle(Nr.TGKILL, calls::processThreadKill),
                supervisor.handle(Nr.RT_SIGQUEUEINFO, calls::queue),
                supervisor.handle(Nr.RT_TGSIGQUEUEINFO, calls::threadQueue)));
        return all;
    }

    KillCalls calls() {
        return calls;
    }

    ControllingTerminals terminals() {
        return terminals;
    }

    /** Tells whether a process only keeps a terminal, which makes it a member of the foreground group. */
    boolean isKeeper(Member member) {
        return terminals.keepers().contains(member.pid());
    }

    private void tellOthers(Terminal signal) {
        rpc.send(others(), ProcServices.TERMINAL, signal);
    }

    NodeSet others() {
        return online.get().minus(rpc.self());
    }

    Optional<NodeId> elsewhere(int pid) {
        if (others().isEmpty() || !PidRange.possible(pid)) {
            return Optional.empty();
        }
        Optional<NodeId> origin = origins.apply(pid);
        if (origin.isPresent()) {
            return origin;
        }
        NodeId node = directory.where(pid);
        return node.equals(rpc.self()) || !online.get().contains(node) ? Optional.empty() : Optional.of(node);
    }

    /** Tells whether a process group may have members on other nodes. */
    boolean spread(List<Member> members) {
        return members.stream()
                .anyMatch(member ->
                        proxies.contains(member.pid()) || locals.contains(member.pid()) || arriving(member.pid()));
    }

    /** Tells whether a process is on its way here and not yet here: no signal is for what is being built. */
    boolean arriving(int pid) {
        return origins.apply(pid).isPresent();
    }

    /** A signal hit a proxy: one of a terminal is for the whole group, once; others are for the process. */
    void hit(Proxy proxy, SignalInfo info) {
        if (info.code() != Signals.SI_KERNEL) {
            forward(proxy.pid(), info, 0);
            return;
        }
        if (proxy.inherited(info.number())) {
            forward(proxy.pid(), info, 0);
            return;
        }
        Member.of(container.numbers(), proxy.agent().hostPid()).ifPresent(member -> {
            if (terminals.delivers(member.numbers().session(), info.number())) {
                return;
            }
            Terminal signal = new Terminal(member.numbers().group(), info.number());
            long now = rpc.time().nanos();
            Long last = bursts.put(signal, now);
            if (last == null || now - last > BURST.toNanos()) {
                tellOthers(signal);
            }
        });
    }

    private void fromTerminal(Terminal signal) {
        realsOf(signal.group()).forEach(member -> Signals.kill(member.hostPid(), signal.signal()));
    }

    /** Sends a signal on to where its process is. */
    void forward(int pid, SignalInfo info, int hops) {
        elsewhere(pid)
                .ifPresentOrElse(
                        node -> rpc.send(node, ProcServices.SIGNAL, new Forwarded(pid, info, hops)),
                        () -> LOG.log(Level.DEBUG, "signal {0} for {1} is for nobody", info.number(), pid));
    }

    /** The proxy of a process was killed, which means the process. */
    void forwardKill(int pid) {
        forward(pid, Signals.SIGKILL);
    }

    /** A process was stopped while it left. */
    void forwardStop(int pid) {
        forward(pid, Signals.SIGSTOP);
    }

    private void forward(int pid, int signal) {
        forward(pid, new SignalInfo(signal, Signals.SI_USER, 0, 0, 0), 0);
    }

    private void deliver(Forwarded signal) {
        Optional<Member> member = real(signal.pid());
        if (member.isPresent()) {
            Futures.unattended(
                    signal.info().code() == Signals.SI_TKILL
                            ? delivery.toThread(member.get(), signal.pid(), signal.info())
                            : delivery.toProcess(member.get(), signal.info()));
        } else if (signal.hops() < MAX_HOPS) {
            forward(signal.pid(), signal.info(), signal.hops() + 1);
        }
    }

    /** Sends a signal to a process of this node and waits for nothing. */
    void send(Member member, SignalInfo info) {
        Futures.unattended(delivery.toProcess(member, info));
    }

    /** Tells whether an agent has this pid at the moment, to send a signal. */
    boolean acts(int pid) {
        return delivery.acts(pid);
    }

    private Optional<Member> real(int pid) {
        return container
                .numbers()
                .toHost(pid)
                .filter(hostPid -> !container.supervisor().isAgent(hostPid) && hostPid != container.initPid())
                .filter(_ -> !arriving(pid))
                .flatMap(hostPid -> Member.of(container.numbers(), hostPid));
    }

    private List<Member> reals() {
        return Member.all(container).stream().filter(this::isReal).toList();
    }

    private List<Member> realsOf(int group) {
        return Member.ofGroup(container, group).stream().filter(this::isReal).toList();
    }

    private boolean isReal(Member member) {
        return !container.supervisor().isAgent(member.hostPid()) && !arriving(member.pid());
    }

    /** Tells whether a process is here besides this one. */
    boolean hasOthersThan(int pid) {
        return container.processes().stream()
                .filter(hostPid -> !container.supervisor().isAgent(hostPid))
                .anyMatch(hostPid -> container
                        .numbers()
                        .fromHost(hostPid)
                        .filter(it -> it != pid)
                        .isPresent());
    }

    /** Carries out a kill for what of its target is on this node; 0 or a negated error number. */
    int here(Kill kill) {
        return switch (kill.target()) {
            case PROCESS ->
                real(kill.id()).map(member -> one(member, kill).join()).orElseGet(() -> passOn(kill));
            case THREAD -> thread(kill).map(member -> one(member, kill).join()).orElseGet(() -> passOn(kill));
            case GROUP, ALL -> several(kill, targets(kill));
        };
    }

    private Optional<Member> thread(Kill kill) {
        return real(kill.id())
                .filter(member -> kill.process() == 0 || processOf(member) == kill.process())
                .filter(member -> !arriving(processOf(member)));
    }

    private int processOf(Member thread) {
        String leader = ProcFiles.status(Integer.toString(thread.hostPid())).getOrDefault("Tgid", "0");
        return container.numbers().fromHost(Integer.parseInt(leader)).orElse(0);
    }

    private List<Member> targets(Kill kill) {
        if (kill.target() == Target.GROUP) {
            return realsOf(kill.id());
        }
        return reals().stream()
                .filter(member -> member.pid() != kill.sender().pid())
                .toList();
    }

    /** Carries out a kill of one process, wherever it is. */
    int anywhere(Kill kill) {
        return arriving(kill.id())
                ? passOn(kill)
                : elsewhere(kill.id()).map(node -> ask(node, kill).join()).orElseGet(() -> here(kill));
    }

    /**
     * Carries out a kill of a process or thread that is not here. What the directory does not know, as threads and
     * zombies, may be on any node.
     */
    int away(Kill kill) {
        if (arriving(kill.address())) {
            return passOn(kill);
        }
        Optional<NodeId> node = elsewhere(kill.address());
        int result = node.map(there -> ask(there, kill).join()).orElseGet(() -> here(kill.here()));
        if (node.isEmpty() || result != NOBODY || kill.process() != 0) {
            return result;
        }
        List<CompletableFuture<Integer>> answers = others().minus(node.get()).stream()
                .map(other -> ask(other, kill.here()))
                .toList();
        return answers.stream().mapToInt(CompletableFuture::join).reduce(NOBODY, Signalling::better);
    }

    /** The process may have moved on since the sender looked, or come here since it was looked for where it came from. */
    private int passOn(Kill kill) {
        if (kill.onlyHere()) {
            return NOBODY;
        }
        Optional<NodeId> origin = origins.apply(kill.address());
        if (origin.isEmpty()) {
            return elsewhere(kill.address()).map(node -> ask(node, kill).join()).orElse(NOBODY);
        }
        int result = ask(origin.get(), kill.here()).join();
        return result == NOBODY && !arriving(kill.address()) ? here(kill.here()) : result;
    }

    private CompletableFuture<Integer> one(Member member, Kill kill) {
        int signal = kill.info().number();
        if (signal < 0 || signal > Signals.LAST) {
            return CompletableFuture.completedFuture(-Errno.EINVAL.number());
        }
        if (!kill.sender().maySignal(member, signal)) {
            return CompletableFuture.completedFuture(-Errno.EPERM.number());
        }
        if (signal == 0) {
            return CompletableFuture.completedFuture(0);
        }
        return kill.target() == Target.THREAD
                ? delivery.toThread(member, processOf(member), kill.info())
                : delivery.toProcess(member, kill.info());
    }

    private int several(Kill kill, List<Member> members) {
        List<CompletableFuture<Integer>> results =
                members.stream().map(member -> one(member, kill)).toList();
        return results.stream()
                .mapToInt(CompletableFuture::join)
                .map(result -> ofAll(kill, result))
                .reduce(NOBODY, Signalling::better);
    }

    /** Those that the sender has no right to signal are not meant by "all", and make no error. */
    private static int ofAll(Kill kill, int result) {
        return kill.target() == Target.ALL && result == -Errno.EPERM.number() ? 0 : result;
    }

    /** One success makes the whole call succeed; any other error is more than no process. */
    static int better(int one, int other) {
        if (one == 0 || other == 0) {
            return 0;
        }
        return one == NOBODY ? other : one;
    }

    /** Asks a node to carry out a kill; a node that does not answer has no such process. */
    CompletableFuture<Integer> ask(NodeId node, Kill kill) {
        return rpc.ask(node, ProcServices.KILL, kill, DEADLINE).exceptionally(lost -> NOBODY);
    }

    /** Sends a signal of a user from outside of the container to a process, or to a group by its negated number. */
    int fromOutside(int target, int signal, int uid) {
        SignalInfo info = new SignalInfo(signal, Signals.SI_USER, 0, uid, 0);
        Sender sender = Sender.outside(uid);
        if (target == 0 || target == -1 || target == Integer.MIN_VALUE) {
            return -Errno.EINVAL.number();
        }
        return target < 0
                ? everywhere(Kill.group(-target, info, sender))
                : anywhere(Kill.process(target, info, sender));
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
}
