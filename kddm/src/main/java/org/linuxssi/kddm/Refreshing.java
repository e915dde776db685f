package org.linuxssi.kddm;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sends what is owned here to its backups of a new view, a few objects at a time and resting as long as they took: so users who
 * wait for a lost or moved object come in between, and there is never so much on its way that it is sent again before it can arrive.
 */
final class Refreshing {

    private static final Logger LOG = System.getLogger(Refreshing.class.getName());
    private static final int AT_ONCE = 8;
    private static final Duration LONGEST_REST = Duration.ofMillis(10);

    /** Objects of a set, the first ones of which may have been sent. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Part(Copies<?> copies, long[] objects, int next) {}

    private final Engine engine;
    private final ArrayDeque<Part> parts = new ArrayDeque<>();
    private long round;
    private boolean running;

    Refreshing(Engine engine) {
        this.engine = engine;
    }

    /** Begins with all that is owned here; what was left of an earlier round is part of it. */
    void begin() {
        List<Part> all = new ArrayList<>();
        for (Copies<?> copies : engine.sets()) {
            long[] objects = copies.backup().lagging();
            if (objects.length > 0) {
                all.add(new Part(copies, objects, 0));
            }
        }
        long mine;
        synchronized (this) {
            parts.clear();
            parts.addAll(all);
            mine = ++round;
            running = true;
        }
        goOn(mine);
    }

    synchronized boolean idle() {
        return !running;
    }

    private void goOn(long mine) {
        Part part;
        synchronized (this) {
            if (mine != round) {
                return;
            }
            part = engine.closed() ? null : parts.poll();
            if (part == null) {
                parts.clear();
                running = false;
                return;
            }
            int next = part.next() + AT_ONCE;
            if (next < part.objects().length) {
                parts.addFirst(new Part(part.copies(), part.objects(), next));
            }
        }
        long begun = engine.rpc().time().nanos();
        var _ = send(part).whenComplete((_, _) -> {
            Duration taken = Duration.ofNanos(engine.rpc().time().nanos() - begun);
            engine.rpc().time().after(taken.compareTo(LONGEST_REST) < 0 ? taken : LONGEST_REST, () -> goOn(mine));
        });
    }

    /** Completes when the targets have them. */
    private static CompletableFuture<Void> send(Part part) {
        int end = Math.min(part.next() + AT_ONCE, part.objects().length);
        CompletableFuture<?>[] sent = new CompletableFuture<?>[end - part.next()];
        for (int i = part.next(); i < end; i++) {
            sent[i - part.next()] = send(part.copies(), part.objects()[i]);
        }
        return CompletableFuture.allOf(sent);
    }

    private static CompletableFuture<Void> send(Copies<?> copies, long object) {
        try {
            return copies.backup().refreshed(object);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "object " + object + " of set " + copies.id() + " was not sent to its backups", e);
            return CompletableFuture.failedFuture(e);
        }
    }
}
