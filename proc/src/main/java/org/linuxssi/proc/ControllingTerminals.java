package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Terminals;
import org.linuxssi.proc.ProcServices.Foreground;
import org.linuxssi.proc.ProcServices.TerminalOffer;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.stream.Export;
import org.linuxssi.stream.Leaving;
import org.linuxssi.stream.OwnTerminal;
import org.linuxssi.stream.StreamException;
import org.linuxssi.stream.StreamTicket;
import org.linuxssi.stream.Streams;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * The controlling terminals of sessions that are spread over nodes. Where the terminal is not, the leader's agent makes a
 * stand-in the controlling terminal of the session, so that all members that are cloned after that have it. The foreground
 * group is kept equal on all nodes by {@link TerminalKeeper}s.
 */
final class ControllingTerminals {

    private static final Logger LOG = System.getLogger(ControllingTerminals.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration FOLLOW_PATIENCE = Duration.ofSeconds(1);
    private static final int O_PATH = 0x200000;
    private static final int REDIRECTIONS = 3;

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Executor worker;
    private final Consumer<ProcServices.Terminal> signals;
    private final Map<Integer, SharedTerminal> shared = new ConcurrentHashMap<>();
    private volatile Optional<Streams> streams = Optional.empty();

    /**
     * Shares no terminal before {@link #relayBy}.
     *
     * @param worker does things one after the other
     * @param signals brings a signal of a terminal to its foreground group on the other nodes
     */
    ControllingTerminals(
            Container container,
            Rpc rpc,
            PidDirectory directory,
            Executor worker,
            Consumer<ProcServices.Terminal> signals) {
        this.container = container;
        this.rpc = rpc;
        this.directory = directory;
        this.worker = worker;
        this.signals = signals;
    }

    List<Registration> serve() {
        return List.of(
                rpc.serve(ProcServices.SESSION_TERMINAL, this::offer),
                rpc.serve(ProcServices.SET_FOREGROUND, this::setByOther),
                rpc.serve(ProcServices.FOREGROUND, (from, change) -> follow(change)),
                rpc.serve(ProcServices.LEAVE_TERMINAL, this::left));
    }

    /** Lets terminals be used from other nodes. */
    void relayBy(Streams relays) {
        streams = Optional.of(relays);
        relays.foreground(this::mayRead);
    }

    boolean active() {
        return streams.isPresent();
    }

    boolean isEmpty() {
        return shared.isEmpty();
    }

    boolean hasStandIns() {
        return shared.values().stream().anyMatch(terminal -> !terminal.originalHere());
    }

    /** Returns the stand-in with a device number, or that {@code /dev/tty} means for a thread. */
    Optional<SharedTerminal> standIn(long device, int hostThread) {
        long wanted = device == CallerTerminal.DEV_TTY
                ? ProcFiles.stat(hostThread).field(CallerTerminal.TERMINAL_FIELD)
                : device;
        return shared.values().stream()
                .filter(terminal -> !terminal.originalHere() && terminal.device() == wanted)
                .findFirst();
    }

    Optional<SharedTerminal> of(int session) {
        return Optional.ofNullable(shared.get(session));
    }

    /** Returns the pids of keepers, which stand for no process. */
    Set<Integer> keepers() {
        return shared.values().stream()
                .flatMap(terminal -> terminal.keeper().stream())
                .map(keeper -> keeper.agent().pid())
                .collect(Collectors.toSet());
    }

    /** Returns an agent by which members of a session can be made that have its terminal. */
    Optional<Agent> member(int session) {
        return of(session).flatMap(SharedTerminal::keeper).map(TerminalKeeper::agent);
    }

    /** Tells whether the leader of the session has to stay, as the terminal of this node would hang up without it. */
    boolean needs(int session) {
        return of(session).filter(SharedTerminal::originalHere).isPresent();
    }

    private boolean mayRead(long device, int session, int group) {
        SharedTerminal terminal = shared.get(session);
        return terminal == null || terminal.device() != device || terminal.foreground() == group;
    }

    // ---- where the terminal is

    private TerminalOffer offer(NodeId from, int session) {
        Optional<SharedTerminal> known = of(session);
        if (known.filter(terminal -> !terminal.originalHere()).isPresent()) {
            return TerminalOffer.at(known.get().original());
        }
        Optional<Streams> relays = streams;
        Optional<Integer> leader = container.numbers().toHost(session);
        Optional<String> path = leader.flatMap(OwnTerminal::path);
        if (path.isEmpty() || relays.isEmpty()) {
            return TerminalOffer.NONE;
        }
        SharedTerminal terminal = known.orElseGet(() -> share(session, leader.get(), path.get()));
        terminal.use(from);
        Leaving leaving = new Leaving(open(leader.get(), terminal.device(), path.get()));
        try (Export export = relays.get().prepareExport(from, List.of(leaving), PATIENCE)) {
            byte[] ticket = StreamTicket.CODEC.toBytes(export.tickets().getFirst());
            export.commit();
            return new TerminalOffer(Optional.of(rpc.self()), ticket, terminal.state());
        }
    }

    private SharedTerminal share(int session, int leader, String path) {
        return shared.computeIfAbsent(session, _ -> {
            int descriptor = Descriptors.open(path, O_PATH);
            long device = ProcFilesStat.known(path).map(ProcFilesStat::special).orElse(0L);
            SharedTerminal terminal = new SharedTerminal(session, rpc.self(), true, device, descriptor);
            terminal.changed(foregroundNow(session, leader));
            endWith(leader, terminal);
            return terminal;
        });
    }

    /** The file that programs have open, so that they get it back when they come home. */
    private static int open(int pid, long device, String path) {
        try {
            for (int descriptor : ProcFiles.descriptors(pid)) {
                boolean same = ProcFilesStat.known("/proc/" + pid + "/fd/" + descriptor)
                        .filter(status -> status.special() == device)
                        .isPresent();
                if (same) {
                    return Descriptors.fromProcess(pid, descriptor);
                }
            }
        } catch (ErrnoException gone) {
            LOG.log(Level.DEBUG, "descriptors of {0}: {1}", pid, gone.getMessage());
        }
        return Descriptors.open(path, Descriptors.O_RDWR | Descriptors.O_NOCTTY);
    }

    /** Returns the foreground group as the cluster numbers it; 0 when none of its members is here. */
    private int foregroundNow(int session, int leader) {
        long hostGroup = ProcFiles.stat(leader).field(CallerTerminal.FOREGROUND_FIELD);
        return Member.all(container).stream()
                .filter(member -> member.numbers().session() == session)
                .filter(member -> hostGroup(member) == hostGroup)
                .map(member -> member.numbers().group())
                .findFirst()
                .orElse(0);
    }

    private static long hostGroup(Member member) {
        try {
            return ProcFiles.stat(member.hostPid()).field(CallerTerminal.GROUP_FIELD);
        } catch (ErrnoException gone) {
            return 0;
        }
    }

    /** A process of this node has left; its agent serves to make the keeper when the session has none yet. */
    void departed(Agent agent) {
        try {
            Member.of(container.numbers(), agent.hostPid())
                    .filter(member -> member.numbers().terminal())
                    .flatMap(member -> of(member.numbers().session()))
                    .filter(terminal -> terminal.keeper().isEmpty())
                    .ifPresent(terminal -> terminal.keeper(keeper(terminal, agent)));
        } catch (ErrnoException problem) {
            LOG.log(
                    Level.WARNING,
                    "keys of interruption will miss process {0}, which left its terminal here: {1}",
                    agent.pid(),
                    problem.getMessage());
        }
    }

    private TerminalKeeper keeper(SharedTerminal terminal, Agent agent) {
        return TerminalKeeper.make(container, agent, info -> worker.execute(() -> heard(terminal, info)));
    }

    /** Signals of the original are for the foreground group wherever it is; a stand-in makes none that others lack. */
    private void heard(SharedTerminal terminal, SignalInfo info) {
        if (!terminal.originalHere() || info.code() != Signals.SI_KERNEL) {
            return;
        }
        switch (info.number()) {
            case Signals.SIGINT, Signals.SIGQUIT, Signals.SIGTSTP ->
                signals.accept(new ProcServices.Terminal(terminal.foreground(), info.number()));
            case Signals.SIGWINCH -> streams.ifPresent(Streams::terminalsChanged);
            default -> LOG.log(Level.DEBUG, "signal {0} of terminal {1}", info.number(), terminal.device());
        }
    }

    /** Tells whether a signal that the kernel sent to a proxy of the session comes to the other nodes without it. */
    boolean delivers(int session, int signal) {
        return switch (signal) {
            case Signals.SIGINT, Signals.SIGQUIT, Signals.SIGTSTP, Signals.SIGWINCH, Signals.SIGHUP, Signals.SIGCONT ->
                of(session).flatMap(SharedTerminal::keeper).isPresent();
            default -> false;
        };
    }

    private Codec.Nothing left(NodeId from, int session) {
        of(session).filter(SharedTerminal::originalHere).ifPresent(terminal -> {
            if (terminal.leave(from)) {
                terminal.show();
                drop(terminal);
            }
        });
        return Codec.Nothing.NOTHING;
    }

    void nodeLost(NodeId node) {
        shared.values().stream()
                .filter(SharedTerminal::originalHere)
                .forEach(terminal -> worker.execute(() -> left(node, terminal.session())));
    }

    // ---- where the session comes to

    /**
     * Gives the session that an agent leads its terminal, if it has one; before other members of the session are made.
     *
     * @throws ErrnoException EAGAIN and others when it has one that cannot be had here
     */
    void establish(Agent leader) {
        Optional<Streams> relays = streams;
        if (relays.isEmpty()) {
            return;
        }
        int session = leader.pid();
        TerminalOffer offer = ask(session);
        if (offer.original().isEmpty()) {
            return;
        }
        NodeId original = offer.original().get();
        try {
            int descriptor = relays.get().importTicket(StreamTicket.CODEC.fromBytes(offer.ticket()));
            SharedTerminal terminal = standIn(session, original, descriptor);
            try (Unstopped _ = Unstopped.of(leader.hostPid())) {
                take(leader, descriptor);
                terminal.keeper(keeper(terminal, leader));
            } catch (ErrnoException problem) {
                terminal.close();
                throw problem;
            }
            Optional.ofNullable(shared.put(session, terminal)).ifPresent(SharedTerminal::close);
            endWith(leader.hostPid(), terminal);
            terminal.follow(offer.foreground());
        } catch (StreamException problem) {
            rpc.send(original, ProcServices.LEAVE_TERMINAL, session);
            throw new ErrnoException("get the terminal of session " + session + ": " + problem, Errno.EAGAIN);
        } catch (ErrnoException problem) {
            rpc.send(original, ProcServices.LEAVE_TERMINAL, session);
            throw problem;
        }
    }

    /** The daemon keeps the stand-in open for writing only: it is none of those who may want to read. */
    private static SharedTerminal standIn(int session, NodeId original, int descriptor) {
        int kept = Descriptors.reopen(descriptor, Descriptors.O_WRONLY | Descriptors.O_NOCTTY | Descriptors.O_NONBLOCK);
        return new SharedTerminal(session, original, false, Terminals.device(kept), kept);
    }

    private static void take(Agent leader, int descriptor) {
        try {
            LeaderCalls.take(leader, descriptor);
        } finally {
            Descriptors.close(descriptor);
        }
    }

    private TerminalOffer ask(int session) {
        try {
            NodeId node = directory.where(session);
            for (int i = 0; i < REDIRECTIONS && !node.equals(rpc.self()); i++) {
                TerminalOffer offer = rpc.call(node, ProcServices.SESSION_TERMINAL, session, PATIENCE);
                if (offer.original().isEmpty() || offer.original().get().equals(node)) {
                    return offer;
                }
                node = offer.original().get();
            }
        } catch (RpcException lost) {
            throw new ErrnoException(
                    "ask for the terminal of session " + session + ": " + lost.getMessage(), Errno.EAGAIN);
        }
        throw new ErrnoException(
                "find the terminal of session " + session + ", which is said to be on this node", Errno.EAGAIN);
    }

    /** The terminal goes with the leader of its session. */
    private void endWith(int leader, SharedTerminal terminal) {
        PidFd process = PidFd.open(leader);
        container.poller().watch(process.descriptor(), () -> {
            process.close();
            worker.execute(() -> drop(terminal));
        });
    }

    private void drop(SharedTerminal terminal) {
        if (shared.remove(terminal.session(), terminal)) {
            terminal.close();
            if (!terminal.originalHere()) {
                rpc.send(terminal.original(), ProcServices.LEAVE_TERMINAL, terminal.session());
            }
        }
    }

    /** The agent of a leader is about to go though its process lives on: the stand-in is not to hang up. */
    void release(Agent leader) {
        SharedTerminal terminal = shared.get(leader.pid());
        if (terminal == null || terminal.originalHere() || !shared.remove(leader.pid(), terminal)) {
            return;
        }
        try (Unstopped _ = Unstopped.of(leader.hostPid())) {
            terminal.detach(leader);
        } catch (ErrnoException gone) {
            terminal.close();
            LOG.log(Level.DEBUG, "the terminal of session {0}: {1}", leader.pid(), gone.getMessage());
        }
        rpc.send(terminal.original(), ProcServices.LEAVE_TERMINAL, terminal.session());
    }

    /** Members of a session have come or gone: its foreground group may be on this node now. */
    void refresh(int session) {
        of(session).ifPresent(SharedTerminal::show);
    }

    // ---- the foreground group

    /**
     * Changes the foreground group of a terminal on all nodes, as a program of this node wants.
     *
     * @return false when the kernel is to tell what is wrong
     */
    boolean change(SharedTerminal terminal, int group) {
        if (terminal.originalHere()) {
            boolean set = terminal.set(group);
            if (set || terminal.keeper().isEmpty()) {
                tell(terminal, terminal.changed(group), terminal.users());
            }
            return set;
        }
        if (!terminal.set(group)) {
            return false;
        }
        try {
            Foreground wanted = new Foreground(terminal.session(), group, 0);
            terminal.follow(rpc.call(terminal.original(), ProcServices.SET_FOREGROUND, wanted, PATIENCE));
        } catch (RpcException lost) {
            LOG.log(Level.DEBUG, "node {0} has the terminal: {1}", terminal.original(), lost.getMessage());
        }
        return true;
    }

    private Foreground setByOther(NodeId from, Foreground wanted) {
        SharedTerminal terminal = of(wanted.session())
                .filter(SharedTerminal::originalHere)
                .orElseThrow(() -> new ErrnoException("find the terminal of " + wanted.session(), Errno.ENOTTY));
        Foreground change = terminal.changed(wanted.group());
        terminal.show();
        tell(terminal, change, terminal.users().minus(from));
        return change;
    }

    /** Waits for the other nodes: a job that is continued next must find itself in the foreground. */
    private void tell(SharedTerminal terminal, Foreground change, NodeSet users) {
        streams.ifPresent(Streams::terminalsChanged);
        rpc.ask(users, ProcServices.FOREGROUND, change, FOLLOW_PATIENCE).forEach((node, done) -> {
            try {
                done.join();
            } catch (CompletionException | RpcException late) {
                LOG.log(Level.DEBUG, "node {0} does not follow terminal {1}: {2}", node, terminal.device(), late);
            }
        });
    }

    private Codec.Nothing follow(Foreground change) {
        of(change.session()).ifPresent(terminal -> terminal.follow(change));
        return Codec.Nothing.NOTHING;
    }
}
