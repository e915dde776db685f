package org.linuxssi.proc;

import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;

/**
 * The processors that threads of this node asked to be bound to, where they are not only those of the node: the kernel can
 * tell the real ones only. Threads and descendants of a process have what it asked for when they have its real processors.
 */
final class Bindings {

    private static final int START = 22;
    private static final int TIDY = 1000;
    private static final int GENERATIONS = 16;

    /**
     * What a thread asked for.
     *
     * @param start when the thread began, in the kernel's ticks: its number may be used again
     * @param asked the cluster's numbers
     * @param real the node's numbers that it got, those of all that it has
     */
    private record Binding(long start, BitSet asked, BitSet real) {}

    private final Map<Integer, Binding> bindings = new ConcurrentHashMap<>();

    /** Keeps what a thread asked for, nothing when it inherits nothing either; all numbers of threads are the host's. */
    void put(int thread, BitSet asked, BitSet real) {
        if (bindings.size() > TIDY) {
            bindings.keySet().removeIf(each -> find(each).isEmpty());
        }
        bindings.put(thread, new Binding(start(thread), (BitSet) asked.clone(), (BitSet) real.clone()));
    }

    /** Returns what a thread with these real processors asked for, when it did or inherited it. */
    Optional<BitSet> asked(int thread, BitSet real) {
        if (bindings.isEmpty()) {
            return Optional.empty();
        }
        Optional<Binding> binding = find(thread);
        int at = thread;
        for (int i = 0; i < GENERATIONS && binding.isEmpty() && at > 1; i++) {
            Map<String, String> status = ProcFiles.status(Integer.toString(at));
            int process = number(status, "Tgid");
            at = number(status, "PPid");
            binding = find(process).or(() -> find(number(status, "PPid")));
        }
        return binding.filter(found -> found.real().equals(real))
                .map(Binding::asked)
                .filter(asked -> !asked.isEmpty());
    }

    private static int number(Map<String, String> status, String field) {
        return Integer.parseInt(status.getOrDefault(field, "0"));
    }

    private Optional<Binding> find(int thread) {
        return Optional.ofNullable(bindings.get(thread)).filter(binding -> {
            try {
                return binding.start() == start(thread);
            } catch (ErrnoException _) {
                return false;
            }
        });
    }

    private static long start(int thread) {
        return ProcFiles.stat(thread).field(START);
    }
}
