package org.linuxssi.kddm;

import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.tools.NodeId;

/**
 * Which objects exist at homes that this node stands in for. When such a home dies together with an object's only copy,
 * this is what tells a lost object from one that never was.
 */
final class Shadows {

    /** An object that exists. */
    record Shadow(int placement, NodeId home, long epoch) {}

    /** Visits shadows. */
    @FunctionalInterface
    interface Visitor {
        /** Sees one shadow. */
        void see(long set, long object, Shadow shadow);
    }

    private final ConcurrentHashMap<Long, ConcurrentHashMap<Long, Shadow>> sets = new ConcurrentHashMap<>();

    void set(long set, long object, int placement, boolean present, NodeId home, long epoch) {
        ConcurrentHashMap<Long, Shadow> objects = sets.computeIfAbsent(set, _ -> new ConcurrentHashMap<>());
        if (present) {
            objects.put(object, new Shadow(placement, home, epoch));
        } else {
            objects.remove(object);
        }
    }

    /** Drops what homes of earlier views said: those of this view have said it again. */
    void dropBefore(long epoch) {
        sets.values().forEach(objects -> objects.values().removeIf(shadow -> shadow.epoch() < epoch));
    }

    void clear(long set) {
        sets.remove(set);
    }

    void clear() {
        sets.clear();
    }

    void forEach(Visitor visitor) {
        sets.forEach((set, objects) -> objects.forEach((object, shadow) -> visitor.see(set, object, shadow)));
    }

    int size(long set) {
        ConcurrentHashMap<Long, Shadow> objects = sets.get(set);
        return objects == null ? 0 : objects.size();
    }
}
