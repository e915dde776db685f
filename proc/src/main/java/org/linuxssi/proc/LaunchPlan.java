package org.linuxssi.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Terminals;

/** The calls by which a blank becomes a program, and what their failure means. */
final class LaunchPlan {

    private static final int SET_MASK = 2;
    private static final int PRIO_PROCESS = 0;
    private static final long LAST_DESCRIPTOR = 0xffff_ffffL;

    private final LaunchRequest request;
    private final CallTable table = new CallTable();
    private final List<String> steps = new ArrayList<>();
    private int firstExec;

    /**
     * Plans the calls.
     *
     * @param signal the number that the descriptor which tells of the exec has in the blank
     */
    LaunchPlan(LaunchRequest request, int signal) {
        this.request = request;
        session();
        properties();
        identity();
        closeOthers(signal);
        must("unblock signals", Nr.RT_SIGPROCMASK, SET_MASK, table.words(0), 0, 8);
        execute();
    }

    CallTable table() {
        return table;
    }

    private void must(String step, int number, long... arguments) {
        table.must(number, arguments);
        steps.add(step);
    }

    private void session() {
        if (request.newSession()) {
            must("make a session", Nr.SETSID);
        }
        request.terminal()
                .ifPresent(descriptor -> must(
                        "take descriptor " + descriptor + " as terminal",
                        Nr.IOCTL,
                        descriptor,
                        Terminals.TIOCSCTTY,
                        0));
    }

    private void properties() {
        must("set the umask", Nr.UMASK, request.umask());
        for (Map.Entry<Integer, LaunchRequest.Limit> limit : request.limits().entrySet()) {
            long words = table.words(limit.getValue().soft(), limit.getValue().hard());
            must("set resource limit " + limit.getKey(), Nr.PRLIMIT64, 0, limit.getKey(), words, 0);
        }
        if (request.nice() != 0) {
            must("set nice " + request.nice(), Nr.SETPRIORITY, PRIO_PROCESS, 0, request.nice());
        }
    }

    private void identity() {
        LaunchRequest.Credentials who = request.credentials();
        int[] groups = who.groups().stream().mapToInt(Integer::intValue).toArray();
        must("set groups", Nr.SETGROUPS, groups.length, table.ints(groups));
        must("set gid " + who.gid(), Nr.SETRESGID, who.gid(), who.gid(), who.gid());
        must("set uid " + who.uid(), Nr.SETRESUID, who.uid(), who.uid(), who.uid());
        must("enter directory " + request.directory(), Nr.CHDIR, table.text(request.directory()));
    }

    private void closeOthers(int signal) {
        SortedSet<Integer> open = new TreeSet<>(request.descriptors().keySet());
        open.add(signal);
        long next = 0;
        for (int descriptor : open) {
            if (descriptor > next) {
                must("close descriptors", Nr.CLOSE_RANGE, next, descriptor - 1L, 0);
            }
            next = descriptor + 1L;
        }
        must("close descriptors", Nr.CLOSE_RANGE, next, LAST_DESCRIPTOR, 0);
    }

    private void execute() {
        long arguments = table.pointers(request.argv());
        long environment = table.pointers(request.environment());
        firstExec = table.size();
        for (String path : candidates()) {
            table.may(Nr.EXECVE, table.text(path), arguments, environment);
        }
    }

    private List<String> candidates() {
        String name = request.argv().getFirst();
        if (name.contains("/")) {
            return List.of(name);
        }
        String path = request.environment().stream()
                .filter(variable -> variable.startsWith("PATH="))
                .findFirst()
                .map(variable -> variable.substring("PATH=".length()))
                .orElse("/usr/bin:/bin");
        return path.lines()
                .flatMap(line -> List.of(line.split(":")).stream())
                .limit(64)
                .map(directory -> directory.isEmpty() ? name : directory + "/" + name)
                .toList();
    }

    /** Returns the error of a table that came back. */
    ErrnoException failure(long[] results) {
        String program = request.argv().getFirst();
        for (int i = 0; i < firstExec; i++) {
            if (results[i] < 0 && results[i] != AgentImage.NOT_RUN) {
                return new ErrnoException("launch " + program + ": " + steps.get(i), Errno.of((int) -results[i]));
            }
        }
        Errno worst = Errno.ENOENT;
        for (int i = firstExec; i < results.length; i++) {
            Errno errno = results[i] == AgentImage.NOT_RUN ? Errno.ENOENT : Errno.of((int) -results[i]);
            boolean notFound = errno == Errno.ENOENT || errno == Errno.ENOTDIR;
            if (!notFound || results.length == firstExec + 1) {
                worst = errno;
            }
        }
        return new ErrnoException("launch " + program, worst);
    }
}
