package org.linuxssi.kddm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * New objects of a set with one copy: the first put ends when the stand-in of the home knows that the object exists. Before that
 * a home that is cut off together with what it made would take an object along that nobody else ever heard of.
 */
final class Births<T> {

    private final Engine engine;
    private final Copies<T> copies;
    private final ConcurrentHashMap<Long, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();

    Births(Engine engine, Copies<T> copies) {
        this.engine = engine;
        this.copies = copies;
    }

    /** Completes when the existence of the object, which is held to write, is known. */
    CompletableFuture<Void> known(Copy<T> copy) {
        CompletableFuture<Void> future;
        synchronized (copy) {
            if (!pending(copy)) {
                return CompletableFuture.completedFuture(null);
            }
            future = waiting.computeIfAbsent(copy.object, _ -> new CompletableFuture<>());
        }
        var _ = future.whenComplete((_, _) -> waiting.remove(copy.object, future));
        engine.transact(out -> tellIfNot(copy, out));
        return future;
    }

    private static boolean pending(Copy<?> copy) {
        return copy.unborn() && !copy.dead && copy.exists() && copy.state().owner();
    }

    void witnessed(Message.Witnessed it, Outbox out) {
        Copy<T> copy = copies.table().find(it.object());
        if (copy != null) {
            synchronized (copy) {
                if (copy.unborn() && it.seq() >= copy.birth()) {
                    copy.known();
                    copy.tidy();
                    end(it.object(), out);
                }
            }
        }
    }

    private void end(long object, Outbox out) {
        CompletableFuture<Void> future = waiting.get(object);
        if (future != null) {
            out.later(() -> future.complete(null));
        }
    }

    boolean idle() {
        return waiting.isEmpty();
    }

    /** Tells the homes once more of what is not yet known. */
    void again(Outbox out) {
        waiting.keySet().forEach(object -> {
            Copy<T> copy = copies.table().find(object);
            if (copy == null) {
                end(object, out);
                return;
            }
            synchronized (copy) {
                if (pending(copy)) {
                    tell(copy, out);
                } else {
                    end(object, out);
                }
            }
        });
    }

    /** Tells the home, unless it knows already: the object may have been made here after ownership came. */
    void tellIfNot(Copy<T> copy, Outbox out) {
        synchronized (copy) {
            if (pending(copy) && !copy.told()) {
                tell(copy, out);
            }
        }
    }

    /** Tells the home, which tells its stand-in; the copy is locked. */
    void tell(Copy<T> copy, Outbox out) {
        copy.told(true);
        engine.home(copies.placement(copy), copy.object)
                .ifPresent(home -> out.send(home, new Message.Created(copies.key(), copy.object, copy.birth())));
    }

    /** Ends all waiting. */
    void close(Supplier<KddmException> error) {
        waiting.values().forEach(future -> future.completeExceptionally(error.get()));
    }
}
