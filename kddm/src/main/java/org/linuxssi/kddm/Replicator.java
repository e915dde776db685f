package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * Sends what a put wrote to other nodes and waits until they have it.
 *
 * <p>The targets of an object are the members next to a place on the ring that depends on its number, the owner left out. So
 * the targets of two owners differ by at most one node, and a hand-over rarely has to copy anything.
 */
final class Replicator {

    /** One version on its way to the targets; guarded by its monitor. */
    private final class Push {
        final Message.Backup backup;
        final int count;
        final CompletableFuture<Long> done;
        long sentAt;
        NodeSet missing;
        NodeSet has = NodeSet.EMPTY;

        Push(Message.Backup backup, int count, CompletableFuture<Long> done) {
            this.backup = backup;
            this.count = count;
            this.done = done;
            this.missing = NodeSet.EMPTY;
        }

        void send(Outbox out) {
            synchronized (this) {
                sentAt = engine.rpc().time().nanos();
                NodeSet all = targets(backup.object(), engine.self(), count);
                missing = (backup.durable() ? all.plus(NodeId.of(backup.placement())) : all).minus(has);
                missing.and(engine.members().set()).forEach(node -> out.send(node, backup));
            }
            finishIfDone(out);
        }

        void restart(Outbox out) {
            synchronized (this) {
                has = NodeSet.EMPTY;
            }
            send(out);
        }

        void arrived(NodeId node, Outbox out) {
            synchronized (this) {
                has = has.plus(node);
                missing = missing.minus(node);
            }
            finishIfDone(out);
        }

        boolean sentBefore(long moment) {
            synchronized (this) {
                return sentAt - moment < 0;
            }
        }

        /** Sends it once more, unless the object has gone on to another version or another node since. */
        void repeat(Consumer<Push> again, Outbox out) {
            if (engine.copies(backup.set()).backup().current(backup.object(), backup.version())) {
                again.accept(this);
            } else {
                pushes.remove(backup.push());
                out.later(() -> done.complete(0L));
            }
        }

        private void finishIfDone(Outbox out) {
            if (missing.isEmpty()) {
                long epoch = engine.members().epoch();
                pushes.remove(backup.push());
                out.later(() -> done.complete(epoch));
            }
        }
    }

    private final Engine engine;
    private final Backups backups = new Backups();
    private final ConcurrentHashMap<Long, Push> pushes = new ConcurrentHashMap<>();

    Replicator(Engine engine) {
        this.engine = engine;
    }

    Backups backups() {
        return backups;
    }

    /** Returns where the backups of an object with this owner are. */
    NodeSet targets(long object, NodeId owner, int count) {
        List<NodeId> ring = engine.members().set().toList();
        List<NodeId> chosen = new ArrayList<>(count);
        int start = ring.isEmpty() ? 0 : Members.spread(object, ring.size());
        for (int i = 0; i < ring.size() && chosen.size() < count; i++) {
            NodeId node = ring.get((start + i) % ring.size());
            if (!node.equals(owner)) {
                chosen.add(node);
            }
        }
        return NodeSet.of(chosen);
    }

    /** Sends a version to its targets; done completes with the epoch in which all had it, across changes of the view. */
    void push(
            long set,
            long object,
            Backups.Backup version,
            int count,
            boolean durable,
            CompletableFuture<Long> done,
            Outbox out) {
        Message.Backup backup = new Message.Backup(
                set,
                object,
                engine.nextNumber(),
                version.version(),
                version.seq(),
                version.placement(),
                durable,
                version.data());
        Push push = new Push(backup, count, done);
        pushes.put(backup.push(), push);
        push.send(out);
        if (engine.closed()) {
            close();
        }
    }

    void backup(NodeId from, Message.Backup it, Outbox out) {
        if (it.durable() && it.placement() == engine.self().value()) {
            store(from, it, out);
            return;
        }
        backups.keep(it.set(), it.object(), new Backups.Backup(it.version(), it.seq(), it.placement(), it.data()));
        out.send(from, new Message.BackedUp(it.set(), it.object(), it.push()));
    }

    /** Stores what was not removed since; what was is not confirmed before the store has forgotten it, since a removal may be cut short. */
    private void store(NodeId from, Message.Backup it, Outbox out) {
        DurableCopies<?> durable = engine.copies(it.set()).durable();
        if (!backups.removed(it.set(), it.object(), it.seq())) {
            durable.write(from, it);
        } else if (!durable.removing(it.object())) {
            out.send(from, new Message.BackedUp(it.set(), it.object(), it.push()));
        }
    }

    void backedUp(NodeId from, Message.BackedUp it, Outbox out) {
        Push push = pushes.get(it.push());
        if (push != null) {
            push.arrived(from, out);
        }
    }

    /** Sends everything that is on its way to the targets of a new view. */
    void restart(Outbox out) {
        pushes.values().forEach(push -> push.repeat(it -> it.restart(out), out));
    }

    /** Sends again what was sent before this moment and has not been confirmed. */
    void again(long moment, Outbox out) {
        pushes.values().forEach(push -> {
            if (push.sentBefore(moment)) {
                push.repeat(it -> it.send(out), out);
            }
        });
    }

    boolean idle() {
        return pushes.isEmpty();
    }

    /** Drops all, since the others went on without this node. */
    void fence() {
        backups.clear();
        pushes.values()
                .forEach(push -> push.done.completeExceptionally(new KddmException(
                        KddmException.Kind.FENCED,
                        "this node was voted out before what it wrote to object " + push.backup.object()
                                + " was safe: it may be lost")));
        pushes.clear();
    }

    /** Ends all waiting for confirmations. */
    void close() {
        pushes.values().forEach(push -> push.done.completeExceptionally(engine.closedError()));
        pushes.clear();
    }

    /** Drops the set's backups and gives up what is on its way. */
    void forget(long set) {
        backups.clear(set);
        pushes.values().removeIf(push -> {
            boolean gone = push.backup.set() == set;
            if (gone) {
                push.done.completeExceptionally(
                        new KddmException(KddmException.Kind.NO_SET, "set " + SetId.ofKey(set) + " was destroyed"));
            }
            return gone;
        });
    }
}
