package org.linuxssi.kddm;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.kddm.KddmException.Kind;
import org.linuxssi.kddm.spi.CodecLinker;
import org.linuxssi.kddm.spi.IoLinker;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.TimeSource;

/**
 * Barriers by number: threads of any nodes wait until all parties have come, then all go on, and the barrier can be used again.
 * Who waits has a read copy of the barrier's object and looks again when another arrival invalidates it.
 */
public final class DistributedBarriers {

    /** A barrier between two arrivals; parties is 0 while nobody waits. */
    record State(long generation, int arrived, int parties) {
        static final State NEW = new State(0, 0, 0);
        static final Codec<State> CODEC = Codec.of(
                (it, out) -> out.i64(it.generation).i32(it.arrived).i32(it.parties),
                in -> new State(in.i64(), in.length(Integer.MAX_VALUE), in.length(Integer.MAX_VALUE)));

        State arrive(int all) {
            return arrived + 1 == all ? new State(generation + 1, 0, 0) : new State(generation, arrived + 1, all);
        }

        State leave() {
            return arrived == 1 ? new State(generation, 0, 0) : new State(generation, arrived - 1, parties);
        }
    }

    /** Tells those on this node who wait that a barrier's object changed. */
    private static final class Watch extends CodecLinker<State> {
        private final Map<Long, CompletableFuture<Void>> changes = new ConcurrentHashMap<>();

        Watch() {
            super(State.CODEC, _ -> State.NEW);
        }

        CompletableFuture<Void> next(long object) {
            return changes.computeIfAbsent(object, _ -> new CompletableFuture<>());
        }

        private void changed(long object) {
            CompletableFuture<Void> waiting = changes.remove(object);
            if (waiting != null) {
                waiting.complete(null);
            }
        }

        @Override
        public IoLinker.Invalidated invalidateObject(long object, State value) {
            changed(object);
            return IoLinker.Invalidated.DROP;
        }

        @Override
        public void putObject(long object, State value, boolean exclusive) {
            if (exclusive) {
                changed(object);
            }
        }
    }

    private final KddmSet<State> set;
    private final Watch watch;
    private final TimeSource time;

    DistributedBarriers(KddmSet<State> set, TimeSource time) {
        this.set = set;
        this.watch = (Watch) set.spec().linker();
        this.time = time;
    }

    static SetSpec<State> spec() {
        return SetSpec.of(SetId.of(SetId.KDDM, 6), "kddm-barrier", new Watch()).copies(3);
    }

    /**
     * Waits until so many threads have called this for the barrier.
     *
     * @throws IllegalArgumentException when others wait for another number of parties, or it is not positive
     * @throws KddmException of kind DEADLINE or INTERRUPTED; then this thread does not count as having come
     */
    public void await(long barrier, int parties, Duration deadline) {
        if (parties < 1) {
            throw new IllegalArgumentException("barrier " + barrier + ": " + parties + " parties are none");
        }
        long end = time.nanos() + deadline.toNanos();
        long generation = arrive(barrier, parties, deadline);
        boolean through = false;
        try {
            while (!through) {
                CompletableFuture<Void> change = watch.next(barrier);
                through = set.read(barrier).generation() != generation;
                if (!through) {
                    Duration left = Duration.ofNanos(Math.max(1, end - time.nanos()));
                    Awaiting.result(time, change.copy(), left, () -> "barrier " + barrier + " of " + parties);
                }
            }
        } catch (KddmException gaveUp) {
            if (gaveUp.kind() == Kind.DEADLINE || gaveUp.kind() == Kind.INTERRUPTED) {
                through = !leave(barrier, generation);
            }
            if (!through) {
                throw gaveUp;
            }
        }
    }

    private long arrive(long barrier, int parties, Duration deadline) {
        try (Hold<State> hold = set.grab(barrier, deadline)) {
            State before = hold.value();
            if (before.parties() != 0 && before.parties() != parties) {
                throw new IllegalArgumentException("barrier " + barrier + " is waited for by " + before.parties()
                        + " parties, not " + parties + ": all have to name the same number");
            }
            hold.set(before.arrive(parties));
            return before.generation();
        }
    }

    /** Takes an arrival back; false when all have come meanwhile. */
    private boolean leave(long barrier, long generation) {
        boolean interrupted = Thread.interrupted();
        try (Hold<State> hold = set.grab(barrier)) {
            State now = hold.value();
            if (now.generation() != generation) {
                return false;
            }
            hold.set(now.leave());
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
