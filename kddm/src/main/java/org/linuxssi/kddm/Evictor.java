package org.linuxssi.kddm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;

/**
 * Keeps a set's objects on this node to the number that its spec allows, in the background: those go first that were not used since
 * the last look. A copy that others have too is dropped; the last one moves to a node that has room, and stays when there is none.
 */
final class Evictor<T> {

    private static final int BATCH = 256;
    private static final int PLENTY = 1 << 20;
    private static final Duration ANSWER = Duration.ofSeconds(1);
    private static final Duration MOVE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** A copy on its way out; the last one goes to another node. */
    private record Move(CompletableFuture<Void> done, boolean last) {}

    private final Engine engine;
    private final Copies<T> copies;
    private final AtomicInteger present = new AtomicInteger();
    private final AtomicBoolean running = new AtomicBoolean();

    Evictor(Engine engine, Copies<T> copies) {
        this.engine = engine;
        this.copies = copies;
    }

    /** Notes whether there is data in the copy, which is locked. */
    void account(Copy<T> copy) {
        boolean there = copy.exists() && !copy.dead;
        if (there != copy.counted()) {
            copy.counted(there);
            present.addAndGet(there ? 1 : -1);
            if (there) {
                begin();
            }
        }
    }

    /** Returns how many objects have data here. */
    int present() {
        return present.get();
    }

    private int limit() {
        SetSpec<T> spec = copies.data().spec();
        return spec == null ? Integer.MAX_VALUE : spec.cache();
    }

    /** Returns for how many more objects there is room. */
    int room() {
        SetSpec<T> spec = copies.data().spec();
        return spec == null ? 0 : Math.clamp((long) spec.cache() - present.get(), 0, PLENTY);
    }

    private void begin() {
        if (present.get() > limit() && running.compareAndSet(false, true)) {
            engine.rpc().time().execute(this::run);
        }
    }

    private void run() {
        boolean progress = false;
        try {
            progress = round();
        } finally {
            running.set(false);
        }
        if (progress) {
            begin();
        } else {
            engine.rpc().time().after(PAUSE, this::begin);
        }
    }

    /** Evicts some; tells whether any went. */
    private boolean round() {
        int excess = Math.min(BATCH, present.get() - limit());
        if (excess <= 0 || !engine.serving()) {
            return false;
        }
        List<Copy<T>> victims = victims(excess);
        Map<NodeId, Integer> rooms = victims.stream().anyMatch(Evictor::mayBeLast) ? rooms() : Map.of();
        List<Move> moves = new ArrayList<>();
        for (Copy<T> victim : victims) {
            Move move = evict(victim, rooms);
            if (move != null) {
                moves.add(move);
            }
        }
        int before = present.get();
        for (Move move : moves) {
            try {
                Awaiting.result(engine.rpc().time(), move.done(), MOVE, () -> "eviction from set " + copies.id());
                copies.counting().evictions.increment();
                if (move.last()) {
                    copies.counting().injections.increment();
                }
            } catch (KddmException stays) {
                continue;
            }
        }
        return present.get() < before || !moves.isEmpty();
    }

    private List<Copy<T>> victims(int count) {
        List<Copy<T>> cold = new ArrayList<>();
        List<Copy<T>> warm = new ArrayList<>();
        copies.table().whileTrue(copy -> {
            synchronized (copy) {
                if (copy.exists() && !copy.dead && !copy.held() && copy.quiet()) {
                    if (!copy.used()) {
                        cold.add(copy);
                    } else if (warm.size() < count) {
                        warm.add(copy);
                    }
                    copy.used(false);
                }
            }
            return cold.size() < count;
        });
        cold.addAll(warm.subList(0, Math.min(warm.size(), count - cold.size())));
        return cold;
    }

    private static boolean mayBeLast(Copy<?> copy) {
        synchronized (copy) {
            return copy.state() != ObjectState.READ_COPY;
        }
    }

    private @Nullable Move evict(Copy<T> victim, Map<NodeId, Integer> rooms) {
        int destination = Message.ANY_NODE;
        boolean last = mayBeLast(victim);
        if (last) {
            NodeId heir = take(rooms);
            if (heir == null || copies.placement(victim) == Members.LOCAL) {
                return null;
            }
            destination = heir.value();
        }
        CompletableFuture<Void> done = engine.operate(
                copies.key(), victim.object, Want.FLUSH, copies.replicated(), copies.placement(victim), destination);
        return new Move(done, last);
    }

    /** Takes one place at the first node that has some. */
    private static @Nullable NodeId take(Map<NodeId, Integer> rooms) {
        for (Iterator<Map.Entry<NodeId, Integer>> it = rooms.entrySet().iterator(); it.hasNext(); ) {
            Map.Entry<NodeId, Integer> room = it.next();
            if (room.getValue() > 0) {
                room.setValue(room.getValue() - 1);
                return room.getKey();
            }
            it.remove();
        }
        return null;
    }

    /** Asks the other members for how many objects they have room. */
    private Map<NodeId, Integer> rooms() {
        Map<NodeId, Integer> rooms = new TreeMap<>();
        engine.rpc()
                .ask(engine.staying().minus(engine.self()), Engine.ROOM, copies.id(), ANSWER)
                .forEach((node, answer) -> {
                    try {
                        rooms.put(node, Awaiting.result(engine.rpc().time(), answer, ANSWER, () -> "room of " + node));
                    } catch (KddmException unreachable) {
                        rooms.put(node, 0);
                    }
                });
        return rooms;
    }
}
