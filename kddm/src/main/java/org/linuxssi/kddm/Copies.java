package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;

/**
 * What this node has of the objects of one set: the local holds and the queue of those who wait for one.
 *
 * <p>A step locks at most one copy. Messages and wake-ups go to the {@link Outbox} and leave without locks.
 */
final class Copies<T> {

    private final Engine engine;
    private final long key;
    private final ObjectTable<Copy<T>> table = new ObjectTable<>(Copy::new);
    private final CopyData<T> data;
    private final CopyProtocol<T> protocol;
    private final Counting counting = new Counting();
    private final LongAdder hits = counting.hits;
    private final CopyRecovery<T> recovery;
    private final CopyBackup<T> backup;
    private final Births<T> births;
    private final Hints<T> hints;
    private final Evictor<T> evictor;
    private final DurableCopies<T> durable;
    private volatile @Nullable SerialExecutor serial;
    private volatile @Nullable Ahead<T> ahead;
    private volatile boolean frozen;
    private volatile boolean closed;

    Copies(Engine engine, long key) {
        this.engine = engine;
        this.key = key;
        this.data = new CopyData<>(key);
        this.protocol = new CopyProtocol<>(engine, this);
        this.recovery = new CopyRecovery<>(this, engine.self());
        this.backup = new CopyBackup<>(engine, this);
        this.births = new Births<>(engine, this);
        this.hints = new Hints<>(engine, this);
        this.evictor = new Evictor<>(engine, this);
        this.durable = new DurableCopies<>(engine, this);
    }

    SetId id() {
        return SetId.ofKey(key);
    }

    long key() {
        return key;
    }

    ObjectTable<Copy<T>> table() {
        return table;
    }

    CopyData<T> data() {
        return data;
    }

    CopyProtocol<T> protocol() {
        return protocol;
    }

    CopyRecovery<T> recovery() {
        return recovery;
    }

    CopyBackup<T> backup() {
        return backup;
    }

    Births<T> births() {
        return births;
    }

    Hints<T> hints() {
        return hints;
    }

    DurableCopies<T> durable() {
        return durable;
    }

    Evictor<T> evictor() {
        return evictor;
    }

    /** Returns what runs the messages of a set whose linker may block. */
    @Nullable
    SerialExecutor serial() {
        return serial;
    }

    void open(SetSpec<T> spec) {
        if (spec.linker().mayBlock()) {
            serial = new SerialExecutor(engine.rpc().time());
        }
        if (spec.ahead() > 0) {
            ahead = new Ahead<>(this, engine.rpc().time(), spec);
        }
        frozen = spec.flags().contains(SetFlag.FROZEN);
        spec.linker().instantiate(spec.id(), engine.self());
        durable.open(spec);
        backup.open(spec);
        data.open(spec);
        serveAll();
    }

    /** Ends the set on this node: holds go on until they are put, those who wait get an error. */
    void close() {
        SetSpec<T> spec = data.spec();
        closed = true;
        engine.transact(out -> table.forEach(copy -> {
            synchronized (copy) {
                while (copy.head() != null) {
                    fail(copy, copy.head(), wasClosed(), out);
                }
                copy.outstanding(null);
            }
        }));
        births.close(this::wasClosed);
        data.close();
        durable.close();
        if (spec != null) {
            spec.linker().uninstantiate();
        }
    }

    private KddmException wasClosed() {
        return new KddmException(Kind.NO_SET, "set " + id() + " was closed");
    }

    /** Returns the objects of which there is a copy here. */
    List<Long> present() {
        List<Long> objects = new ArrayList<>();
        table.forEach(copy -> {
            if (copy.exists()) {
                objects.add(copy.object);
            }
        });
        return objects;
    }

    /** Returns the objects that are owned here, with their placement. */
    Map<Long, Integer> owned() {
        Map<Long, Integer> objects = new HashMap<>();
        table.forEach(copy -> {
            synchronized (copy) {
                if (!copy.dead && copy.exists() && copy.state().owner()) {
                    objects.put(copy.object, placement(copy));
                }
            }
        });
        return objects;
    }

    Counting counting() {
        return counting;
    }

    boolean serving() {
        return engine.serving() && !frozen && !closed;
    }

    /** Fails when the set was closed. */
    void checkOpen() {
        engine.checkOpen();
        if (closed) {
            throw new KddmException(Kind.NO_SET, "set " + id() + " was closed or destroyed: open it again");
        }
    }

    /** Holds the object at once if that takes no message and nobody waits; else returns null. */
    @Nullable
    Hold<T> hit(long object, boolean exclusive) {
        Copy<T> copy = table.find(object);
        if (copy == null || !serving()) {
            return null;
        }
        synchronized (copy) {
            if (copy.writer || !copy.quiet() || copy.dead || copy.value == null || copy.raw() != null) {
                return null;
            }
            if (exclusive) {
                if (copy.state() != ObjectState.WRITE_OWNER || copy.readers > 0) {
                    return null;
                }
                copy.writer = true;
            } else {
                if (!copy.state().readable()) {
                    return null;
                }
                copy.readers++;
            }
            copy.used(true);
        }
        hits.increment();
        return new Hold<>(this, copy, exclusive);
    }

    /** Holds what is readable here, even if others wait for it elsewhere; null when there is nothing. */
    @Nullable
    Hold<T> find(long object) {
        Copy<T> copy = table.find(object);
        if (copy == null || !serving()) {
            return null;
        }
        synchronized (copy) {
            if (copy.writer || copy.dead || !copy.state().readable() || !data.imported(copy)) {
                return null;
            }
            copy.readers++;
        }
        return new Hold<>(this, copy, false);
    }

    /** Puts somebody into the queue of the object. */
    Waiter<T> queue(long object, boolean exclusive, int flags) {
        Waiter<T> waiter = new Waiter<>(exclusive, flags);
        counting.misses.increment();
        engine.transact(out -> {
            locked(object, copy -> queue(copy, waiter, out));
            Ahead<T> more = ahead;
            if (!exclusive && more != null) {
                more.missed(object, out);
            }
        });
        return waiter;
    }

    private void queue(Copy<T> copy, Waiter<T> waiter, Outbox out) {
        if (closed) {
            out.later(() -> waiter.completeExceptionally(wasClosed()));
            return;
        }
        boolean crowded = !copy.quiet();
        copy.append(waiter);
        if (crowded && waiter.has(Message.TRY)) {
            out.later(() -> waiter.completeExceptionally(busy(copy)));
        } else {
            serve(copy, out);
        }
    }

    /** Puts the waiter into the queue of an object that is neither here nor wanted; tells whether it did. */
    boolean queueIfMissing(long object, Waiter<T> waiter, Outbox out) {
        boolean[] queued = new boolean[1];
        locked(object, copy -> {
            if (copy.quiet() && !copy.state().readable() && copy.outstanding() == null) {
                queue(copy, waiter, out);
                queued[0] = true;
            }
        });
        return queued[0];
    }

    /** Looks whether others can go on after a waiter gave up. */
    void gaveUp(long object) {
        engine.transact(out -> locked(object, copy -> serve(copy, out)));
    }

    /** A step on a copy. */
    @FunctionalInterface
    interface Step<T> {
        void run(Copy<T> copy);
    }

    /** Runs the step with the object's copy locked, a new one if there was none. */
    void locked(long object, Step<T> step) {
        while (true) {
            Copy<T> copy = table.get(object);
            synchronized (copy) {
                if (!copy.dead) {
                    step.run(copy);
                    return;
                }
            }
        }
    }

    void assign(Copy<T> copy, T value) {
        boolean created;
        synchronized (copy) {
            created = copy.state() == ObjectState.INV_OWNER;
            copy.value = value;
            if (created && !copy.dead) {
                copy.state(ObjectState.WRITE_OWNER);
                copy.born();
                data.inserted(copy);
                evictor.account(copy);
            }
        }
        if (created && !backup.waits()) {
            engine.transact(out -> births.tellIfNot(copy, out));
        }
    }

    void put(Copy<T> copy, boolean exclusive) {
        if (!exclusive) {
            putHere(copy, false);
        } else if (backup.waits()) {
            putWhen(backup.written(copy), copy, durable.durable() ? "storing" : "replication");
        } else {
            CompletableFuture<Void> known = births.known(copy);
            if (known.isDone()) {
                putHere(copy, true);
            } else {
                putWhen(known, copy, "creation");
            }
        }
    }

    private void putWhen(CompletableFuture<Void> safe, Copy<T> copy, String what) {
        try {
            SetSpec<T> spec = data.spec();
            Duration deadline = spec == null ? Rpc.DEFAULT_DEADLINE : spec.deadline();
            Awaiting.result(
                    engine.rpc().time(), safe, deadline, () -> what + " of object " + copy.object + " of set " + id());
        } finally {
            putHere(copy, true);
        }
    }

    /** Ends a hold that nobody has got, and under which nothing was written. */
    void giveBack(Copy<T> copy, boolean exclusive) {
        putHere(copy, exclusive);
    }

    private void putHere(Copy<T> copy, boolean exclusive) {
        synchronized (copy) {
            if (copy.dead) {
                fenced(copy, exclusive);
                return;
            }
            data.put(copy, exclusive);
            if (copy.quiet()) {
                release(copy, exclusive);
                copy.tidy();
                return;
            }
        }
        engine.transact(out -> {
            synchronized (copy) {
                if (!copy.dead) {
                    release(copy, exclusive);
                    serve(copy, out);
                }
            }
        });
    }

    private void fenced(Copy<T> copy, boolean exclusive) {
        if (exclusive) {
            throw new KddmException(
                    Kind.FENCED,
                    "put of object " + copy.object + " of set " + id()
                            + ": this node was voted out while it was held; grab it again");
        }
    }

    private void release(Copy<T> copy, boolean exclusive) {
        if (exclusive) {
            copy.writer = false;
            copy.written(true);
            if (!backup.waits()) {
                copy.version++;
            }
        } else {
            copy.readers--;
        }
    }

    /** Lets the home's demand and the waiters go on as far as they can. */
    void serve(Copy<T> copy, Outbox out) {
        goOn(copy, out);
        copy.tidy();
        evictor.account(copy);
    }

    private void goOn(Copy<T> copy, Outbox out) {
        while (true) {
            while (copy.head() != null && copy.head().isDone()) {
                copy.shift();
            }
            if (copy.demand() != null && (copy.ahead() == 0 || copy.head() == null)) {
                if (!protocol.ready(copy)) {
                    return;
                }
                protocol.obey(copy, out);
                continue;
            }
            Waiter<T> first = copy.head();
            if (first == null) {
                forget(copy);
                return;
            }
            if (!step(copy, first, out)) {
                if (copy.demand() == null || copy.ahead() == 0 || copy.held()) {
                    return;
                }
                copy.nobodyAhead();
            }
        }
    }

    /** Has the copy taken out of the table later when there is nothing in it. */
    void forget(Copy<T> copy) {
        copy.tidy();
        evictor.account(copy);
        if (!copy.idle && copy.forgettable()) {
            copy.idle = true;
            engine.idle(this, copy);
        }
    }

    /** Serves the first waiter; false when it must wait. */
    private boolean step(Copy<T> copy, Waiter<T> first, Outbox out) {
        if (!serving() || copy.writer || (first.exclusive && copy.readers > 0)) {
            return busy(copy, first, out);
        }
        if (copy.state() == ObjectState.INV_OWNER && copy.lost() && !first.has(Message.REPLACE)) {
            fail(copy, first, protocol.lost(copy.object), out);
            return true;
        }
        if (copy.state() == ObjectState.INV_OWNER && !first.has(Message.MANUAL)) {
            if (first.has(Message.NO_FIRST_TOUCH)) {
                return absent(copy, first, out);
            }
            return touch(copy, first, out);
        }
        boolean enough = first.exclusive
                ? copy.state() == ObjectState.WRITE_OWNER || copy.state() == ObjectState.INV_OWNER
                : copy.state().readable() || copy.state() == ObjectState.INV_OWNER;
        if (!enough) {
            request(copy, first, out);
            return false;
        }
        return grant(copy, first, out);
    }

    private boolean busy(Copy<T> copy, Waiter<T> first, Outbox out) {
        if (!first.has(Message.TRY)) {
            return false;
        }
        fail(copy, first, busy(copy), out);
        return true;
    }

    private KddmException busy(Copy<T> copy) {
        return new KddmException(Kind.BUSY, "object " + copy.object + " of set " + id() + " is held");
    }

    private boolean grant(Copy<T> copy, Waiter<T> first, Outbox out) {
        try {
            if (copy.state() != ObjectState.INV_OWNER && !data.imported(copy)) {
                throw new KddmException(
                        Kind.NO_SET, "set " + id() + " is not open on node " + engine.self() + ": open it first");
            }
        } catch (RuntimeException e) {
            fail(copy, first, e, out);
            return true;
        }
        copy.shift();
        copy.used(true);
        if (first.exclusive) {
            copy.writer = true;
        } else {
            copy.readers++;
        }
        Hold<T> hold = new Hold<>(this, copy, first.exclusive);
        out.later(() -> {
            if (!first.complete(Optional.of(hold))) {
                hold.giveBack();
            }
        });
        return true;
    }

    private boolean touch(Copy<T> copy, Waiter<T> first, Outbox out) {
        try {
            data.firstTouch(copy);
            copy.born();
            if (backup.waits()) {
                out.later(() -> backup.refresh(copy));
            }
            return true;
        } catch (RuntimeException e) {
            fail(
                    copy,
                    first,
                    new KddmException(
                            Kind.LINKER,
                            "first touch of object " + copy.object + " of set " + id() + " failed: " + e,
                            e),
                    out);
            return true;
        }
    }

    /** Tells the first waiter that there is no object. */
    boolean absent(Copy<T> copy, Waiter<T> first, Outbox out) {
        copy.shift();
        out.later(() -> first.complete(Optional.empty()));
        return true;
    }

    /** Takes the waiter, which is the first one, out of the queue with an error. */
    void fail(Copy<T> copy, Waiter<T> first, RuntimeException error, Outbox out) {
        copy.shift();
        out.later(() -> first.completeExceptionally(error));
    }

    private void request(Copy<T> copy, Waiter<T> first, Outbox out) {
        if (copy.outstanding() != null) {
            return;
        }
        (first.exclusive ? counting.grabs : counting.gets).increment();
        int flags = first.flags
                | (data.touchAtHome() ? Message.TOUCH_AT_HOME : 0)
                | (first.exclusive && copy.exists() ? Message.HAS_COPY : 0)
                | replicated();
        Outstanding asked = engine.request(
                key, copy.object, first.exclusive ? Want.WRITE : Want.READ, flags, placement(copy), first);
        copy.outstanding(asked);
        if (first.exclusive || !hints.ask(copy, asked, out)) {
            engine.send(asked, out);
        }
    }

    /** Returns the flag of requests for sets with several copies. */
    int replicated() {
        return (backup.waits() ? Message.REPLICATED : 0) | (durable.durable() ? Message.DURABLE : 0);
    }

    /** Returns where the object's directory entry goes. */
    int placement(Copy<T> copy) {
        return data.spec() != null ? data.placement(copy.object) : copy.placement();
    }

    /** Stops or continues to serve this set's users on this node. */
    void freeze(boolean freeze) {
        frozen = freeze;
        if (!freeze) {
            serveAll();
        }
    }

    /** Looks at all queues again. */
    void serveAll() {
        engine.transact(out -> table.forEach(copy -> {
            synchronized (copy) {
                if (!copy.dead && copy.head() != null) {
                    serve(copy, out);
                }
            }
        }));
    }
}
