package org.linuxssi.kddm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Entries by object number: reads take no lock and make no garbage, changes lock one of 16 segments.
 *
 * <p>A reader may still see an entry that was removed meanwhile; whoever locks an entry checks {@link Node#dead} under the
 * entry's lock and looks again.
 *
 * @param <E> type of the entries
 */
@SuppressWarnings({
    "ReferenceEquality", // entries are compared by what they are
    "NonAtomicVolatileUpdate" // under the segment's lock
})
final class ObjectTable<E extends ObjectTable.Node> {

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Node[].class);
    private static final int SEGMENTS = 16;
    private static final Node REMOVED = new Node(0) {};

    private final Segment[] segments = new Segment[SEGMENTS];
    private final LongFunction<E> maker;

    ObjectTable(LongFunction<E> maker) {
        this.maker = maker;
        for (int i = 0; i < SEGMENTS; i++) {
            segments[i] = new Segment();
        }
    }

    /** An entry. */
    abstract static class Node {
        final long object;
        /** Set under the entry's lock when the entry leaves the table. */
        boolean dead;

        Node(long object) {
            this.object = object;
        }
    }

    private static int hash(long object) {
        long mixed = (object ^ object >>> 32) * 0x9e3779b97f4a7c15L;
        return (int) (mixed >>> 32);
    }

    /** Spreads the lower 28 bits of a hash over any number of slots. */
    private static int place(int hash, int slots) {
        return (int) ((hash << 4 & 0xffffffffL) * slots >>> 32);
    }

    /** Returns the entry, or null. */
    @Nullable
    E find(long object) {
        int hash = hash(object);
        return cast(search(segments[hash >>> 28].slots, object, hash));
    }

    /** Returns the entry, a new one if there was none. */
    E get(long object) {
        int hash = hash(object);
        Segment segment = segments[hash >>> 28];
        E found = cast(search(segment.slots, object, hash));
        return found != null ? found : insert(segment, object, hash);
    }

    private E insert(Segment segment, long object, int hash) {
        synchronized (segment) {
            E found = cast(search(segment.slots, object, hash));
            if (found != null) {
                return found;
            }
            E made = maker.apply(object);
            segment.add(made, hash);
            return made;
        }
    }

    /** Takes a dead entry out; its lock is held by the caller. */
    void remove(E entry) {
        entry.dead = true;
        int hash = hash(entry.object);
        segments[hash >>> 28].remove(entry, hash);
    }

    int size() {
        int sum = 0;
        for (Segment segment : segments) {
            sum += segment.live;
        }
        return sum;
    }

    /** Visits the entries that are there all the time, and perhaps others. */
    void forEach(Consumer<? super E> visitor) {
        for (Segment segment : segments) {
            for (Node slot : segment.slots) {
                E entry = slot == REMOVED ? null : cast(slot);
                if (entry != null) {
                    visitor.accept(entry);
                }
            }
        }
    }

    /** Visits until the visitor says false. */
    void whileTrue(Predicate<? super E> visitor) {
        for (Segment segment : segments) {
            for (Node slot : segment.slots) {
                E entry = slot == REMOVED ? null : cast(slot);
                if (entry != null && !visitor.test(entry)) {
                    return;
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private @Nullable E cast(@Nullable Node node) {
        return (E) node;
    }

    private static @Nullable Node search(@Nullable Node[] slots, long object, int hash) {
        int length = slots.length;
        for (int i = place(hash, length); ; i = i + 1 < length ? i + 1 : 0) {
            Node node = (Node) SLOT.getAcquire(slots, i);
            if (node == null) {
                return null;
            }
            if (node.object == object && node != REMOVED) {
                return node;
            }
        }
    }

    /** An open-addressing table with linear probing; at most two thirds full. */
    private static final class Segment {
        volatile @Nullable Node[] slots = new Node[16];
        int used;
        volatile int live;

        void add(Node node, int hash) {
            if (used * 3L >= slots.length * 2L) {
                rehash();
            }
            put(slots, node, hash);
            used++;
            live = live + 1;
        }

        synchronized void remove(Node node, int hash) {
            @Nullable Node[] now = slots;
            for (int i = place(hash, now.length); now[i] != null; i = i + 1 < now.length ? i + 1 : 0) {
                if (now[i] == node) {
                    SLOT.setRelease(now, i, REMOVED);
                    live = live - 1;
                    return;
                }
            }
        }

        private void rehash() {
            @Nullable Node[] bigger = new Node[live * 9 / 4 + 16];
            int count = 0;
            for (Node node : slots) {
                if (node != null && node != REMOVED) {
                    put(bigger, node, hash(node.object));
                    count++;
                }
            }
            used = count;
            slots = bigger;
        }

        private static void put(@Nullable Node[] slots, Node node, int hash) {
            int i = place(hash, slots.length);
            while (slots[i] != null) {
                i = i + 1 < slots.length ? i + 1 : 0;
            }
            SLOT.setRelease(slots, i, node);
        }
    }
}
