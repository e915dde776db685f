package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Holders.Absent;
import org.linuxssi.kddm.Holders.Lost;
import org.linuxssi.kddm.Holders.Owned;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * The directory entries of one set. An object at which nothing goes on has its entry packed into a number; for a transaction it is
 * made an object, and packed again afterwards.
 *
 * <p>The number: owner (8 bits), placement (9), lost, replicated, shadowed, owned, 1, migratory, and the number of the copy set (9),
 * of which 0 is the owner alone. Objects with a copy set beyond those stay objects.
 */
final class DirectoryTable {

    private static final int PLACEMENT = 8;
    private static final int LOST = 1 << 17;
    private static final int REPLICATED = 1 << 18;
    private static final int SHADOWED = 1 << 19;
    private static final int OWNED = 1 << 20;
    private static final int THERE = 1 << 21;
    private static final int MIGRATORY = 1 << 22;
    private static final int COPY_SET = 23;
    private static final int MOST_COPY_SETS = 1 << 9;
    private static final int UNPACKABLE = -1;

    /** Who has copies, and of whom of them that is not sure. */
    private record CopySet(NodeSet copies, NodeSet unsure) {}

    private final long set;
    private final PackedTable packed = new PackedTable();
    private final ObjectTable<DirectoryEntry> live = new ObjectTable<>(this::unpacked);
    private final Map<CopySet, Integer> numbers = new HashMap<>();
    private final List<CopySet> copySets = new ArrayList<>(List.of(new CopySet(NodeSet.EMPTY, NodeSet.EMPTY)));

    DirectoryTable(long set) {
        this.set = set;
    }

    /** Runs the step with the object's entry locked, a new one if there was none. */
    void locked(long object, Consumer<DirectoryEntry> step) {
        while (true) {
            DirectoryEntry entry = live.get(object);
            synchronized (entry) {
                if (!entry.dead) {
                    step.accept(entry);
                    store(entry);
                    return;
                }
            }
        }
    }

    private void store(DirectoryEntry entry) {
        if (entry.empty()) {
            packed.remove(entry.object);
            live.remove(entry);
        } else if (entry.rests()) {
            int number = pack(entry);
            if (number != UNPACKABLE) {
                packed.put(entry.object, number);
                live.remove(entry);
            }
        }
    }

    private DirectoryEntry unpacked(long object) {
        return unpack(object, packed.get(object));
    }

    private DirectoryEntry unpack(long object, int number) {
        DirectoryEntry entry = new DirectoryEntry(set, object);
        if (number != 0) {
            entry.placement = number >>> PLACEMENT & 0x1ff;
            entry.replicated = (number & REPLICATED) != 0;
            entry.shadowed = (number & SHADOWED) != 0;
            entry.migratory = (number & MIGRATORY) != 0;
            entry.holders = holders(number);
        }
        return entry;
    }

    private Holders holders(int number) {
        boolean lost = (number & LOST) != 0;
        if ((number & OWNED) == 0) {
            return lost ? Holders.Lost.IT : Holders.Absent.IT;
        }
        NodeId owner = NodeId.of(number & 0xff);
        if (number >>> COPY_SET == 0) {
            return Owned.alone(owner, lost);
        }
        CopySet copySet = copySet(number >>> COPY_SET);
        return new Owned(owner, copySet.copies(), copySet.unsure(), lost);
    }

    private int pack(DirectoryEntry entry) {
        int number = THERE
                | entry.placement << PLACEMENT
                | (entry.replicated ? REPLICATED : 0)
                | (entry.shadowed ? SHADOWED : 0)
                | (entry.migratory ? MIGRATORY : 0);
        return switch (entry.holders) {
            case Absent _ -> number;
            case Lost _ -> number | LOST;
            case Owned it -> packed(number | (it.remaking() ? LOST : 0), it);
        };
    }

    private int packed(int number, Owned it) {
        boolean alone = it.copies().equals(NodeSet.of(it.owner()));
        int copies = alone ? 0 : copySetNumber(new CopySet(it.copies(), it.unsure()));
        return copies == UNPACKABLE ? UNPACKABLE : number | OWNED | it.owner().value() | copies << COPY_SET;
    }

    private CopySet copySet(int number) {
        synchronized (numbers) {
            return copySets.get(number);
        }
    }

    private int copySetNumber(CopySet copies) {
        synchronized (numbers) {
            Integer known = numbers.get(copies);
            if (known != null) {
                return known;
            }
            if (copySets.size() == MOST_COPY_SETS) {
                return UNPACKABLE;
            }
            copySets.add(copies);
            numbers.put(copies, copySets.size() - 1);
            return copySets.size() - 1;
        }
    }

    /** Visits all entries that are there all the time, and perhaps others; the visitor locks them and changes nothing. */
    void forEach(Consumer<DirectoryEntry> visitor) {
        Set<Long> seen = new HashSet<>();
        forEachActive(entry -> {
            seen.add(entry.object);
            visitor.accept(entry);
        });
        packed.forEach((object, number) -> {
            if (!seen.contains(object)) {
                DirectoryEntry entry = live.find(object);
                visitor.accept(entry == null ? unpack(object, number) : entry);
            }
        });
    }

    /** Visits the entries at which something goes on, and perhaps others. */
    void forEachActive(Consumer<DirectoryEntry> visitor) {
        live.forEach(visitor);
    }

    /** Returns how many objects are known. */
    int size() {
        int[] others = {0};
        live.forEach(entry -> others[0] += packed.get(entry.object) == 0 ? 1 : 0);
        return packed.size() + others[0];
    }

    /** Returns an object's entry as it is, or null. */
    @Nullable
    DirectoryEntry find(long object) {
        DirectoryEntry entry = live.find(object);
        int number = entry == null ? packed.get(object) : 0;
        return entry != null || number == 0 ? entry : unpack(object, number);
    }
}
