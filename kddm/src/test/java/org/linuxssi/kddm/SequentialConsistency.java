package org.linuxssi.kddm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.kddm.Operation.End;
import org.linuxssi.kddm.Operation.Kind;

/**
 * Tells whether histories of all objects together are sequentially consistent, when all writes are updates: the versions then
 * say in which order the writes of an object happened, and a cycle of "my client did it before", "read what it wrote", "wrote over
 * it" and "read before it was written over" is a contradiction.
 */
final class SequentialConsistency {

    private final List<Operation> operations;
    private final Map<Operation, List<Operation>> after = new HashMap<>();

    private SequentialConsistency(List<Operation> operations) {
        this.operations = operations;
    }

    /** Returns the cycle, if there is one. */
    static Optional<String> violation(List<Operation> history) {
        SequentialConsistency graph = new SequentialConsistency(history.stream()
                .filter(it -> it.end == End.DONE || (it.end == End.UNKNOWN && it.written != null))
                .toList());
        graph.programs();
        graph.versions();
        return graph.cycle();
    }

    private void edge(Operation from, Operation to) {
        if (from != to) {
            after.computeIfAbsent(from, _ -> new ArrayList<>()).add(to);
        }
    }

    private void programs() {
        Map<Integer, Operation> last = new HashMap<>();
        for (Operation it : operations) {
            Operation before = last.put(it.client, it);
            if (before != null) {
                edge(before, it);
            }
        }
    }

    private void versions() {
        Map<Long, Map<Long, Operation>> writers = new HashMap<>();
        for (Operation it : operations) {
            if (it.written != null) {
                writers.computeIfAbsent(it.object, _ -> new HashMap<>()).put(it.written.version(), it);
            }
        }
        for (Operation it : operations) {
            if (it.hasRead && it.read.isPresent()) {
                Map<Long, Operation> ofObject = writers.getOrDefault(it.object, Map.of());
                long version = it.read.get().version();
                Operation source = ofObject.get(version);
                Operation next = ofObject.get(version + 1);
                if (source != null && source.number == it.read.get().writer()) {
                    edge(source, it);
                }
                if (next != null && (it.kind == Kind.READ || it.kind == Kind.LOOK) && next.end == End.DONE) {
                    edge(it, next);
                }
            }
        }
    }

    private Optional<String> cycle() {
        Map<Operation, Integer> incoming = new HashMap<>();
        after.values().forEach(list -> list.forEach(to -> incoming.merge(to, 1, Integer::sum)));
        Deque<Operation> free = new ArrayDeque<>();
        operations.stream().filter(it -> !incoming.containsKey(it)).forEach(free::add);
        int ordered = 0;
        while (!free.isEmpty()) {
            Operation it = free.remove();
            ordered++;
            for (Operation next : after.getOrDefault(it, List.of())) {
                if (incoming.merge(next, -1, Integer::sum) == 0) {
                    free.add(next);
                }
            }
        }
        if (ordered == operations.size()) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder("these operations contradict each other across objects:\n");
        operations.stream()
                .filter(it -> incoming.getOrDefault(it, 0) > 0)
                .limit(40)
                .forEach(it -> text.append("  ").append(it).append('\n'));
        return Optional.of(text.toString());
    }
}
