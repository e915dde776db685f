package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.tools.NodeId;

/** Makes agents ready to be filled with processes that come from other nodes. Used under the table's lock. */
final class Arrivals {

    private static final Logger LOG = System.getLogger(Arrivals.class.getName());
    private static final int INIT = 1;

    /**
     * An agent that waits for a tracer.
     *
     * @param agent the agent, no longer supervised
     * @param proxyBefore whether it was a proxy before
     * @param from the node where the process still is; nothing when it is nowhere
     * @param relations of the process that will be it
     * @param doorway the agent's descriptor of this daemon's process
     * @param conversion completes when it has executed the agent's file again
     */
    record Prepared(
            Agent agent,
            boolean proxyBefore,
            Optional<NodeId> from,
            Relations relations,
            int doorway,
            CompletableFuture<Agent> conversion) {
        int hostPid() {
            return agent.hostPid();
        }
    }

    private final Container container;
    private final ProcessTable table;
    private final Map<Integer, Prepared> prepared = new ConcurrentHashMap<>();

    Arrivals(Container container, ProcessTable table) {
        this.container = container;
        this.table = table;
    }

    boolean pending() {
        return !prepared.isEmpty();
    }

    /** Returns the pids that are being made ready; may be asked at any time. */
    Set<Integer> pids() {
        return prepared.keySet();
    }

    /** Returns the node where a process that is being made ready still is; may be asked at any time. */
    Optional<NodeId> origin(int pid) {
        return Optional.ofNullable(prepared.get(pid)).flatMap(Prepared::from);
    }

    int prepare(Relations relations, NodeId from) {
        Relations.Numbers self = relations.self();
        if (prepared.containsKey(self.pid())) {
            throw new ErrnoException("prepare the arrival of " + self.pid() + ", which is on its way", Errno.EALREADY);
        }
        if (table.isHere(self.pid()) && !table.awaitFree(self.pid())) {
            throw new ErrnoException(
                    "prepare the arrival of " + self.pid() + " from node " + from,
                    ended(self.pid()) ? Errno.EAGAIN : Errno.EEXIST);
        }
        table.relatives().ensureParent(self);
        table.tidings().holdBack(self.pid());
        boolean ready = false;
        try {
            Prepared arrival = makeReady(relations, from);
            prepared.put(self.pid(), arrival);
            ready = true;
            return arrival.hostPid();
        } finally {
            if (!ready) {
                table.tidings().release(self.pid());
            }
        }
    }

    /** Its stand-in has ended and its parent did not take notice: the news that it ended elsewhere came first. */
    private boolean ended(int pid) {
        return Member.withPid(container.numbers(), pid).filter(Member::zombie).isPresent();
    }

    private Prepared makeReady(Relations relations, NodeId from) {
        Relations.Numbers self = relations.self();
        if (self.terminal() && self.session() != self.pid()) {
            table.agentOf(self.session()).ifPresent(this::giveTerminal);
        }
        Optional<Proxy> standing = table.proxyMap().get(self.pid());
        if (standing.isPresent() && !usable(standing.get(), self)) {
            replace(standing.get());
            standing = Optional.empty();
        }
        if (standing.isEmpty() && table.isHere(self.parent()) && self.parent() != INIT) {
            throw new ErrnoException(
                    "find the stand-in of " + self.pid() + " among its parent's children", Errno.EAGAIN);
        }
        if (standing.isEmpty()) {
            return makeReady(relations, from, standing);
        }
        try (Unstopped _ = Unstopped.of(standing.get().agent().hostPid())) {
            return makeReady(relations, from, standing);
        }
    }

    private Prepared makeReady(Relations relations, NodeId from, Optional<Proxy> standing) {
        Relations.Numbers self = relations.self();
        boolean before = standing.isPresent();
        Agent agent = standing.map(table.proxyMap()::take)
                .orElseGet(() -> table.factory().make(self));
        try {
            table.factory().elevate(agent);
            table.factory().home(agent);
            if (self.terminal()) {
                requireTerminal(agent, self);
            }
            children(agent, relations);
            table.terminals().refresh(self.session());
            return handOver(agent, before, Optional.of(from), relations);
        } catch (RuntimeException problem) {
            standAgain(agent, before, self);
            throw problem;
        }
    }

    /** The agent is a tracer's from now on. */
    private Prepared handOver(Agent agent, boolean before, Optional<NodeId> from, Relations relations) {
        int doorway = doorway(agent);
        agent.awaitRest();
        container.supervisor().forget(agent);
        CompletableFuture<Agent> conversion = container.supervisor().expectConversion(agent.hostPid());
        return new Prepared(agent, before, from, relations, doorway, conversion);
    }

    /** Makes an agent ready that stands among its relatives already. */
    int prepare(Agent agent, Relations relations) {
        int pid = relations.self().pid();
        table.factory().elevate(agent);
        table.tidings().holdBack(pid);
        boolean ready = false;
        try {
            prepared.put(pid, handOver(agent, false, Optional.empty(), relations));
            ready = true;
            return agent.hostPid();
        } finally {
            if (!ready) {
                table.tidings().release(pid);
            }
        }
    }

    private boolean hasTerminal(Agent agent) {
        return Member.of(container.numbers(), agent.hostPid())
                .filter(member -> member.numbers().terminal())
                .isPresent();
    }

    private void giveTerminal(Agent leader) {
        if (!hasTerminal(leader)) {
            table.terminals().establish(leader);
        }
    }

    /** A terminal is inherited from the leader's agent; only the leader itself can get it later. */
    private void requireTerminal(Agent agent, Relations.Numbers self) {
        if (self.session() == self.pid()) {
            giveTerminal(agent);
        }
        if (table.terminals().active() && !hasTerminal(agent)) {
            throw new ErrnoException("give " + self.pid() + " the terminal of its session here", Errno.EAGAIN);
        }
    }

    /** The process does not come: its agent is a proxy again, or goes. One that can't get its user stands without. */
    private Optional<Proxy> standAgain(Agent agent, boolean before, Relations.Numbers self) {
        if (before) {
            try {
                table.factory().become(agent, self);
            } catch (ErrnoException forbidden) {
                LOG.log(Level.WARNING, "the proxy of {0}: {1}", self.pid(), forbidden.getMessage());
            }
            return Optional.of(table.hold(agent));
        } else {
            table.terminals().release(agent);
            table.proxyMap().add(agent).dismiss();
            return Optional.empty();
        }
    }

    /** A tracer lets the agent take descriptors of ours through this. */
    private static int doorway(Agent agent) {
        try (PidFd daemon = PidFd.open((int) ProcessHandle.current().pid())) {
            return ProxyFactory.await(agent.install(daemon.descriptor(), true));
        }
    }

    /**
     * Tells whether a proxy can become the process; one whose relatives are others or that is about to end can't.
     *
     * @throws ErrnoException EAGAIN when it can't be made anew either, since somebody here would see it die
     */
    private boolean usable(Proxy proxy, Relations.Numbers self) {
        Optional<Relations.Numbers> now =
                Member.of(container.numbers(), proxy.agent().hostPid()).map(Member::numbers);
        boolean ends = now.isEmpty() || proxy.dismissed();
        boolean fits = !ends
                && now.filter(it -> it.parent() == self.parent()
                                && it.group() == self.group()
                                && it.session() == self.session())
                        .filter(it -> it.terminal() || !self.terminal() || self.session() == self.pid())
                        .isPresent();
        boolean watched = container.init().awaits(self.pid())
                || now.filter(it -> it.parent() != INIT && table.isHere(it.parent()))
                        .isPresent();
        if (!fits && watched) {
            throw new ErrnoException(
                    "take the stand-in " + (ends ? "that ends" : now.get()) + " for " + self, Errno.EAGAIN);
        }
        return fits && (watched || capable(proxy));
    }

    /** One that was a process with less rights could not be given those of the process. */
    private boolean capable(Proxy proxy) {
        return permitted(proxy.agent().hostPid()).equals(permitted(container.initPid()));
    }

    private static String permitted(int hostPid) {
        return ProcFiles.status(Integer.toString(hostPid)).getOrDefault("CapPrm", "");
    }

    /** The number must be free before it can be made again. */
    private void replace(Proxy proxy) {
        table.terminals().release(proxy.agent());
        proxy.dismiss();
        if (!table.awaitFree(proxy.pid())) {
            throw new ErrnoException("have the number " + proxy.pid() + ", which is taken still", Errno.EAGAIN);
        }
    }

    private void children(Agent agent, Relations relations) {
        for (Relations.Child child : relations.children()) {
            int pid = child.numbers().pid();
            Optional<Proxy> standing = table.proxyMap().get(pid);
            if (table.isHere(pid) || (standing.isPresent() && isChild(standing.get(), agent))) {
                continue;
            }
            standing.ifPresent(this::replace);
            child(agent, child);
        }
    }

    private boolean isChild(Proxy proxy, Agent parent) {
        return Member.of(container.numbers(), proxy.agent().hostPid())
                .filter(member -> member.numbers().parent() == parent.pid())
                .isPresent();
    }

    private void child(Agent agent, Relations.Child child) {
        Agent made = table.factory().make(child.numbers(), agent);
        if (child.zombie().isPresent()) {
            new Proxy(made.pid(), made).end(new WaitStatus(child.zombie().get()));
        } else {
            table.hold(made);
        }
    }

    Relations adjust(Relations relations) {
        Prepared known = get(relations.self().pid());
        Agent agent = known.agent();
        if (!agent.resting() && !Unstopped.stands(agent.hostPid())) {
            throw new ErrnoException("change the relations of " + agent + ", which is being built", Errno.EAGAIN);
        }
        container.supervisor().cancelConversion(agent.hostPid());
        container.supervisor().retain(agent);
        try (Unstopped _ = Unstopped.of(agent.hostPid())) {
            agent.awaitRest();
            adjust(known, relations);
        }
        container.supervisor().forget(agent);
        CompletableFuture<Agent> conversion = container.supervisor().expectConversion(agent.hostPid());
        prepared.put(
                agent.pid(),
                new Prepared(agent, known.proxyBefore(), known.from(), relations, known.doorway(), conversion));
        return relations;
    }

    private void adjust(Prepared known, Relations relations) {
        Relations.Numbers self = relations.self();
        Agent agent = known.agent();
        if (self.group() != known.relations().self().group()) {
            table.factory().join(agent, self);
        }
        formerChildren(agent, relations);
        children(agent, relations);
        agent.awaitRest();
    }

    /** Children that the process has reaped since: their proxies must be no children of it here. */
    private void formerChildren(Agent agent, Relations relations) {
        Set<Integer> wanted = relations.children().stream()
                .map(child -> child.numbers().pid())
                .collect(Collectors.toSet());
        for (Member member : Member.all(container)) {
            int pid = member.pid();
            if (member.numbers().parent() == agent.pid() && !wanted.contains(pid)) {
                Optional<Proxy> standing = table.proxyMap().get(pid);
                standing.ifPresent(Proxy::dismiss);
                if (member.zombie() || standing.isPresent()) {
                    ProxyFactory.await(agent.call(Nr.WAIT4, pid, 0, 0, 0));
                }
            }
        }
    }

    int doorwayOf(int hostPid) {
        return prepared.values().stream()
                .filter(one -> one.hostPid() == hostPid)
                .mapToInt(Prepared::doorway)
                .findFirst()
                .orElse(-1);
    }

    Agent agent(int pid) {
        return get(pid).agent();
    }

    private Prepared get(int pid) {
        Prepared known = prepared.get(pid);
        if (known == null) {
            throw new IllegalStateException("no arrival of process " + pid + " is prepared");
        }
        return known;
    }

    void abandon(int pid) {
        Prepared known = get(pid);
        prepared.remove(pid);
        try (Unstopped stand = standing(known)) {
            Optional<Proxy> proxy = standAgain(
                    regained(known), known.proxyBefore(), known.relations().self());
            if (stand.stopped()) {
                proxy.ifPresent(Proxy::stopsByItself);
            }
        } finally {
            table.tidings().release(pid);
        }
    }

    private static Unstopped standing(Prepared known) {
        return known.agent().resting()
                ? Unstopped.of(known.hostPid())
                : Unstopped.of(known.hostPid(), known.conversion());
    }

    private Agent regained(Prepared known) {
        Agent agent = known.agent();
        if (!agent.resting()) {
            return ProxyFactory.await(known.conversion());
        }
        container.supervisor().cancelConversion(agent.hostPid());
        container.supervisor().retain(agent);
        return agent;
    }

    Prepared arrived(int pid) {
        Prepared known = get(pid);
        prepared.remove(pid);
        table.tidings().discard(pid);
        container.supervisor().forget(known.hostPid());
        return known;
    }
}
