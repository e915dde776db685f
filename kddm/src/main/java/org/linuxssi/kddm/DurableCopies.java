package org.linuxssi.kddm;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.ObjectStore;
import org.linuxssi.kddm.spi.ObjectStore.Stored;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.NodeId;

/** The part of an object's default owner in durable sets: it keeps in its store what puts wrote, and loads what nobody has in memory. */
final class DurableCopies<T> {

    private static final Logger LOG = System.getLogger(DurableCopies.class.getName());

    private static final Duration AGAIN = Duration.ofSeconds(1);

    private final Engine engine;
    private final Copies<T> copies;
    private volatile @Nullable ObjectStore store;
    private volatile boolean durable;
    private final Set<Long> removing = ConcurrentHashMap.newKeySet();

    DurableCopies(Engine engine, Copies<T> copies) {
        this.engine = engine;
        this.copies = copies;
    }

    void open(SetSpec<T> spec) {
        durable = spec.flags().contains(SetFlag.DURABLE);
        store = durable ? spec.linker().store().orElse(null) : null;
    }

    void close() {
        ObjectStore known = store;
        store = null;
        if (known != null) {
            known.close();
        }
    }

    /** Tells whether puts wait for a store. */
    boolean durable() {
        return durable;
    }

    /** Tells whether this node's store is the one of objects with this placement. */
    boolean keeps(int placement) {
        return durable && placement == engine.self().value();
    }

    /** Stores a version and confirms it; while the set is not open here, nothing is confirmed and the sender asks again. */
    void write(NodeId from, Message.Backup it) {
        ObjectStore known = store;
        if (known == null) {
            missing();
            return;
        }
        var _ = known.write(it.object(), new Stored(it.version(), it.data())).whenComplete((_, error) -> {
            if (error == null) {
                engine.transact(out -> out.send(from, new Message.BackedUp(it.set(), it.object(), it.push())));
            } else {
                LOG.log(
                        Level.ERROR,
                        "object " + it.object() + " of set " + copies.id() + " could not be stored",
                        error);
            }
        });
    }

    private void missing() {
        if (copies.data().spec() == null) {
            String problem = engine.opening(copies.key());
            if (problem != null) {
                LOG.log(Level.WARNING, problem);
            }
        } else {
            LOG.log(
                    Level.WARNING,
                    "set " + copies.id() + " is durable, but its linker on node " + engine.self()
                            + " has no store: override IoLinker.store");
        }
    }

    /** Tells whether the store is open; when not, has the set opened. */
    boolean ready() {
        if (store == null) {
            missing();
        }
        return store != null;
    }

    /** Notes that the object is about to be removed from the store; false when that is going on already. */
    boolean beginRemoval(long object) {
        return removing.add(object);
    }

    /** Tells whether the object is to be removed from the store and may still be there. */
    boolean removing(long object) {
        return removing.contains(object);
    }

    /**
     * Removes the object from the store, then runs the step.
     *
     * @param begun whether this call begins it
     * @param again whether this removal was begun before: then it is only waited for, since the object may exist anew
     */
    void remove(long object, boolean begun, boolean again, Runnable then) {
        if (begun) {
            removeNow(object, then);
        } else if (again && !removing.contains(object)) {
            then.run();
        }
    }

    private void removeNow(long object, Runnable then) {
        ObjectStore known = store;
        if (known == null) {
            removing.remove(object);
            return;
        }
        var _ = known.remove(object).whenComplete((_, error) -> {
            if (error == null) {
                removing.remove(object);
                then.run();
            } else {
                LOG.log(Level.ERROR, "object " + object + " of set " + copies.id() + " stays in the store", error);
                engine.rpc().time().after(AGAIN, () -> removeNow(object, then));
            }
        });
    }

    /** Loads the object if it is in the store and tells the home, which is this node; while it is being removed, is asked again. */
    void load(Message.Grant it) {
        ObjectStore known = store;
        if (known == null) {
            missing();
            return;
        }
        if (removing(it.object())) {
            return;
        }
        long epoch = engine.members().epoch();
        var _ = known.read(it.object())
                .whenComplete((found, error) -> engine.transact(out -> {
                    if (engine.members().epoch() == epoch) {
                        Optional<Stored> stored = error == null ? found : Optional.empty();
                        copies.locked(it.object(), copy -> loaded(copy, it, stored, error, out));
                    }
                }));
    }

    private void loaded(Copy<T> copy, Message.Grant it, Optional<Stored> found, @Nullable Throwable error, Outbox out) {
        if (copy.seq < it.seq() && copy.exists() && copy.demand() != null) {
            // held, and to be dropped when that ends: asked again until then
            return;
        }
        String problem = error == null ? "" : MessageCodec.error("the store failed: " + error);
        if (copy.seq < it.seq() && !copy.exists() && found.isPresent()) {
            Stored stored = found.get();
            copy.seq = it.seq();
            copy.version = stored.version();
            copy.safe = copies.backup().count() == 0;
            copy.noHeir();
            copy.known();
            copy.state(ObjectState.WRITE_OWNER);
            copies.data().arrived(copy, stored.data());
            if (!copy.safe) {
                out.later(() -> copies.backup().refresh(copy));
            }
        }
        copies.serve(copy, out);
        out.send(
                engine.self(),
                new Message.Done(
                        it.set(), it.object(), it.seq(), copy.exists(), copy.exists(), copy.exists(), problem));
    }

    static String unreachable(long object, long set, int node) {
        return "object " + object + " of set " + SetId.ofKey(set) + " is kept by the store of node " + node
                + ": it has to be a member and have the set open";
    }
}
