package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.linuxssi.tools.Registration;
import org.linuxssi.tools.TimeSource;
import org.linuxssi.tools.VirtualTime;

/** The clock of one simulated node: it runs a little fast or slow, began at another time, and stands still in a pause. */
final class NodeTime implements TimeSource {

    private final VirtualTime base;
    private final double rate;
    private final long offset;
    private final List<Runnable> held = new ArrayList<>();
    private @Nullable CompletableFuture<Boolean> pause;

    NodeTime(VirtualTime base, double rate, long offset) {
        this.base = base;
        this.rate = rate;
        this.offset = offset;
    }

    /** Nothing runs on the node from now on, as in a long collection of garbage; its clock goes on. */
    void pause() {
        pause = new CompletableFuture<>();
    }

    /** Runs what came meanwhile, and goes on. */
    void resume() {
        CompletableFuture<Boolean> ended = pause;
        pause = null;
        if (ended != null) {
            ended.complete(true);
        }
        List<Runnable> late = List.copyOf(held);
        held.clear();
        late.forEach(Runnable::run);
    }

    private Runnable unlessPaused(Runnable task) {
        return () -> {
            if (pause == null) {
                task.run();
            } else {
                held.add(task);
            }
        };
    }

    private Duration real(Duration own) {
        return Duration.ofNanos((long) (own.toNanos() / rate));
    }

    @Override
    public long nanos() {
        return offset + (long) (base.nanos() * rate);
    }

    @Override
    public Registration after(Duration delay, Runnable task) {
        return base.after(real(delay), unlessPaused(task));
    }

    @Override
    public void execute(Runnable task) {
        base.after(Duration.ZERO, unlessPaused(() -> base.execute(task)));
    }

    @Override
    public <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
        try {
            return base.await(future);
        } finally {
            awaitResumption();
        }
    }

    @Override
    public <T> T await(CompletableFuture<T> future, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            return base.await(future, real(limit));
        } finally {
            awaitResumption();
        }
    }

    private void awaitResumption() throws InterruptedException, ExecutionException {
        for (CompletableFuture<Boolean> now = pause; now != null; now = pause) {
            base.await(now);
        }
    }
}
