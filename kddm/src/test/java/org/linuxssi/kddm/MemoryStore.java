package org.linuxssi.kddm;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.kddm.spi.ObjectStore;

/** A store that outlives its node as a disk does; it can be stopped, and then keeps everybody waiting. */
final class MemoryStore implements ObjectStore {

    private final Map<Long, Stored> disk = new ConcurrentHashMap<>();
    private final Queue<Runnable> pending = new ArrayDeque<>();
    private boolean stopped;

    synchronized void stop() {
        stopped = true;
    }

    synchronized void goOn() {
        stopped = false;
        while (!pending.isEmpty()) {
            pending.remove().run();
        }
    }

    Map<Long, Stored> disk() {
        return disk;
    }

    private synchronized CompletionStage<Void> later(Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable all = () -> {
            task.run();
            done.complete(null);
        };
        if (stopped) {
            pending.add(all);
        } else {
            all.run();
        }
        return done;
    }

    @Override
    public CompletionStage<Void> write(long object, Stored version) {
        return later(() -> disk.merge(object, version, (old, now) -> now.version() >= old.version() ? now : old));
    }

    @Override
    public CompletionStage<Optional<Stored>> read(long object) {
        return CompletableFuture.completedStage(Optional.ofNullable(disk.get(object)));
    }

    @Override
    public CompletionStage<Void> remove(long object) {
        return later(() -> disk.remove(object));
    }
}
