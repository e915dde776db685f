package org.linuxssi.rpc;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/**
 * A network inside one process, for tests and the simulator. It behaves as TCP does: messages between two nodes keep their
 * order; a link that is cut holds them until it heals, and nobody is told; a node that crashes resets its connections.
 *
 * <pre>{@code
 * VirtualTime time = new VirtualTime();
 * MemoryNetwork network = new MemoryNetwork(time);
 * Rpc one = network.node(NodeId.of(1));
 * Rpc two = network.node(NodeId.of(2));
 * time.advance(Duration.ofSeconds(1));
 * two.call(one.self(), PING, new Ping(1));
 * }</pre>
 *
 * <p>{@link Rpc#close()} is a crash; {@link #node} after that is a restart. With {@link org.linuxssi.tools.VirtualTime} all
 * is repeatable; with {@link org.linuxssi.tools.SystemTime} it runs on threads as daemons do.
 */
public final class MemoryNetwork {

    /** Returns how long a message takes; may draw from a random generator with a fixed seed. */
    @FunctionalInterface
    public interface Latency {
        /** Returns the delay of the next message. */
        Duration of(NodeId from, NodeId to);
    }

    private record Path(NodeId from, NodeId to) {}

    private final TimeSource time;
    private final Map<NodeId, MemoryTransport> nodes = new HashMap<>();
    private final Map<Path, MemoryLink> links = new HashMap<>();
    private final Map<Path, Duration> delays = new HashMap<>();
    private Latency latency = (_, _) -> Duration.ZERO;
    private long incarnations;

    /** Makes a network without nodes. */
    public MemoryNetwork(TimeSource time) {
        this.time = time;
    }

    /**
     * Starts a node that connects to all others.
     *
     * @throws IllegalStateException when the node is running
     */
    public Rpc node(NodeId id) {
        MemoryTransport transport;
        synchronized (this) {
            if (nodes.containsKey(id)) {
                throw new IllegalStateException("node " + id + " is running: close it first");
            }
            transport = new MemoryTransport(this, id, ++incarnations);
            nodes.put(id, transport);
        }
        return RpcNode.start(transport);
    }

    /** Has messages between two nodes, in both directions, take this long. */
    public synchronized void delay(NodeId one, NodeId other, Duration delay) {
        delays.put(new Path(one, other), delay);
        delays.put(new Path(other, one), delay);
    }

    /** Has all messages take as long as the model says, except where {@link #delay} was called. */
    public synchronized void latency(Latency model) {
        latency = model;
    }

    /** Holds all messages between two nodes from now on. */
    public void cut(NodeId one, NodeId other) {
        link(one, other).cut();
        link(other, one).cut();
    }

    /** Holds all messages between the nodes of one set and those of another. */
    public void cut(NodeSet some, NodeSet others) {
        some.forEach(one -> others.minus(some).forEach(other -> cut(one, other)));
    }

    /** Delivers what was held and lets messages pass again. */
    public void heal(NodeId one, NodeId other) {
        link(one, other).heal();
        link(other, one).heal();
        reconnect(one, other);
    }

    /** Heals all links. */
    public void heal() {
        for (Path path : paths()) {
            if (path.from().compareTo(path.to()) < 0) {
                heal(path.from(), path.to());
            }
        }
    }

    private synchronized Iterable<Path> paths() {
        return links.keySet().stream()
                .sorted((a, b) -> a.from().equals(b.from())
                        ? a.to().compareTo(b.to())
                        : a.from().compareTo(b.from()))
                .toList();
    }

    TimeSource time() {
        return time;
    }

    synchronized MemoryLink link(NodeId from, NodeId to) {
        return links.computeIfAbsent(new Path(from, to), path -> new MemoryLink(this, path.from(), path.to()));
    }

    synchronized Duration delayOf(NodeId from, NodeId to) {
        Duration fixed = delays.get(new Path(from, to));
        return fixed == null ? latency.of(from, to) : fixed;
    }

    synchronized @Nullable MemoryTransport running(NodeId id) {
        return nodes.get(id);
    }

    void started(MemoryTransport node) {
        NodeSet others;
        synchronized (this) {
            others = NodeSet.of(nodes.keySet()).minus(node.self());
        }
        others.forEach(other -> reconnect(node.self(), other));
    }

    /** Connects two nodes when both run, both know that they are not connected, and the link is whole. */
    void reconnect(NodeId one, NodeId other) {
        synchronized (this) {
            MemoryTransport first = nodes.get(one);
            MemoryTransport second = nodes.get(other);
            MemoryLink out = link(one, other);
            MemoryLink back = link(other, one);
            if (first == null || second == null || out.isCut() || !first.idle(other) || !second.idle(one)) {
                return;
            }
            first.connecting(other);
            second.connecting(one);
            out.add(new MemoryLink.Up());
            back.add(new MemoryLink.Up());
        }
        link(one, other).schedule();
        link(other, one).schedule();
    }

    void stopped(MemoryTransport node) {
        NodeSet others;
        synchronized (this) {
            if (!nodes.remove(node.self(), node)) {
                return;
            }
            others = NodeSet.of(nodes.keySet());
        }
        for (NodeId other : others) {
            link(other, node.self()).clear();
            MemoryLink out = link(node.self(), other);
            out.clear();
            out.add(new MemoryLink.Down());
            out.schedule();
        }
    }
}
