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
    private final ConcurrentHashMap<Long, Newest> newest = new ConcurrentHashMap<>();

    /**
     * The numbers of what homes said lately, a bit shorter than they are and never 0. What overtakes something else does so within a
     * moment, so that numbers are forgotten after two ages.
     */
    private static final class Newest {
        private PackedTable young = new PackedTable();
        private PackedTable old = new PackedTable();

        private static int shortened(long number) {
            return (int) number << 1 | 1;
        }

        /** Notes the number; false when a greater one was noted before. */
        boolean note(long object, long number) {
            int now = shortened(number);
            int before = young.get(object) != 0 ? young.get(object) : old.get(object);
            if (before != 0 && before - now > 0) {
                return false;
            }
            young.put(object, now);
            return true;
        }

        synchronized void age() {
            old = young;
            young = new PackedTable();
        }
    }

    /** Takes note of what a home says in this view, unless it has said something newer. */
    void said(Message.Exists it, NodeId home, long epoch) {
        said(it.set(), it.object(), it.placement(), it.present(), home, epoch, it.number());
    }

    /** Takes note of what a home says of an object, unless it has said something newer in this view. */
    void said(long set, long object, int placement, boolean present, NodeId home, long epoch, long number) {
        Newest words = newest.computeIfAbsent(set, _ -> new Newest());
        synchronized (words) {
            if (words.note(object, number)) {
                set(set, object, placement, present, home, epoch);
            }
        }
    }

    /** Nothing that was said before comes any more. */
    void newView() {
        newest.clear();
    }

    /** Time passes. */
    void age() {
        newest.values().forEach(Newest::age);
    }

    private void set(long set, long object, int placement, boolean present, NodeId home, long epoch) {
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
        newest.remove(set);
    }

    void clear() {
        sets.clear();
        newest.clear();
    }

    /** Takes note of what exists at a home that is about to leave, or was one. */
    void exists(Announcement it, NodeId home, long epoch) {
        set(it.set(), it.object(), it.placement(), true, home, epoch);
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
