package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.kddm.ObjectInfo.Awaited;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeSet;

/** Looks into sets and objects for people. */
final class Introspection {

    private Introspection() {}

    static List<SetInfo> sets(Engine engine, Map<Long, KddmSet<?>> open) {
        List<SetInfo> infos = new ArrayList<>();
        for (Copies<?> copies : engine.sets()) {
            infos.add(set(engine, copies, Optional.ofNullable(open.get(copies.key()))));
        }
        infos.sort((a, b) -> a.id().compareTo(b.id()));
        return infos;
    }

    private static SetInfo set(Engine engine, Copies<?> copies, Optional<KddmSet<?>> open) {
        return new SetInfo(
                copies.id(),
                open.map(set -> set.spec().definition()),
                engine.home(Members.MODULO, copies.key()),
                copies.table().size(),
                copies.owned().size(),
                engine.directory().size(copies.key()),
                copies.counting().sum());
    }

    static List<ObjectInfo> objects(Engine engine, SetId id, int limit) {
        return objects(engine, engine.copies(id.key()), limit);
    }

    private static <T> List<ObjectInfo> objects(Engine engine, Copies<T> copies, int limit) {
        List<ObjectInfo> infos = new ArrayList<>();
        copies.table().whileTrue(copy -> {
            synchronized (copy) {
                if (!copy.dead) {
                    infos.add(object(engine, copies, copy));
                }
            }
            return infos.size() < limit;
        });
        return infos;
    }

    private static <T> ObjectInfo object(Engine engine, Copies<T> copies, Copy<T> copy) {
        return new ObjectInfo(
                copy.object,
                copy.state(),
                awaited(copy),
                engine.home(copies.placement(copy), copy.object),
                copy.version,
                copy.readers,
                copy.writer,
                copy.waiters());
    }

    /** Returns the transactions that are going on at this home and those in the queues behind them. */
    static List<WaitInfo> waits(Directory directory) {
        List<WaitInfo> waits = new ArrayList<>();
        directory.forEachActive(entry -> {
            synchronized (entry) {
                entry.state.transaction().ifPresent(active -> {
                    waits.add(wait(entry, active, 0, entry.state.waitsFor()));
                    int position = 1;
                    for (Transaction queued : entry.queue) {
                        waits.add(wait(entry, queued, position++, NodeSet.EMPTY));
                    }
                });
            }
        });
        return waits;
    }

    private static WaitInfo wait(DirectoryEntry entry, Transaction t, int position, NodeSet missing) {
        return new WaitInfo(
                SetId.ofKey(entry.set), entry.object, t.requester, t.want().name(), position, missing, t.blocked);
    }

    private static Awaited awaited(Copy<?> copy) {
        if (copy.demand() != null) {
            return Awaited.HOLDS;
        }
        Outstanding asked = copy.outstanding();
        if (asked != null) {
            return asked.request.want() == Message.Want.READ ? Awaited.OBJECT_READ : Awaited.OBJECT_WRITE;
        }
        return copy.state() == ObjectState.WRITE_GHOST ? Awaited.OWNER_CHANGE : Awaited.NOTHING;
    }

    static List<Long> homes(Engine engine, SetId id) {
        List<Long> objects = new ArrayList<>();
        engine.directory().forEach(id.key(), entry -> {
            synchronized (entry) {
                if (!entry.holders.equals(Holders.Absent.IT)) {
                    objects.add(entry.object);
                }
            }
        });
        return objects;
    }

    static List<Long> lost(Engine engine, SetId id) {
        List<Long> lost = new ArrayList<>();
        engine.directory().forEach(id.key(), entry -> {
            synchronized (entry) {
                if (entry.holders instanceof Holders.Lost) {
                    lost.add(entry.object);
                }
            }
        });
        return lost;
    }
}
