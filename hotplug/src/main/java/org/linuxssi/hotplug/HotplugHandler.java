package org.linuxssi.hotplug;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.linuxssi.tools.TimeSource;

/**
 * A service's part in a change of membership.
 *
 * <p>The change goes on when the returned stage completes on all nodes. A failed stage is logged and counts as done, but a
 * failed {@link HotplugEvent.Phase#LOCAL} ends the removal: the node stays.
 */
@FunctionalInterface
public interface HotplugHandler {

    /** Starts the service's work for the change; must not block. */
    CompletionStage<?> handle(HotplugEvent event);

    /** Returns a handler that is done when the function returns; it must not block. */
    static HotplugHandler of(Consumer<HotplugEvent> work) {
        return event -> {
            work.accept(event);
            return CompletableFuture.completedFuture(event);
        };
    }

    /** Returns a handler that runs on a thread of its own, where it may block. */
    static HotplugHandler blocking(TimeSource time, Consumer<HotplugEvent> work) {
        return event -> CompletableFuture.runAsync(() -> work.accept(event), time);
    }
}
