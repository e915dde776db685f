package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.linuxssi.tools.NodeId;

/**
 * What a new home tells the nodes of the objects that they announced, a part at a time to each, so that what somebody waits for comes
 * in between. An object whose holders have all confirmed is served at once.
 */
final class Verdicts {

    /** Sends to a node; completes when it has confirmed all, never when the view changes before. */
    @FunctionalInterface
    interface Sender {
        /** Sends. */
        CompletableFuture<Void> send(NodeId to, List<Message.Settle> list);
    }

    private static final int PART = 200;

    private final Sender sender;
    private final Consumer<Set<Rebuild.Key>> settled;
    private final CompletableFuture<Void> all = new CompletableFuture<>();
    /** How many nodes have not confirmed yet what becomes of the object. */
    private final Map<Rebuild.Key, Integer> open = new HashMap<>();

    private final Map<NodeId, Map<Rebuild.Key, List<Message.Settle>>> unsent = new LinkedHashMap<>();

    /** Makes the list; {@code settled} is told of objects that all have confirmed, before {@link #all} completes. */
    Verdicts(Sender sender, Consumer<Set<Rebuild.Key>> settled) {
        this.sender = sender;
        this.settled = settled;
    }

    /** Adds what a node is to be told; before {@link #begin}. */
    synchronized void add(NodeId to, Rebuild.Key key, Message.Settle it) {
        List<Message.Settle> list =
                unsent.computeIfAbsent(to, _ -> new LinkedHashMap<>()).computeIfAbsent(key, _ -> new ArrayList<>(1));
        if (list.isEmpty()) {
            open.merge(key, 1, Integer::sum);
        }
        list.add(it);
    }

    /** Returns those of the objects of which nobody has to be told any more. */
    synchronized Set<Rebuild.Key> without(Set<Rebuild.Key> keys) {
        Set<Rebuild.Key> others = new LinkedHashSet<>(keys);
        others.removeAll(open.keySet());
        return others;
    }

    /** Completes when all have confirmed all. */
    CompletableFuture<Void> all() {
        return all;
    }

    /** Begins to tell. */
    void begin() {
        List<NodeId> nodes;
        synchronized (this) {
            nodes = List.copyOf(unsent.keySet());
            if (nodes.isEmpty()) {
                all.complete(null);
            }
        }
        nodes.forEach(this::next);
    }

    private void next(NodeId to) {
        Map<Rebuild.Key, List<Message.Settle>> part = new LinkedHashMap<>();
        synchronized (this) {
            Iterator<Map.Entry<Rebuild.Key, List<Message.Settle>>> left =
                    unsent.getOrDefault(to, Map.of()).entrySet().iterator();
            while (left.hasNext() && part.size() < PART) {
                Map.Entry<Rebuild.Key, List<Message.Settle>> one = left.next();
                part.put(one.getKey(), one.getValue());
                left.remove();
            }
        }
        if (!part.isEmpty()) {
            send(to, part, () -> next(to));
        }
    }

    /** Somebody waits for these objects: their holders are told before the others. */
    void hurry(Set<Rebuild.Key> keys) {
        Map<NodeId, Map<Rebuild.Key, List<Message.Settle>>> parts = new LinkedHashMap<>();
        synchronized (this) {
            unsent.forEach((to, left) -> {
                Map<Rebuild.Key, List<Message.Settle>> part = new LinkedHashMap<>();
                for (Rebuild.Key key : keys) {
                    List<Message.Settle> it = left.remove(key);
                    if (it != null) {
                        part.put(key, it);
                    }
                }
                if (!part.isEmpty()) {
                    parts.put(to, part);
                }
            });
        }
        parts.forEach((to, part) -> send(to, part, () -> {}));
    }

    private void send(NodeId to, Map<Rebuild.Key, List<Message.Settle>> part, Runnable then) {
        List<Message.Settle> list = part.values().stream().flatMap(List::stream).toList();
        var _ = sender.send(to, list).thenRun(() -> {
            confirmed(part.keySet());
            then.run();
        });
    }

    private void confirmed(Set<Rebuild.Key> keys) {
        Set<Rebuild.Key> done = new LinkedHashSet<>();
        boolean last;
        synchronized (this) {
            for (Rebuild.Key key : keys) {
                if (open.merge(key, -1, Integer::sum) == 0) {
                    open.remove(key);
                    done.add(key);
                }
            }
            last = open.isEmpty();
        }
        if (!done.isEmpty()) {
            settled.accept(done);
        }
        if (last) {
            all.complete(null);
        }
    }
}
