package org.linuxssi.kddm;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A request to an object's home that has not been answered yet; it is sent again in each new view and when time passes. */
final class Outstanding {

    final Message.Request request;
    /** Whom it was made for; the answer serves others too when it is gone. */
    final @Nullable Waiter<?> initiator;
    /** Completes with operations that are no holds. */
    final @Nullable CompletableFuture<Void> operation;

    volatile long sentAt;

    Outstanding(
            Message.Request request,
            @Nullable Waiter<?> initiator,
            @Nullable CompletableFuture<Void> operation,
            long now) {
        this.request = request;
        this.initiator = initiator;
        this.operation = operation;
        this.sentAt = now;
    }
}
