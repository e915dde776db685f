package org.linuxssi.kddm;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Bytes of objects that other nodes own, kept in case those die. Nobody reads them before. */
final class Backups {

    /** One object as it was put; the bytes are never changed. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Backup(long version, long seq, int placement, byte[] data) {}

    /** A removal: what was sent before it and arrives after it is not kept. */
    record Tombstone(long seq, int placement) {}

    /** Visits backups. */
    @FunctionalInterface
    interface Visitor {
        /** Sees one backup. */
        void see(long set, long object, Backup backup);
    }

    private final ConcurrentHashMap<Long, ConcurrentHashMap<Long, Backup>> sets = new ConcurrentHashMap<>();

    private final ConcurrentHashMap<Long, ConcurrentHashMap<Long, Tombstone>> tombstones = new ConcurrentHashMap<>();

    /** Keeps what is newer than what is here. */
    void keep(long set, long object, Backup backup) {
        if (removed(set, object, backup.seq())) {
            return;
        }
        sets.computeIfAbsent(set, _ -> new ConcurrentHashMap<>())
                .merge(object, backup, (old, now) -> now.version() >= old.version() ? now : old);
    }

    /** Forgets what is older than this version. */
    void outdated(long set, long object, long version) {
        ConcurrentHashMap<Long, Backup> objects = sets.get(set);
        if (objects != null) {
            objects.computeIfPresent(object, (_, backup) -> backup.version() < version ? null : backup);
        }
    }

    /** Tells whether the object was removed after this transaction, as far as is remembered. */
    boolean removed(long set, long object, long seq) {
        Tombstone tombstone = tombstones(set).get(object);
        return tombstone != null && seq < tombstone.seq();
    }

    private ConcurrentHashMap<Long, Tombstone> tombstones(long set) {
        return tombstones.computeIfAbsent(set, _ -> new ConcurrentHashMap<>());
    }

    /** Forgets an object that is removed, and remembers that until {@link #forgetRemovals}. */
    void remove(long set, long object, Tombstone tombstone) {
        tombstones(set).merge(object, tombstone, (old, now) -> now.seq() >= old.seq() ? now : old);
        ConcurrentHashMap<Long, Backup> objects = sets.get(set);
        if (objects != null) {
            objects.computeIfPresent(object, (_, backup) -> backup.seq() < tombstone.seq() ? null : backup);
        }
    }

    /** Forgets removals with smaller numbers. */
    void forgetRemovals(long seq) {
        tombstones.values().forEach(objects -> objects.values().removeIf(it -> it.seq() < seq));
    }

    /** Sees removals. */
    @FunctionalInterface
    interface RemovalVisitor {
        /** Sees one removal. */
        void see(long set, long object, Tombstone tombstone);
    }

    void forEachRemoval(RemovalVisitor visitor) {
        tombstones.forEach((set, objects) -> objects.forEach((object, it) -> visitor.see(set, object, it)));
    }

    @Nullable
    Backup find(long set, long object) {
        ConcurrentHashMap<Long, Backup> objects = sets.get(set);
        return objects == null ? null : objects.get(object);
    }

    int size(long set) {
        ConcurrentHashMap<Long, Backup> objects = sets.get(set);
        return objects == null ? 0 : objects.size();
    }

    void clear(long set) {
        sets.remove(set);
        tombstones.remove(set);
    }

    void clear() {
        sets.clear();
        tombstones.clear();
    }

    void forEach(Visitor visitor) {
        sets.forEach((set, objects) -> objects.forEach((object, backup) -> visitor.see(set, object, backup)));
    }
}
