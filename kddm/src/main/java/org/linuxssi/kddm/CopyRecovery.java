package org.linuxssi.kddm;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** The copies' part in a change of membership: announce what is here, then learn what becomes of it. */
final class CopyRecovery<T> {

    private final Copies<T> copies;
    private final NodeId self;
    private final Map<Long, T> offers = new ConcurrentHashMap<>();

    CopyRecovery(Copies<T> copies, NodeId self) {
        this.copies = copies;
        this.self = self;
    }

    /** Asks the linker what it can rebuild; it may take its time. */
    void rebuild(NodeSet failed) {
        SetSpec<T> spec = copies.data().spec();
        offers.clear();
        if (spec != null && !failed.isEmpty()) {
            offers.putAll(spec.linker().rebuild(failed));
        }
    }

    /** Announces all that is here and drops what the old homes demanded. */
    void announce(Consumer<Announcement> sink) {
        copies.table().forEach(copy -> {
            synchronized (copy) {
                if (!copy.dead) {
                    announce(copy, sink);
                }
            }
        });
        if (copies.data().spec() != null) {
            offers.forEach((object, value) -> sink.accept(
                    new Announcement(copies.key(), object, copies.data().placement(object), Claim.OFFER, 0, self, 0)));
        }
    }

    private void announce(Copy<T> copy, Consumer<Announcement> sink) {
        copy.noDemand();
        copy.noPredecessor();
        copy.safe = false;
        copy.told(false);
        copy.hint(null);
        copy.unconfirmed(NodeSet.EMPTY, 0);
        if (copy.state() == ObjectState.INV_OWNER && !copy.writer) {
            copy.state(ObjectState.INV_COPY);
        }
        byte[] raw = copy.raw();
        if (copy.state() == ObjectState.WRITE_GHOST
                && raw != null
                && copies.backup().keep(copy, raw)) {
            copy.state(ObjectState.INV_COPY);
            copy.raw(null);
            copy.noHeir();
        }
        CopyState.of(copy).claim().ifPresent(claim -> {
            NodeId heir = copy.heir();
            sink.accept(new Announcement(
                    copies.key(),
                    copy.object,
                    copies.placement(copy),
                    claim,
                    copy.version,
                    heir == null ? self : heir,
                    heir == null ? copy.seq : copy.heirSeq()));
        });
    }

    /** Does what the new home says about something announced. */
    void settle(NodeId home, Message.Settle it, Outbox out) {
        copies.locked(it.object(), copy -> {
            if (it.seq() < copy.seq) {
                return;
            }
            copy.seq = it.seq();
            switch (it.verdict()) {
                case DISCARD -> CopyState.of(copy).discard(this, copy, home);
                case PURGE -> purge(copy, home);
                case OUTDATED -> copies.backup().outdated(copy.object, it.version());
                case COPY -> become(copy, it.version(), ObjectState.READ_COPY);
                case OWNER -> become(copy, it.version(), ObjectState.WRITE_OWNER);
                case SHARED_OWNER -> become(copy, it.version(), ObjectState.READ_OWNER);
            }
            if (copies.backup().waits() && copy.state().owner()) {
                out.later(() -> copies.backup().refresh(copy));
            }
            copies.serve(copy, out);
        });
    }

    /** What is here counts as removed, also when somebody holds it and the view changes before it can be dropped. */
    private void purge(Copy<T> copy, NodeId home) {
        copies.backup().removed(copy.object, new Backups.Tombstone(copy.seq + 1, copies.placement(copy), List.of()));
        CopyState.of(copy).discard(this, copy, home);
    }

    /** Has the copy dropped when nobody holds it. */
    void demandDrop(Copy<T> copy, NodeId home) {
        copy.demand(
                new Message.Invalidate(
                        copies.key(),
                        copy.object,
                        copy.seq,
                        false,
                        false,
                        copies.placement(copy),
                        Message.ANY_NODE,
                        Announcement.NO_REQUEST),
                home,
                0);
    }

    private void become(Copy<T> copy, long version, ObjectState state) {
        CopyData<T> data = copies.data();
        byte[] raw = copy.raw();
        T offer = offers.get(copy.object);
        Backups.Backup backup = copies.backup().find(copy.object);
        if (backup != null
                && backup.version() == version
                && (copy.version < version || !copy.state().readable())) {
            copy.noHeir();
            copy.state(state);
            copy.version = version;
            copy.placement(backup.placement());
            data.arrived(copy, backup.data());
        } else if (copy.state().readable()) {
            data.state(copy, state);
        } else if (copy.state() == ObjectState.WRITE_GHOST && raw != null) {
            copy.noHeir();
            copy.state(state);
            data.arrived(copy, raw);
        } else if (offer != null) {
            put(copy, offer, state);
        }
    }

    private void put(Copy<T> copy, T value, ObjectState state) {
        copy.value = value;
        copy.raw(null);
        copy.version = 1;
        copy.noHeir();
        copy.state(state);
        copies.data().inserted(copy);
    }

    /** Asks the linker for a lost object on its home; true when it is here now. */
    boolean recover(long object, NodeSet failed) {
        SetSpec<T> spec = copies.data().spec();
        T value = spec == null ? null : spec.linker().recover(object, failed).orElse(null);
        if (value == null) {
            return false;
        }
        copies.locked(object, copy -> {
            put(copy, value, ObjectState.WRITE_OWNER);
            copies.evictor().account(copy);
        });
        return true;
    }

    /** Drops everything, since the others went on without this node; those who wait go on waiting. */
    void fence() {
        copies.table().forEach(copy -> {
            Copy<T> fresh = null;
            synchronized (copy) {
                if (!copy.dead) {
                    copy.state(ObjectState.INV_COPY);
                    copies.data().invalidated(copy);
                    copies.table().remove(copy);
                    copies.evictor().account(copy);
                    fresh = copies.table().get(copy.object);
                }
            }
            if (fresh != null) {
                synchronized (fresh) {
                    fresh.adopt(copy);
                }
            }
        });
    }
}
