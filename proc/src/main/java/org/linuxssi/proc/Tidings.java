package org.linuxssi.proc;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.proc.ProcServices.Changed;
import org.linuxssi.proc.ProcServices.Held;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * What nodes tell each other about processes and their proxies: who has a proxy, and that a process ended, stopped or went
 * on. All work is done in order, on the table's worker.
 *
 * <p>No end is missed: what is told while a proxy is being made from a process, or a process from a proxy, is kept until
 * that is done; who asks late is told how the process ended; and every node asks again about its proxies now and then.
 */
final class Tidings implements AutoCloseable {

    private static final Duration AUDIT = Duration.ofSeconds(5);
    private static final Duration LATER = Duration.ofMillis(100);
    private static final int REMEMBERED = 4096;
    private static final int HOPS = 20;

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Proxies proxies;
    private final LocalProcesses locals;
    private final Consumer<Runnable> worker;
    private final Supplier<NodeSet> online;
    private final Map<Integer, Queue<News>> heldBack = new ConcurrentHashMap<>();
    private final Map<Integer, NodeId> expected = new ConcurrentHashMap<>();
    private volatile boolean closed;
    private final Map<Integer, WaitStatus> ends = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, WaitStatus> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** What a node told of a process of its own. */
    private record News(NodeId from, WaitStatus status) {}

    /**
     * Tells and hears of the processes of a container.
     *
     * @param worker does things one after the other
     * @param online the nodes of the cluster, this one included
     */
    Tidings(
            Container container,
            Rpc rpc,
            PidDirectory directory,
            Proxies proxies,
            LocalProcesses locals,
            Consumer<Runnable> worker,
            Supplier<NodeSet> online) {
        this.container = container;
        this.rpc = rpc;
        this.directory = directory;
        this.proxies = proxies;
        this.locals = locals;
        this.worker = worker;
        this.online = online;
        auditLater();
    }

    /** Keeps what is heard of a process, which is turned into a proxy or the other way, until {@link #release}. */
    void holdBack(int pid) {
        heldBack.put(pid, new ConcurrentLinkedQueue<>());
    }

    /** Whether news of a process are kept now. */
    boolean holdsBack(int pid) {
        return heldBack.containsKey(pid);
    }

    /** Goes on: its proxy, when there is one, follows what was heard meanwhile. */
    void release(int pid) {
        worker.accept(() -> {
            Queue<News> news = heldBack.remove(pid);
            if (news != null) {
                proxies.get(pid).ifPresent(proxy -> news.forEach(one -> follow(proxy, one)));
            }
        });
    }

    /** Forgets what was heard: the process itself is here, and alive. */
    void discard(int pid) {
        heldBack.remove(pid);
    }

    /** A process with this number is being built on a node: until that is over nobody can tell of it, and its proxy here stays. */
    void expect(int pid, NodeId builder) {
        expected.put(pid, builder);
    }

    /** Tells whether such a process is being built elsewhere. */
    boolean expects(int pid) {
        return expected.containsKey(pid);
    }

    /** It runs there, or was given up: its proxy here follows it. */
    void built(int pid) {
        if (expected.remove(pid) != null) {
            worker.accept(() -> {
                if (!directory.where(pid).equals(rpc.self())) {
                    ends.remove(pid);
                }
                proxies.get(pid).ifPresent(proxy -> tell(pid, true));
            });
        }
    }

    /** A process of this node ended: its home and all that have a proxy are told. */
    void ended(int pid, WaitStatus status, NodeSet holders) {
        ends.put(pid, status);
        NodeId home = PidRange.homeOf(pid);
        if (!home.equals(rpc.self())) {
            directory.gone(pid);
        }
        NodeSet told = online.get().contains(home) ? holders.plus(home) : holders;
        rpc.send(told.minus(rpc.self()), ProcServices.CHANGED, new Changed(pid, status.raw()));
    }

    /** A process ended, stopped or went on elsewhere. */
    void changed(NodeId from, Changed changed) {
        WaitStatus status = new WaitStatus(changed.status());
        if (status.ended()) {
            ends.put(changed.pid(), status);
        }
        Queue<News> news = heldBack.get(changed.pid());
        if (news != null) {
            news.add(new News(from, status));
        } else {
            proxies.get(changed.pid()).ifPresent(proxy -> follow(proxy, new News(from, status)));
        }
    }

    private static void follow(Proxy proxy, News news) {
        WaitStatus status = news.status();
        if (status.ended()) {
            proxy.end(status);
        } else if (status.stopped()) {
            proxy.stop(status.signal(), news.from());
        } else {
            proxy.goOn();
        }
    }

    /** Tells where a process is that this node has a proxy of it, or has none any more. */
    void tell(int pid, boolean held) {
        rpc.send(directory.where(pid), ProcServices.HELD, new Held(pid, held, rpc.self(), HOPS));
    }

    /** Makes other nodes holders of a process that has just moved, though it left before it knew of them. */
    void passOn(int pid, NodeId to, NodeSet holders) {
        for (NodeId holder : holders.minus(to)) {
            rpc.send(to, ProcServices.HELD, new Held(pid, true, holder, HOPS));
        }
    }

    /** A node has a proxy of a process which it takes to be here, or has none any more. */
    void held(Held held) {
        if (!held.held()) {
            locals.dropHolder(held.pid(), held.holder());
        } else if (holdsBack(held.pid())) {
            rpc.time().after(LATER, () -> worker.accept(() -> held(held)));
        } else if (!locals.addHolder(held.pid(), held.holder()) && !added(held)) {
            answer(held);
        }
    }

    private boolean added(Held held) {
        Optional<Integer> hostPid = container.numbers().toHost(held.pid());
        return hostPid.isPresent()
                && !container.supervisor().isAgent(hostPid.get())
                && locals.add(held.pid(), hostPid.get(), NodeSet.of(held.holder()));
    }

    /** The process is not here: it has ended, or moved on. */
    private void answer(Held held) {
        if (expects(held.pid())) {
            return;
        }
        WaitStatus end = ends.get(held.pid());
        NodeId node = directory.where(held.pid());
        if (end != null) {
            rpc.send(held.holder(), ProcServices.CHANGED, new Changed(held.pid(), end.raw()));
        } else if (node.equals(rpc.self())) {
            askAgain(held);
        } else if (!node.equals(held.holder()) && held.hops() > 0) {
            rpc.send(node, ProcServices.HELD, held.further());
        }
    }

    /** It should be here and is not: it may be about to stay where it was. When not, nobody knows how it ended. */
    private void askAgain(Held held) {
        if (held.hops() > 0) {
            Held again = held.further();
            rpc.time().after(LATER, () -> worker.accept(() -> held(again)));
        } else {
            rpc.send(held.holder(), ProcServices.CHANGED, new Changed(held.pid(), 0));
        }
    }

    /** A node may have missed messages, or be new under its name: it shall tell again which proxies it has. */
    void connection(NodeId peer, boolean connected) {
        if (connected) {
            worker.accept(() -> rpc.send(peer, ProcServices.ANNOUNCE, Codec.Nothing.NOTHING));
        } else {
            expected.forEach((pid, builder) -> {
                if (builder.equals(peer)) {
                    built(pid);
                }
            });
        }
    }

    /** Tells a node which proxies are here of processes there. */
    void announce(NodeId to) {
        for (Proxy proxy : proxies.all()) {
            if (directory.where(proxy.pid()).equals(to)) {
                rpc.send(to, ProcServices.HELD, new Held(proxy.pid(), true, rpc.self(), HOPS));
            }
        }
    }

    /** Tells about all proxies. */
    void announce() {
        for (Proxy proxy : proxies.all()) {
            tell(proxy.pid(), true);
        }
    }

    private void auditLater() {
        rpc.time().after(AUDIT, () -> {
            if (!closed) {
                worker.accept(this::audit);
                auditLater();
            }
        });
    }

    /** A proxy of a process that is said to be here is the trace of an end that was missed: somebody knows of it. */
    private void audit() {
        for (Proxy proxy : proxies.all()) {
            if (proxy.dismissed() || holdsBack(proxy.pid()) || expects(proxy.pid())) {
                continue;
            }
            NodeId node = directory.where(proxy.pid());
            NodeSet asked = node.equals(rpc.self()) ? online.get().minus(node) : NodeSet.of(node);
            rpc.send(asked, ProcServices.HELD, new Held(proxy.pid(), true, rpc.self(), HOPS));
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
