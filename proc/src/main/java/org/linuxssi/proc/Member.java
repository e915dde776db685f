package org.linuxssi.proc;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidNumbers;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;

/**
 * A process of a container as {@code /proc} shows it now.
 *
 * @param hostPid its pid on the host
 * @param numbers its numbers in the cluster
 * @param effectiveUid its effective user
 * @param savedUid its saved user
 * @param state the letter of {@code /proc/PID/stat}
 * @param exitCode the status word of a zombie
 */
record Member(int hostPid, Relations.Numbers numbers, int effectiveUid, int savedUid, char state, int exitCode) {

    private static final int EXIT_CODE = 52;

    int pid() {
        return numbers.pid();
    }

    boolean zombie() {
        return state == 'Z' || state == 'X';
    }

    /** Returns the process or thread with this host pid, unless it is gone or not in the container. */
    static Optional<Member> of(PidNumbers numbers, int hostPid) {
        Optional<Integer> pid = numbers.fromHost(hostPid);
        if (pid.isEmpty()) {
            return Optional.empty();
        }
        try {
            ProcFiles.Stat stat = ProcFiles.stat(hostPid);
            var status = ProcFiles.status(Integer.toString(hostPid));
            int[] uids = ids(status.getOrDefault("Uid", "0 0 0"));
            int[] gids = ids(status.getOrDefault("Gid", "0 0 0"));
            Relations.Numbers own = new Relations.Numbers(
                    pid.get(),
                    numbers.fromHost(stat.parent()).orElse(1),
                    PidNumbers.below(status.getOrDefault("NSpgid", "0")),
                    PidNumbers.below(status.getOrDefault("NSsid", "0")),
                    uids[0],
                    gids[0],
                    stat.field(CallerTerminal.TERMINAL_FIELD) != 0);
            return Optional.of(new Member(hostPid, own, uids[1], uids[2], stat.state(), (int) stat.field(EXIT_CODE)));
        } catch (ErrnoException gone) {
            return Optional.empty();
        }
    }

    /** Returns the process with this pid in the container, unless there is none. */
    static Optional<Member> withPid(PidNumbers numbers, int pid) {
        return numbers.toHost(pid).flatMap(hostPid -> of(numbers, hostPid));
    }

    /** Returns the numbers of a process, unless it is none of the container or its pid is that of an agent or a thread. */
    static Optional<Relations.Numbers> describe(Container container, int pid) {
        return container
                .numbers()
                .toHost(pid)
                .filter(hostPid -> !container.supervisor().isAgent(hostPid))
                .filter(Member::isFirst)
                .flatMap(hostPid -> of(container.numbers(), hostPid))
                .map(Member::numbers);
    }

    /** Tells whether a thread is the first of its process, whose pid is that of the process. */
    static boolean isFirst(int hostThread) {
        try {
            String own = Integer.toString(hostThread);
            return own.equals(ProcFiles.status(own).getOrDefault("Tgid", own));
        } catch (ErrnoException gone) {
            return false;
        }
    }

    private static int[] ids(String words) {
        String[] parts = words.trim().split("\\s+");
        return new int[] {
            Integer.parseUnsignedInt(parts[0]), Integer.parseUnsignedInt(parts[1]), Integer.parseUnsignedInt(parts[2])
        };
    }

    /** Returns all processes of a container but init, agents included. */
    static List<Member> all(Container container) {
        List<Member> members = new ArrayList<>();
        for (int hostPid : container.processes()) {
            of(container.numbers(), hostPid).ifPresent(members::add);
        }
        return members;
    }

    /** Returns the processes of a group of a container, agents included; the others are hardly looked at. */
    static List<Member> ofGroup(Container container, int group) {
        PidNumbers numbers = container.numbers();
        Map<Long, Boolean> known = new HashMap<>();
        return container.processes().stream()
                .filter(hostPid -> known.computeIfAbsent(
                        Syscalls.call(Nr.GETPGID, hostPid), hostGroup -> mayBe(numbers, hostGroup, group)))
                .flatMap(hostPid -> of(numbers, hostPid).stream())
                .filter(member -> member.numbers().group() == group)
                .toList();
    }

    /** A group whose leader is gone cannot be translated. */
    private static boolean mayBe(PidNumbers numbers, long hostGroup, int group) {
        return hostGroup > 0
                && numbers.fromHost((int) hostGroup)
                        .map(number -> number == group)
                        .orElse(true);
    }

    /** Returns the children of a process of a container, agents included. */
    static List<Member> children(Container container, int hostPid) {
        try {
            return ProcFiles.children(hostPid).stream()
                    .flatMap(child -> of(container.numbers(), child).stream())
                    .toList();
        } catch (ErrnoException unlisted) {
            int pid = of(container.numbers(), hostPid).map(Member::pid).orElse(0);
            return all(container).stream()
                    .filter(member -> member.numbers().parent() == pid)
                    .toList();
        }
    }

    /** Returns the pids of processes, parents before their children. */
    static List<Integer> parentsFirst(List<Member> members) {
        Map<Integer, Integer> parents = new HashMap<>();
        members.forEach(member -> parents.put(member.pid(), member.numbers().parent()));
        return members.stream()
                .map(Member::pid)
                .sorted(Comparator.comparingInt(pid -> depth(parents, pid)))
                .toList();
    }

    private static int depth(Map<Integer, Integer> parents, int pid) {
        int depth = 0;
        Integer parent = parents.get(pid);
        while (parent != null && depth < parents.size()) {
            depth++;
            parent = parents.get(parent);
        }
        return depth;
    }
}
