package org.linuxssi.kddm;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Somebody who waits in the queue of a copy for a hold; completes empty when the object is absent. */
final class Waiter<T> extends CompletableFuture<Optional<Hold<T>>> {

    final boolean exclusive;
    final int flags;

    @Nullable
    Waiter<T> next;

    Waiter(boolean exclusive, int flags) {
        this.exclusive = exclusive;
        this.flags = flags;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
