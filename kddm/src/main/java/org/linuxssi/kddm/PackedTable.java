package org.linuxssi.kddm;

import java.util.Arrays;

/**
 * Numbers other than 0 by object number, for tables with an entry for each of millions of objects: 12 bytes an entry and
 * between a fifth and a half of room. Each of 16 segments has a lock of its own.
 */
final class PackedTable {

    private static final int SEGMENTS = 16;
    private static final int SMALLEST = 8;

    private final Segment[] segments = new Segment[SEGMENTS];

    PackedTable() {
        Arrays.setAll(segments, _ -> new Segment());
    }

    /** Sees entries. */
    @FunctionalInterface
    interface Visitor {
        /** Sees one entry. */
        void see(long object, int value);
    }

    private static long mixed(long object) {
        return (object ^ object >>> 32) * 0x9e3779b97f4a7c15L;
    }

    private Segment segment(long object) {
        return segments[(int) (mixed(object) >>> 60)];
    }

    /** Returns the object's number, or 0. */
    int get(long object) {
        return segment(object).get(object);
    }

    /** Notes a number that is not 0. */
    void put(long object, int value) {
        segment(object).put(object, value);
    }

    /** Forgets the object; tells whether it was there. */
    boolean remove(long object) {
        return segment(object).remove(object);
    }

    int size() {
        int sum = 0;
        for (Segment segment : segments) {
            sum += segment.size();
        }
        return sum;
    }

    /** Visits what was there when its segment's turn came; the visitor may change the table. */
    void forEach(Visitor visitor) {
        for (Segment segment : segments) {
            segment.copy().visit(visitor);
        }
    }

    /** Open addressing with linear probing; a removal moves up what follows. */
    private static final class Segment {
        private long[] keys = new long[SMALLEST];
        private int[] values = new int[SMALLEST];
        private int size;

        /** Spreads the upper bits but four of the mixed number over any length. */
        private int home(long object) {
            return (int) ((mixed(object) << 4 >>> 32) * keys.length >>> 32);
        }

        private int next(int i) {
            return i + 1 < keys.length ? i + 1 : 0;
        }

        private int find(long object) {
            int i = home(object);
            while (values[i] != 0 && keys[i] != object) {
                i = next(i);
            }
            return i;
        }

        synchronized int size() {
            return size;
        }

        synchronized int get(long object) {
            return values[find(object)];
        }

        synchronized void put(long object, int value) {
            int i = find(object);
            if (values[i] == 0) {
                if ((size + 1) * 5L > keys.length * 4L) {
                    resize(keys.length + keys.length / 4 + SMALLEST);
                    i = find(object);
                }
                keys[i] = object;
                size++;
            }
            values[i] = value;
        }

        synchronized boolean remove(long object) {
            int hole = find(object);
            if (values[hole] == 0) {
                return false;
            }
            for (int i = next(hole); values[i] != 0; i = next(i)) {
                int home = home(keys[i]);
                boolean stays = hole <= i ? hole < home && home <= i : hole < home || home <= i;
                if (!stays) {
                    keys[hole] = keys[i];
                    values[hole] = values[i];
                    hole = i;
                }
            }
            values[hole] = 0;
            size--;
            if (size * 4 < keys.length && keys.length > 4 * SMALLEST) {
                resize(Math.max(SMALLEST, size * 2));
            }
            return true;
        }

        private void resize(int length) {
            long[] oldKeys = keys;
            int[] oldValues = values;
            keys = new long[length];
            values = new int[length];
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldValues[i] != 0) {
                    int free = find(oldKeys[i]);
                    keys[free] = oldKeys[i];
                    values[free] = oldValues[i];
                }
            }
        }

        synchronized Segment copy() {
            Segment copy = new Segment();
            copy.keys = keys.clone();
            copy.values = values.clone();
            copy.size = size;
            return copy;
        }

        void visit(Visitor visitor) {
            for (int i = 0; i < keys.length; i++) {
                if (values[i] != 0) {
                    visitor.see(keys[i], values[i]);
                }
            }
        }
    }
}
