package org.linuxssi.kddm;

import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Backups.Backup;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** The copies' part in sets with several copies: what a put wrote is with the others before the put ends. */
final class CopyBackup<T> {

    private final Engine engine;
    private final Copies<T> copies;
    private volatile int count;

    CopyBackup(Engine engine, Copies<T> copies) {
        this.engine = engine;
        this.copies = copies;
    }

    /** Returns how many nodes besides the owner are to have an object. */
    int count() {
        return count;
    }

    /** The set is opened; what it says holds for puts after its end too. */
    void open(SetSpec<T> spec) {
        count = spec.flags().contains(SetFlag.LOCAL_EXCLUSIVE) ? 0 : spec.copies() - 1;
    }

    /** Tells whether a put waits for others: backups, or a store. */
    boolean waits() {
        return count > 0 || copies.durable().durable();
    }

    /** Returns the node's own backup, or null. */
    @Nullable
    Backup find(long object) {
        return engine.replicator().backups().find(copies.key(), object);
    }

    /** The object is removed. */
    void removed(long object, Backups.Tombstone tombstone) {
        if (waits() || find(object) != null) {
            engine.replicator().backups().remove(copies.key(), object, tombstone);
        }
    }

    /** Forgets the node's own backup if it is older than this version. */
    void outdated(long object, long version) {
        engine.replicator().backups().outdated(copies.key(), object, version);
    }

    /** Tells whether this version is the one that is owned here. */
    boolean current(long object, long version) {
        Copy<T> copy = copies.table().find(object);
        if (copy == null) {
            return false;
        }
        synchronized (copy) {
            return !copy.dead && copy.exists() && copy.state().owner() && copy.version == version;
        }
    }

    /** Sends what the writer, who still holds the copy, has written; completes when the others have it. */
    CompletableFuture<Void> written(Copy<T> copy) {
        Backup backup;
        synchronized (copy) {
            copies.checkOpen();
            if (copy.dead || !copy.exists()) {
                return CompletableFuture.completedFuture(null);
            }
            copy.version++;
            copy.safe = false;
            backup = snapshot(copy);
        }
        return push(copy, backup);
    }

    /** Returns what there is now; the copy is locked. */
    Backup snapshot(Copy<T> copy) {
        return new Backup(
                copy.version, copy.seq, copies.placement(copy), copies.data().exported(copy));
    }

    /** Sends a snapshot to the targets; completes when they have it. */
    CompletableFuture<Void> push(Copy<T> copy, Backup backup) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        engine.transact(out -> engine.replicator()
                .push(
                        copies.key(),
                        copy.object,
                        backup,
                        count(),
                        copies.durable().durable(),
                        done,
                        out));
        return done.thenAccept(epoch -> engine.transact(out -> safe(copy, backup.version(), epoch, out)));
    }

    private void safe(Copy<T> copy, long version, long epoch, Outbox out) {
        synchronized (copy) {
            if (copy.unborn() && copy.exists() && copy.state().owner()) {
                copies.births().tell(copy, out);
                copy.known();
            }
            if (copy.version == version && copy.state().owner()) {
                copy.safe = epoch == engine.members().epoch();
                if (copy.safe) {
                    copies.protocol().releasePredecessor(copy, out);
                }
            }
            copy.tidy();
        }
    }

    /** Tells whether the targets of this view have what is here; the copy is locked. */
    boolean safe(Copy<T> copy) {
        return !waits() || copy.safe;
    }

    /** Sends an object that is owned here to its targets, unless a writer is about to. */
    void refresh(Copy<T> copy) {
        var _ = refreshed(copy);
    }

    /** The same by its number; completes when the targets have it. */
    CompletableFuture<Void> refreshed(long object) {
        Copy<T> copy = copies.table().find(object);
        return copy == null ? CompletableFuture.completedFuture(null) : refreshed(copy);
    }

    private CompletableFuture<Void> refreshed(Copy<T> copy) {
        Backup backup;
        synchronized (copy) {
            if (copy.writer || !lags(copy)) {
                return CompletableFuture.completedFuture(null);
            }
            backup = snapshot(copy);
        }
        return push(copy, backup);
    }

    private boolean lags(Copy<T> copy) {
        return !copy.dead && copy.exists() && copy.state().owner() && !safe(copy);
    }

    /** Returns the objects that are owned here and whose targets may not have them. */
    long[] lagging() {
        if (!waits()) {
            return new long[0];
        }
        LongStream.Builder objects = LongStream.builder();
        copies.table().forEach(copy -> {
            synchronized (copy) {
                if (lags(copy)) {
                    objects.add(copy.object);
                }
            }
        });
        return objects.build().toArray();
    }

    /** The owner keeps a backup itself when it is a target of the new owner; the copy is locked. */
    void handedOver(Copy<T> copy, NodeId heir, byte[] bytes) {
        if (count() > 0
                && engine.replicator().targets(copy.object, heir, count()).contains(engine.self())) {
            engine.replicator()
                    .backups()
                    .keep(copies.key(), copy.object, new Backup(copy.version, copy.seq, copy.placement(), bytes));
        }
    }

    /** Keeps a ghost as a backup if the set has several copies; the copy is locked. */
    boolean keep(Copy<T> ghost, byte[] bytes) {
        if (count() == 0) {
            return false;
        }
        engine.replicator()
                .backups()
                .keep(copies.key(), ghost.object, new Backup(ghost.version, ghost.seq, ghost.placement(), bytes));
        return true;
    }

    /** Tells whether a new owner has to send backups before the old owner may forget the object. */
    boolean lacking(long object, NodeId before, boolean safe) {
        if (!waits() || !safe) {
            return waits();
        }
        NodeSet mine = engine.replicator().targets(object, engine.self(), count());
        NodeSet theirs = engine.replicator().targets(object, before, count());
        return !theirs.plus(before).containsAll(mine);
    }
}
