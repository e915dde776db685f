package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.proc.ProcServices.Changed;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.stream.Streams;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * The processes of a node in the cluster: which of them have relatives or a home elsewhere, and the proxies that stand for
 * those elsewhere. {@code docs/architecture/processes.md} tells the rules.
 *
 * <p>Lock order: {@code lock} is taken first and may be held while agents work and messages are asked for; nothing that
 * receives notifications or messages in line takes it.
 */
public final class ProcessTable implements AutoCloseable {

    private static final Logger LOG = System.getLogger(ProcessTable.class.getName());
    private static final int INIT = 1;

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Proxies proxies;
    private final LocalProcesses locals;
    private final ProxyFactory factory;
    private final Signalling signalling;
    private final Relatives relatives;
    private final Arrivals arrivals;
    private final OrderedWork worker = new OrderedWork("process-table");
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Registration> registrations = new ArrayList<>();
    private final Map<Integer, CompletableFuture<Agent>> departures = new ConcurrentHashMap<>();
    private final Abandoned abandoned;
    private final Set<Integer> votedOut = ConcurrentHashMap.newKeySet();
    private final Tidings tidings;
    private final PidFds descriptors;
    private final Tidying tidying;
    private final Foreigners foreigners;
    private final Histories histories;
    private final AffinityCalls affinity;
    private final LastWords lastWords = new LastWords();
    private volatile boolean closed;

    /**
     * Starts to represent the processes of a container to the other nodes, and theirs to it.
     *
     * @param online the nodes of the cluster, this one included
     */
    public ProcessTable(Container container, Rpc rpc, PidDirectory directory, Supplier<NodeSet> online) {
        this.container = container;
        this.rpc = rpc;
        this.directory = directory;
        proxies = new Proxies(container, new ProxyEvents());
        locals = new LocalProcesses(container, rpc.time(), this::localEnded);
        signalling = new Signalling(container, rpc, directory, online, proxies, locals, this::origin, worker::add);
        relatives = new Relatives(this, rpc, directory);
        factory = new ProxyFactory(container, this::agentOf, relatives::leader, this::awaitFree, terminals());
        arrivals = new Arrivals(container, this);
        abandoned = new Abandoned(rpc, directory, proxies, this::runsHere);
        histories = new Histories(container.directory(), Histories::bootMillis);
        tidings = new Tidings(container, rpc, directory, proxies, locals, worker::add, online);
        descriptors = new PidFds(container, rpc.time());
        tidying = new Tidying(container, rpc.time(), proxies, descriptors, tidings, terminals(), this::tidyAgain);
        RemoteCalls remote = new RemoteCalls(container, rpc, directory, proxies, locals, online);
        registrations.add(
                rpc.serve(ProcServices.CHANGED, (from, changed) -> worker.add(() -> tidings.changed(from, changed))));
        registrations.add(rpc.serve(ProcServices.HELD, (from, held) -> worker.add(() -> tidings.held(held))));
        registrations.add(
                rpc.serve(ProcServices.ANNOUNCE, (from, nothing) -> worker.add(() -> tidings.announce(from))));
        foreigners = new Foreigners(this, rpc, directory, locals, departures.keySet());
        registrations.add(foreigners.serve());
        registrations.add(rpc.onConnection(tidings::connection));
        registrations.add(rpc.serve(ProcServices.DESCRIBE, (from, pid) -> Member.describe(container, pid)));
        registrations.addAll(signalling.serve(worker::add));
        affinity = remote.affinity();
        registrations.addAll(remote.serve());
        registrations.addAll(new PidFdCalls(container, this, descriptors, signalling.calls()).serve());
        registrations.add(SeccompMode.serve(container.supervisor()));
        registrations.add(container.onChange(this::childChanged));
        container.supervisor().onStray(this::adopt);
        rpc.connected().forEach(peer -> tidings.connection(peer, true));
    }

    /**
     * Sets what has to complete before the end of a process of this node is told to others: what it wrote has arrived
     * there.
     */
    public void beforeEndIsTold(Supplier<CompletableFuture<Void>> work) {
        lastWords.are(work);
    }

    /** Lets sessions keep their controlling terminals on all nodes; before, those that move lose them. */
    public void relayTerminals(Streams streams) {
        terminals().relayBy(streams);
    }

    ControllingTerminals terminals() {
        return signalling.terminals();
    }

    /** Returns the node where a process is now, alive or not; this node for what is no number of a process. */
    public NodeId where(int pid) {
        return PidRange.possible(pid) ? directory.where(pid) : rpc.self();
    }

    /** Returns the processes that are here, parents before children; no proxies, no zombies. */
    public List<Integer> here() {
        return Member.parentsFirst(living().toList());
    }

    /** Returns the numbers of the processes that are here; no proxies, no zombies. */
    public List<Relations.Numbers> numbers() {
        return living().map(Member::numbers).toList();
    }

    private Stream<Member> living() {
        return reals().stream().filter(member -> !member.zombie());
    }

    /**
     * Sends a signal to a process wherever it is, or to a group by its negated number; 0 only asks.
     *
     * @param uid whose request it is
     * @throws ErrnoException ESRCH, EPERM, or EINVAL when it is for nobody in particular
     */
    public void signal(int pid, int signal, int uid) {
        int result = signalling.fromOutside(pid, signal, uid);
        if (result != 0) {
            String target = pid < 0 ? "group " + -pid : "process " + pid;
            throw new ErrnoException("signal " + signal + " to " + target, Errno.of(-result));
        }
    }

    /**
     * Returns the host pid of a process that is here.
     *
     * @throws ErrnoException ESRCH when it is not, or only its proxy is
     */
    public int hostPid(int pid) {
        return container
                .numbers()
                .toHost(pid)
                .filter(hostPid -> !container.supervisor().isAgent(hostPid) && hostPid != container.initPid())
                .orElseThrow(() -> new ErrnoException("find process " + pid + " on this node", Errno.ESRCH));
    }

    /** Returns the real user of a process that is here. */
    public int owner(int pid) {
        return member(pid).numbers().uid();
    }

    /**
     * Returns the pids that proxies on this node stand for, those of processes that are on their way here, and those of
     * keepers of terminals; programs must not see them as processes of this node.
     */
    public List<Integer> proxies() {
        Stream<Integer> others = Stream.concat(arrivals.pids().stream(), terminals().keepers().stream());
        return Stream.concat(proxies.all().stream().map(Proxy::pid), others)
                .sorted()
                .distinct()
                .toList();
    }

    /** Tells whether {@link #proxies} has a pid. */
    public boolean isProxy(int pid) {
        boolean agent = arrivals.pids().contains(pid) || terminals().keepers().contains(pid) || signalling.acts(pid);
        return agent || proxies.get(pid).isPresent();
    }

    /**
     * Returns who a process of this node is related to.
     *
     * @throws ErrnoException ESRCH when it is not here
     */
    public Relations relations(int pid) {
        Member self = member(pid);
        List<Relations.Child> children = Member.children(container, hostPid(pid)).stream()
                .sorted(Comparator.comparingInt(Member::hostPid))
                .map(member -> new Relations.Child(
                        member.numbers(), member.zombie() ? Optional.of(member.exitCode()) : Optional.empty()))
                .toList();
        return new Relations(self.numbers(), locals.holders(pid), children);
    }

    /**
     * Makes sure that an agent with this pid exists here, with proxies of its relatives around it; it is parked and no
     * longer ours, so that a tracer can fill it.
     *
     * @return its host pid
     * @throws ErrnoException EEXIST when the number is in use here, and others
     */
    public int prepare(Relations relations, NodeId from) {
        return locked(() -> arrivals.prepare(relations, from));
    }

    /** Returns the descriptor by which a prepared agent, given by its host pid, can take descriptors of this daemon; or -1. */
    public int doorway(int hostPid) {
        return locked(() -> arrivals.doorwayOf(hostPid));
    }

    /** Brings what {@link #prepare} did up to date, before the process runs. */
    public void adjust(Relations relations) {
        locked(() -> arrivals.adjust(relations));
    }

    /** Returns the node from which a process is on its way here. */
    private Optional<NodeId> origin(int pid) {
        return arrivals.origin(pid);
    }

    /** Takes {@link #prepare} back; the tracer has let the agent go, or made the process execute the agent's file. */
    public void abandon(int pid) {
        locked(() -> {
            arrivals.abandon(pid);
            tidy();
            return pid;
        });
    }

    /** Records for the whole cluster where a process is. */
    public void moved(int pid, NodeId to) {
        abandoned.lives(pid);
        foreigners.moved(pid, to);
    }

    /** Makes a proxy of a process elsewhere: its number is not handed out here. Nobody knows the parent of one that is built. */
    void reserve(Relations.Numbers numbers) {
        locked(() -> {
            if (!isHere(numbers.pid()) && agentOf(numbers.pid()).isEmpty()) {
                if (!tidings.expects(numbers.pid())) {
                    relatives.ensureParent(numbers);
                }
                hold(factory.make(numbers));
            }
            return numbers;
        });
    }

    /** Returns what the next node's kernel does not know of a process of this node; ESRCH when it is not here. */
    public History history(int pid) {
        return histories.of(pid, hostPid(pid)).with(affinity.bound(hostPid(pid)));
    }

    /** Returns how the times of a process of this node differ from what its kernel tells, when it came from elsewhere. */
    public Optional<TimeShift> timeShift(int pid) {
        return histories.shift(pid);
    }

    /** The process is here and about to run; {@link #settled} comes after that. */
    public void arrived(int pid, NodeId from, History history) {
        locked(() -> {
            Arrivals.Prepared prepared = arrivals.arrived(pid);
            affinity.bind(prepared.hostPid(), history.bound());
            NodeSet holders = prepared.relations().holders().plus(from).minus(rpc.self());
            histories.put(pid, prepared.hostPid(), history);
            locals.add(pid, prepared.hostPid(), holders);
            terminals().refresh(prepared.relations().self().session());
            return pid;
        });
    }

    /** A process that arrived has been let go: writes down the past of those that came, and lets proxies go that it needed. */
    public void settled() {
        histories.save();
        locked(() -> {
            tidy();
            return INIT;
        });
    }

    /** The process is about to execute the agent's file, {@link Container#agentPath}, by a tracer. */
    public void departing(int pid, NodeId to) {
        int hostPid = hostPid(pid);
        realChildren(hostPid).forEach(child -> locals.add(child.pid(), child.hostPid(), NodeSet.of(to)));
        tidings.holdBack(pid);
        departures.put(pid, container.supervisor().expectConversion(hostPid));
    }

    /** None of them is reaped while their parent stands still: the node that has their proxies hears of each end. */
    private List<Member> realChildren(int hostPid) {
        return Member.children(container, hostPid).stream()
                .filter(member -> !container.supervisor().isAgent(member.hostPid()))
                .toList();
    }

    /** The process stays here after all; it ends when the others have given it up meanwhile. */
    public void stayed(int pid) {
        departures.remove(pid);
        tidings.discard(pid);
        boolean lost = votedOut.remove(pid);
        int hostPid = hostPid(pid);
        container.supervisor().cancelConversion(hostPid);
        if (lost) {
            Signals.kill(hostPid, Signals.SIGKILL);
        }
    }

    /**
     * The process has executed the agent's file; it becomes a proxy, or goes when nobody here needs one.
     *
     * @param stopped whether it was stopped when it was frozen: a stop that came later is passed on
     */
    public void departed(int pid, NodeId to, boolean stopped) {
        locked(() -> {
            CompletableFuture<Agent> conversion = departures.get(pid);
            if (conversion == null) {
                throw new IllegalStateException("process " + pid + " departed without notice");
            }
            tidings.passOn(pid, to, locals.remove(pid));
            histories.remove(pid);
            try {
                standIn(pid, conversion, stopped);
            } finally {
                tidings.release(pid);
            }
            tidy();
            return pid;
        });
    }

    /** From now on what has the pid here is known as a stand-in. */
    private void left(int pid, CompletableFuture<Agent> conversion) {
        departures.remove(pid, conversion);
        votedOut.remove(pid);
    }

    /** One that is slow to become a proxy is one later: the process runs elsewhere and must not suffer. */
    private void standIn(int pid, CompletableFuture<Agent> conversion, boolean wasStopped) {
        int hostPid = container
                .numbers()
                .toHost(pid)
                .orElseThrow(() -> new ErrnoException("make process " + pid + " its own proxy", Errno.ESRCH));
        try (Unstopped stand = Unstopped.of(hostPid, conversion)) {
            Proxy proxy = proxies.inherit(ProxyFactory.await(conversion.copy()));
            if (stand.stopped()) {
                proxy.stopsByItself();
                if (!wasStopped) {
                    worker.add(() -> signalling.forwardStop(pid));
                }
            }
            terminals().departed(proxy.agent());
            left(pid, conversion);
        } catch (ErrnoException slow) {
            if (slow.errno() == Errno.ESRCH) {
                throw slow;
            }
            LOG.log(Level.WARNING, "process {0} is no proxy yet: {1}", pid, slow.getMessage());
            Futures.unattended(conversion.thenAccept(agent -> worker.add(() -> {
                hold(agent);
                left(pid, conversion);
            })));
        }
    }

    /** What was left of the process here was killed before it became a proxy; the process is at its new node and dies too. */
    public void killedDeparting(int pid) {
        departures.remove(pid);
        votedOut.remove(pid);
        locals.remove(pid);
        histories.remove(pid);
        tidings.discard(pid);
        worker.add(() -> signalling.forwardKill(pid));
    }

    /** A node is lost, and all proxies there with it. */
    public void nodeLost(NodeId node) {
        locals.dropHolder(node);
        terminals().nodeLost(node);
        foreigners.enterAll();
    }

    /** Returns what is known of processes elsewhere that are lost. */
    public Abandoned abandoned() {
        return abandoned;
    }

    /** Returns the processes that are here and may run elsewhere soon, or already. */
    public Set<Integer> leaving() {
        return departures.keySet();
    }

    /** Kills processes that are here. */
    public void kill(Collection<Integer> pids) {
        reals().stream()
                .filter(member -> pids.contains(member.pid()))
                .forEach(member -> Signals.kill(member.hostPid(), Signals.SIGKILL));
    }

    /**
     * This node was voted out. The others have given up the processes that they knew to be here, so those end: all that came
     * from elsewhere, and all that have a proxy elsewhere. Of those that may run elsewhere already it must be known first.
     */
    public void votedOut() {
        for (Member member : reals()) {
            boolean shared = !locals.holders(member.pid()).isEmpty();
            if (shared || !PidRange.homeOf(member.pid()).equals(rpc.self())) {
                if (departures.containsKey(member.pid())) {
                    votedOut.add(member.pid());
                } else {
                    Signals.kill(member.hostPid(), Signals.SIGKILL);
                }
            }
        }
    }

    /**
     * This node is a member, for the first time or again: numbers of its own that are in use elsewhere are reserved, others
     * are free again, and the nodes of processes that it has proxies of are told.
     *
     * @param members the nodes of the cluster from now on
     */
    public void joined(NodeSet members) {
        foreigners.reserveAll(members);
        foreigners.dropEnded();
        worker.add(tidings::announce);
    }

    /** A node is a member again: what ended there, unnoticed, is entered there no longer. */
    public void nodeBack() {
        foreigners.dropEndedLater();
    }

    <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the agent of an arrival that is prepared. */
    Agent preparedAgent(int pid) {
        return locked(() -> arrivals.agent(pid));
    }

    Tidings tidings() {
        return tidings;
    }

    Arrivals arrivals() {
        return arrivals;
    }

    Proxies proxyMap() {
        return proxies;
    }

    Relatives relatives() {
        return relatives;
    }

    ProxyFactory factory() {
        return factory;
    }

    Optional<Agent> agentOf(int pid) {
        return proxies.get(pid).filter(proxy -> !proxy.dismissed()).map(Proxy::agent);
    }

    /** Waits until a number is free that an agent or a process on its way out has; returns false when it stays in use. */
    boolean awaitFree(int pid) {
        return Departed.awaitFree(container, proxies, pid);
    }

    /** Tells whether a process is here that is neither about to come nor to leave. */
    private boolean runsHere(int pid) {
        return isHere(pid) && !arrivals.pids().contains(pid) && !departures.containsKey(pid);
    }

    boolean isHere(int pid) {
        return real(pid).isPresent();
    }

    /** Returns the pid outside of a process that is here and no agent. */
    private Optional<Integer> real(int pid) {
        return container.numbers().toHost(pid).filter(hostPid -> !container
                .supervisor()
                .isAgent(hostPid));
    }

    /** Makes an agent a proxy of a process elsewhere and tells that node. */
    Proxy hold(Agent agent) {
        Proxy proxy = proxies.add(agent);
        tidings.tell(agent.pid(), true);
        return proxy;
    }

    private Member member(int pid) {
        return Member.of(container.numbers(), hostPid(pid))
                .orElseThrow(() -> new ErrnoException("read process " + pid, Errno.ESRCH));
    }

    List<Member> reals() {
        return Member.all(container).stream()
                .filter(member -> !container.supervisor().isAgent(member.hostPid()))
                .toList();
    }

    private void localEnded(int pid, WaitStatus status) {
        Futures.unattended(lastWords.said().handle((_, _) -> {
            tellEnd(pid, status);
            return pid;
        }));
    }

    private void tellEnd(int pid, WaitStatus status) {
        worker.add(() -> {
            tidings.ended(pid, status, locals.told(pid));
            histories.ended(pid, rpc.time(), container.numbers()::toHost);
            locked(() -> {
                tidy();
                return pid;
            });
        });
    }

    private void childChanged(int pid, WaitStatus status) {
        if (status.ended()) {
            locals.ended(pid, status);
        } else if (locals.contains(pid)) {
            rpc.send(locals.holders(pid), ProcServices.CHANGED, new Changed(pid, status.raw()));
        }
    }

    private final class ProxyEvents implements Proxies.Events {
        @Override
        public void signalled(Proxy proxy, SignalInfo info) {
            worker.add(() -> signalling.hit(proxy, info));
        }

        @Override
        public void childChanged(int pid, WaitStatus status) {
            ProcessTable.this.childChanged(pid, status);
        }

        @Override
        public void killed(int pid) {
            worker.add(() -> signalling.forwardKill(pid));
        }
    }

    private void adopt(Agent agent) {
        if (Proxy.marked(agent)) {
            descriptors.opened(agent.pid());
            worker.add(() -> hold(agent));
        } else {
            Futures.unattended(agent.call(Nr.EXIT_GROUP, 0));
        }
    }

    /** Lets proxies go that nobody here needs: no relative here, and not at home. */
    private void tidy() {
        if (!arrivals.pending()) {
            tidying.run();
        }
    }

    private void tidyAgain() {
        if (!closed) {
            worker.add(() -> locked(() -> {
                tidying.lookAgain(!arrivals.pending());
                return INIT;
            }));
        }
    }

    /** Stops representing; proxies stay as they are until the container ends. */
    @Override
    public void close() {
        closed = true;
        histories.close();
        tidings.close();
        registrations.forEach(Registration::close);
        worker.close();
    }
}
