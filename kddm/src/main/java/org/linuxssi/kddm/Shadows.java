package org.linuxssi.kddm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.linuxssi.tools.NodeId;

/**
 * Which objects exist at homes that this node stands in for. When such a home dies together with an object's only copy,
 * this is what tells a lost object from one that never was.
 *
 * <p>There is a table a set for each view in which homes said so, usually one; an entry is the home (8 bits), the placement (9) and 1.
 */
final class Shadows {

    private static final int PLACEMENT = 8;
    private static final int THERE = 1 << 17;

    /** An object that exists. */
    record Shadow(int placement, NodeId home) {}

    /** Visits shadows. */
    @FunctionalInterface
    interface Visitor {
        /** Sees one shadow. */
        void see(long set, long object, Shadow shadow);
    }

    private final ConcurrentHashMap<Long, ConcurrentSkipListMap<Long, PackedTable>> sets = new ConcurrentHashMap<>();

    void set(long set, long object, int placement, boolean present, NodeId home, long epoch) {
        ConcurrentSkipListMap<Long, PackedTable> views = sets.computeIfAbsent(set, _ -> new ConcurrentSkipListMap<>());
        views.forEach((view, objects) -> {
            if (!present || view != epoch) {
                objects.remove(object);
            }
        });
        if (present) {
            views.computeIfAbsent(epoch, _ -> new PackedTable())
                    .put(object, THERE | placement << PLACEMENT | home.value());
        }
    }

    /** Drops what homes of earlier views said: those of this view have said it again. */
    void dropBefore(long epoch) {
        sets.values().forEach(views -> views.headMap(epoch).clear());
    }

    void clear(long set) {
        sets.remove(set);
    }

    void clear() {
        sets.clear();
    }

    void forEach(Visitor visitor) {
        sets.forEach((set, views) -> views.values()
                .forEach(objects -> objects.forEach((object, number) ->
                        visitor.see(set, object, new Shadow(number >>> PLACEMENT & 0x1ff, NodeId.of(number & 0xff))))));
    }

    int size(long set) {
        Map<Long, PackedTable> views = sets.get(set);
        return views == null
                ? 0
                : views.values().stream().mapToInt(PackedTable::size).sum();
    }
}
