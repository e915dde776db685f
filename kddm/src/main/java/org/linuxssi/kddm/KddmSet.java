package org.linuxssi.kddm;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * Objects by number that all nodes read and write as if they were local, strictly consistent.
 *
 * <pre>{@code
 * try (Hold<Long> hold = counters.grab(42)) {
 *     hold.set(hold.value() + 1);
 * }
 * long now = counters.read(42);
 * }</pre>
 *
 * <p>Blocking operations end by their deadline (that of the set, if none is given) or an interrupt, with a
 * {@link KddmException}.
 *
 * @param <T> type of the objects
 */
public final class KddmSet<T> {

    /** Operations on several objects are asked for so many at a time. */
    private static final int AT_ONCE = 256;

    private final Engine engine;
    private final SetSpec<T> spec;
    private final Copies<T> copies;
    private final Definitions definitions;
    private volatile boolean verified;

    KddmSet(Engine engine, SetSpec<T> spec, Copies<T> copies, Definitions definitions, boolean verified) {
        this.engine = engine;
        this.spec = spec;
        this.copies = copies;
        this.definitions = definitions;
        this.verified = verified;
    }

    /** Returns the name of the set. */
    public SetId id() {
        return spec.id();
    }

    /** Returns how this node opened the set. */
    public SetSpec<T> spec() {
        return spec;
    }

    /** Returns the same set with another deadline for operations that give none; what a put waits for keeps the deadline of the spec. */
    public KddmSet<T> deadline(Duration limit) {
        return new KddmSet<>(engine, spec.deadline(limit), copies, definitions, verified);
    }

    /** Holds the object to read; makes it by first touch if it is absent. */
    public Hold<T> get(long object) {
        return get(object, spec.deadline());
    }

    /** Holds the object to read, waiting at most so long. */
    public Hold<T> get(long object, Duration deadline) {
        Hold<T> hit = copies.hit(object, false);
        return hit != null ? hit : present(object, acquire(object, false, 0, deadline));
    }

    /** Holds the object to write: no other node has a copy. */
    public Hold<T> grab(long object) {
        return grab(object, spec.deadline());
    }

    /** Holds the object to write, waiting at most so long. */
    public Hold<T> grab(long object, Duration deadline) {
        Hold<T> hit = copies.hit(object, true);
        return hit != null ? hit : present(object, acquire(object, true, 0, deadline));
    }

    /** Holds the object to read if this node has a copy that nobody here writes; sends nothing. */
    public Optional<Hold<T>> find(long object) {
        return Optional.ofNullable(copies.find(object));
    }

    /** Holds the object to read; an absent one stays absent. */
    public Optional<Hold<T>> getNoFirstTouch(long object) {
        Hold<T> hit = copies.hit(object, false);
        return hit != null ? Optional.of(hit) : acquire(object, false, Message.NO_FIRST_TOUCH, spec.deadline());
    }

    /** Holds the object to write; an absent one stays absent. */
    public Optional<Hold<T>> grabNoFirstTouch(long object) {
        Hold<T> hit = copies.hit(object, true);
        return hit != null ? Optional.of(hit) : acquire(object, true, Message.NO_FIRST_TOUCH, spec.deadline());
    }

    /** Holds the object to write; an absent one is left to the caller, who makes it with {@link Hold#set} or does not. */
    public Hold<T> grabManual(long object) {
        Hold<T> hit = copies.hit(object, true);
        return hit != null ? hit : present(object, acquire(object, true, Message.MANUAL, spec.deadline()));
    }

    /**
     * Holds the object to write if nobody holds it.
     *
     * @throws KddmException of kind BUSY (EBUSY) when somebody does
     */
    public Hold<T> tryGrab(long object) {
        Hold<T> hit = copies.hit(object, true);
        return hit != null ? hit : present(object, acquire(object, true, Message.TRY, spec.deadline()));
    }

    /** Holds the object to read, later; cancelling the future gives up. */
    public CompletableFuture<Hold<T>> getAsync(long object) {
        return async(object, false);
    }

    /** Holds the object to write, later; cancelling the future gives up. */
    public CompletableFuture<Hold<T>> grabAsync(long object) {
        return async(object, true);
    }

    /** Returns the object without holding it. */
    public T read(long object) {
        try (Hold<T> hold = get(object)) {
            return hold.value();
        }
    }

    /** Returns the object without holding it; empty when it is absent. */
    public Optional<T> readNoFirstTouch(long object) {
        Optional<Hold<T>> found = getNoFirstTouch(object);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (Hold<T> hold = found.get()) {
            return Optional.of(hold.value());
        }
    }

    /** Returns the object's bytes; empty when it is absent. */
    Optional<byte[]> bytes(long object) {
        Optional<Hold<T>> found = getNoFirstTouch(object);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (Hold<T> hold = found.get()) {
            Encoder out = new Encoder(64);
            spec.linker().exportObject(object, hold.value(), out);
            return Optional.of(out.toBytes());
        }
    }

    /** Replaces the object by what the function makes of it, and returns that. */
    public T update(long object, UnaryOperator<T> change) {
        try (Hold<T> hold = grab(object)) {
            T value = change.apply(hold.value());
            hold.set(value);
            return value;
        }
    }

    /** Puts the object there, whether it is absent, present or lost. */
    public void setObject(long object, T value) {
        Hold<T> hit = copies.hit(object, true);
        int flags = Message.MANUAL | Message.REPLACE;
        try (Hold<T> hold = hit != null ? hit : present(object, acquire(object, true, flags, spec.deadline()))) {
            hold.set(value);
        }
    }

    /** Removes the object from the cluster, when those who hold it have put it; an absent one is no error. */
    public void removeObject(long object) {
        await(object, Want.REMOVE, Message.ANY_NODE);
    }

    /** Removes objects as {@link #removeObject} does; what the nodes concerned have to be told travels together. */
    public void removeObjects(Collection<Long> objects) {
        await(List.copyOf(objects), Want.REMOVE);
    }

    /** Gives up this node's copy; the last one moves to another node. */
    public void flushObject(long object) {
        await(object, Want.FLUSH, Message.ANY_NODE);
    }

    /** Gives up this node's copy; the last one moves to this node if it can. */
    public void flushObject(long object, NodeId destination) {
        await(object, Want.FLUSH, destination.value());
    }

    /** Gives up all of this node's copies. */
    public void flushSet() {
        await(copies.present(), Want.FLUSH);
    }

    /** Has the owner write the object to its store. */
    public void syncObject(long object) {
        await(object, Want.SYNC, Message.ANY_NODE);
    }

    /** Lets operations on this node wait until {@link #unfreeze()}. */
    public void freeze() {
        copies.freeze(true);
    }

    /** Lets operations on this node go on. */
    public void unfreeze() {
        copies.freeze(false);
    }

    private Hold<T> present(long object, Optional<Hold<T>> hold) {
        return hold.orElseThrow(
                () -> new KddmException(Kind.LINKER, "object " + object + " of set " + id() + " was not made"));
    }

    private void await(long object, Want want, int destination) {
        verify();
        CompletableFuture<Void> operation = engine.operate(
                copies.key(), object, want, copies.replicated(), copies.data().placement(object), destination);
        Awaiting.result(
                engine.rpc().time(),
                operation,
                spec.deadline(),
                () -> want + " of object " + object + " of set " + id());
    }

    private void await(List<Long> objects, Want want) {
        verify();
        for (int first = 0; first < objects.size(); first += AT_ONCE) {
            awaitAll(objects.subList(first, Math.min(objects.size(), first + AT_ONCE)), want);
        }
    }

    private void awaitAll(List<Long> objects, Want want) {
        List<CompletableFuture<Void>> operations =
                objects.stream().map(_ -> new CompletableFuture<Void>()).toList();
        engine.transact(out -> {
            for (int i = 0; i < objects.size(); i++) {
                long object = objects.get(i);
                engine.operate(
                        copies.key(),
                        object,
                        want,
                        copies.replicated(),
                        copies.data().placement(object),
                        Message.ANY_NODE,
                        operations.get(i),
                        out);
            }
        });
        try {
            Awaiting.result(
                    engine.rpc().time(),
                    CompletableFuture.allOf(operations.toArray(CompletableFuture[]::new)),
                    spec.deadline(),
                    () -> want + " of " + objects.size() + " objects of set " + id() + " from " + objects.getFirst());
        } finally {
            operations.forEach(operation -> operation.cancel(false));
        }
    }

    private Optional<Hold<T>> acquire(long object, boolean exclusive, int flags, Duration deadline) {
        verify();
        Waiter<T> waiter = copies.queue(object, exclusive, flags);
        try {
            return Awaiting.result(
                    engine.rpc().time(),
                    waiter,
                    deadline,
                    () -> (exclusive ? "grab" : "get") + " of object " + object + " of set " + id());
        } finally {
            if (waiter.isCompletedExceptionally()) {
                copies.gaveUp(object);
            }
        }
    }

    private void verify() {
        copies.checkOpen();
        if (!verified) {
            definitions.verify(spec.definition());
            verified = true;
        }
    }

    private CompletableFuture<Hold<T>> async(long object, boolean exclusive) {
        Hold<T> hit = copies.hit(object, exclusive);
        if (hit != null) {
            return CompletableFuture.completedFuture(hit);
        }
        if (!verified) {
            CompletableFuture<Hold<T>> later = new CompletableFuture<>();
            engine.rpc().time().execute(() -> {
                try {
                    verify();
                    follow(object, exclusive, later);
                } catch (RuntimeException e) {
                    later.completeExceptionally(e);
                }
            });
            return later;
        }
        CompletableFuture<Hold<T>> result = new CompletableFuture<>();
        follow(object, exclusive, result);
        return result;
    }

    private void follow(long object, boolean exclusive, CompletableFuture<Hold<T>> result) {
        Waiter<T> waiter = copies.queue(object, exclusive, 0);
        var timer = engine.rpc()
                .time()
                .after(
                        spec.deadline(),
                        () -> waiter.completeExceptionally(
                                Awaiting.late(() -> "object " + object + " of set " + id(), spec.deadline())));
        var _ = waiter.whenComplete((hold, error) -> {
            timer.close();
            if (error != null) {
                result.completeExceptionally(error);
                copies.gaveUp(object);
            } else if (hold.isEmpty()) {
                result.completeExceptionally(new KddmException(Kind.LINKER, "object " + object + " was not made"));
            } else if (!result.complete(hold.get())) {
                hold.get().giveBack();
            }
        });
        var _ = result.whenComplete((_, error) -> {
            if (error != null) {
                waiter.cancel(false);
            }
        });
    }
}
