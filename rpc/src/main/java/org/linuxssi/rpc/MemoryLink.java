package org.linuxssi.rpc;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.tools.NodeId;

/** What is on its way from one node to another, in order. */
final class MemoryLink {

    /** Something that arrives. */
    sealed interface Item {}

    /** The connection is made. */
    record Up() implements Item {}

    /** The connection was reset by the other side. */
    record Down() implements Item {}

    /** A frame. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Message(byte[] wire) implements Item {}

    private record Due(long time, Item item) {}

    private final MemoryNetwork network;
    private final NodeId from;
    private final NodeId to;
    private final Deque<Due> queue = new ArrayDeque<>();
    private CompletableFuture<Void> whole = CompletableFuture.completedFuture(null);
    private boolean delivering;
    private long last = Long.MIN_VALUE;

    MemoryLink(MemoryNetwork network, NodeId from, NodeId to) {
        this.network = network;
        this.from = from;
        this.to = to;
    }

    void add(Item item) {
        long due = network.time().nanos() + network.delayOf(from, to).toNanos();
        synchronized (this) {
            last = Math.max(last, due);
            queue.add(new Due(last, item));
        }
    }

    /** Delivers what is due, later. */
    void schedule() {
        long wait;
        synchronized (this) {
            Due due = queue.peekLast();
            if (due == null) {
                return;
            }
            wait = Math.max(0, due.time() - network.time().nanos());
        }
        network.time().after(Duration.ofNanos(wait), this::deliver);
    }

    private void deliver() {
        while (true) {
            Item item;
            synchronized (this) {
                Due due = queue.peek();
                if (delivering
                        || due == null
                        || isCut()
                        || due.time() > network.time().nanos()) {
                    return;
                }
                queue.remove();
                delivering = true;
                item = due.item();
            }
            try {
                MemoryTransport target = network.running(to);
                if (target != null) {
                    target.arrived(from, item);
                }
            } finally {
                synchronized (this) {
                    delivering = false;
                }
            }
        }
    }

    synchronized void clear() {
        queue.clear();
    }

    synchronized boolean isCut() {
        return !whole.isDone();
    }

    /** Completes when the link is not cut. */
    synchronized CompletableFuture<Void> whole() {
        return whole;
    }

    synchronized void cut() {
        if (whole.isDone()) {
            whole = new CompletableFuture<>();
        }
    }

    void heal() {
        CompletableFuture<Void> healed = whole();
        healed.complete(null);
        network.time().after(Duration.ZERO, this::deliver);
    }
}
