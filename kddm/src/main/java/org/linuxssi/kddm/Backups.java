package org.linuxssi.kddm;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.NodeId;

/** Bytes of objects that other nodes own, kept in case those die. Nobody reads them before. */
final class Backups {

    /** One object as it was put; the bytes are never changed. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Backup(long version, long seq, int placement, byte[] data) {}

    /**
     * Removals of an object: what was sent before the newest and arrives after it is not kept.
     *
     * @param seq of the newest
     * @param placement where the directory entry goes
     * @param asked the requests that were carried out, some of the newest
     */
    record Tombstone(long seq, int placement, List<Answered.Asked> asked) {
        private static final int MOST = 16;

        /** Returns what a removal leaves. */
        static Tombstone of(Message.Invalidate it) {
            boolean known = it.heir() != Message.ANY_NODE;
            return new Tombstone(
                    it.seq(),
                    it.placement(),
                    known ? List.of(new Answered.Asked(NodeId.of(it.heir()), it.request())) : List.of());
        }

        Tombstone and(Tombstone later) {
            List<Answered.Asked> all = Stream.concat(asked.stream(), later.asked.stream())
                    .distinct()
                    .toList();
            Tombstone newest = later.seq >= seq ? later : this;
            return new Tombstone(newest.seq, newest.placement, all.subList(Math.max(0, all.size() - MOST), all.size()));
        }
    }

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
        tombstones(set).merge(object, tombstone, Tombstone::and);
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
