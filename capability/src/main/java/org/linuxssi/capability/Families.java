package org.linuxssi.capability;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;

/**
 * The processes of the cluster at one time, with their capabilities. Those that nobody gave a process any are those that it
 * got from its parent; a process whose parent has ended is taken for a child of its session's leader.
 *
 * <p>An application is a process that counts as CHECKPOINTABLE, whose parent does not, and all its descendants that do.
 */
public final class Families {

    private static final int INIT = 1;

    private final Map<Integer, Kin> processes = new HashMap<>();
    private final IntFunction<Optional<Given>> given;
    private final Map<Integer, CapabilitySets> known = new HashMap<>();

    /**
     * Looks at processes.
     *
     * @param given returns what somebody gave the process with a number, which may have ended
     */
    Families(Collection<Kin> all, IntFunction<Optional<Given>> given) {
        all.forEach(kin -> processes.put(kin.pid(), kin));
        this.given = given;
    }

    /**
     * Returns a process.
     *
     * @throws ErrnoException ESRCH
     */
    public Kin get(int pid) {
        Kin kin = processes.get(pid);
        if (kin == null) {
            throw new ErrnoException("find process " + pid, Errno.ESRCH);
        }
        return kin;
    }

    /** Tells whether there is such a process. */
    public boolean contains(int pid) {
        return processes.containsKey(pid);
    }

    /**
     * Returns the capabilities of a process.
     *
     * @throws ErrnoException ESRCH
     */
    public CapabilitySets of(int pid) {
        get(pid);
        return capabilities(pid);
    }

    /** Returns the capabilities of a process, which may have ended. */
    CapabilitySets capabilities(int pid) {
        return capabilities(pid, new HashSet<>());
    }

    private CapabilitySets capabilities(int pid, Set<Integer> way) {
        CapabilitySets sets = known.get(pid);
        if (sets == null) {
            Kin kin = processes.get(pid);
            sets = given.apply(pid)
                    .filter(one -> kin == null || one.isOf(kin))
                    .map(Given::sets)
                    .orElseGet(() -> inherited(pid, way));
            known.put(pid, sets);
        }
        return sets;
    }

    private CapabilitySets inherited(int pid, Set<Integer> way) {
        OptionalInt elder = way.add(pid) ? elder(pid) : OptionalInt.empty();
        return elder.isEmpty()
                ? CapabilitySets.FIRST
                : capabilities(elder.getAsInt(), way).forked();
    }

    /** Returns the process that one comes from: its parent, or else the leader of its session, alive or not. */
    private OptionalInt elder(int pid) {
        Kin kin = processes.get(pid);
        if (kin == null) {
            return OptionalInt.empty();
        }
        if (kin.parent() != INIT && processes.containsKey(kin.parent())) {
            return OptionalInt.of(kin.parent());
        }
        return kin.session() == pid || kin.session() <= INIT ? OptionalInt.empty() : OptionalInt.of(kin.session());
    }

    /** Returns the number of the application that a process belongs to: that of its first process; nothing when it has none. */
    public OptionalInt application(int pid) {
        if (!capabilities(pid).has(Capability.CHECKPOINTABLE)) {
            return OptionalInt.empty();
        }
        Set<Integer> way = new HashSet<>();
        int first = pid;
        while (way.add(first)) {
            OptionalInt elder = elder(first);
            if (elder.isEmpty() || !capabilities(elder.getAsInt()).has(Capability.CHECKPOINTABLE)) {
                break;
            }
            first = elder.getAsInt();
        }
        return OptionalInt.of(first);
    }

    /** Returns the processes of an application, parents before their children. */
    public List<Kin> members(int application) {
        List<Kin> members = new ArrayList<>(processes.values().stream()
                .filter(kin -> application(kin.pid()).equals(OptionalInt.of(application)))
                .toList());
        List<Kin> ordered = new ArrayList<>();
        Set<Integer> placed = new HashSet<>();
        Set<Integer> numbers = new HashSet<>();
        members.forEach(kin -> numbers.add(kin.pid()));
        members.sort((a, b) -> Integer.compare(a.pid(), b.pid()));
        while (!members.isEmpty()) {
            List<Kin> ready = members.stream()
                    .filter(kin -> !numbers.contains(kin.parent()) || placed.contains(kin.parent()))
                    .toList();
            ordered.addAll(ready);
            ready.forEach(kin -> placed.add(kin.pid()));
            members.removeAll(ready);
        }
        return List.copyOf(ordered);
    }

    /** Returns the descendants of a process that got their capabilities from it and not from anybody else. */
    List<Kin> heirs(int pid) {
        return processes.values().stream()
                .filter(kin -> kin.pid() != pid
                        && given.apply(kin.pid()).filter(one -> one.isOf(kin)).isEmpty())
                .filter(kin -> descends(kin.pid(), pid))
                .toList();
    }

    private boolean descends(int pid, int ancestor) {
        Set<Integer> way = new HashSet<>();
        for (OptionalInt at = elder(pid); at.isPresent() && way.add(at.getAsInt()); at = elder(at.getAsInt())) {
            if (at.getAsInt() == ancestor) {
                return true;
            }
        }
        return false;
    }

    /** Tells whether something that a process was given may still count for others: it lives, or leads a session that does. */
    boolean matters(int pid, Given one) {
        Kin kin = processes.get(pid);
        return (kin != null && one.isOf(kin)) || processes.values().stream().anyMatch(other -> other.session() == pid);
    }
}
