package org.linuxssi.kddm;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Bytes of objects that other nodes own, kept in case those die. Nobody reads them before. */
final class Backups {

    /** One object as it was put; the bytes are never changed. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Backup(long version, int placement, byte[] data) {}

    /** Visits backups. */
    @FunctionalInterface
    interface Visitor {
        /** Sees one backup. */
        void see(long set, long object, Backup backup);
    }

    private final ConcurrentHashMap<Long, ConcurrentHashMap<Long, Backup>> sets = new ConcurrentHashMap<>();

    /** Keeps what is newer than what is here. */
    void keep(long set, long object, Backup backup) {
        sets.computeIfAbsent(set, _ -> new ConcurrentHashMap<>())
                .merge(object, backup, (old, now) -> now.version() >= old.version() ? now : old);
    }

    void remove(long set, long object) {
        ConcurrentHashMap<Long, Backup> objects = sets.get(set);
        if (objects != null) {
            objects.remove(object);
        }
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
    }

    void clear() {
        sets.clear();
    }

    void forEach(Visitor visitor) {
        sets.forEach((set, objects) -> objects.forEach((object, backup) -> visitor.see(set, object, backup)));
    }
}
