package org.linuxssi.testbed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.linux.Errno;

/** Moves processes of a program at random moments to random nodes, with a seed that failures print. */
final class Mover {

    /** Answers that say: not now, or no longer there. */
    private static final Set<Errno> PASSING = Set.of(Errno.EAGAIN, Errno.EALREADY, Errno.ESRCH, Errno.ENONET);

    /** Part of the answers that say: it holds what cannot move. They have the error number of those that say: not now. */
    private static final String HELD = "cannot move";

    /** Parts of such answers that pass all the same. */
    private static final List<String> MOMENTARY = List.of(
            "it is shared with another process",
            "for now",
            "a zombie",
            "its first thread has ended",
            "another process waits",
            "a file of the kernel",
            "deleted",
            "is not there",
            "traced by");

    private static final long LONGEST_PAUSE = Duration.ofMillis(30).toNanos();

    private final Cluster cluster;
    private final Random random;
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private int moved;
    private int rootMoved;

    Mover(Cluster cluster, long seed) {
        this.cluster = cluster;
        this.random = new Random(seed);
    }

    /** Moves a program and its descendants until it ends or the number of moves is reached; returns the moves. */
    int moveTree(Program program, int most) {
        return move(program, most, _ -> true);
    }

    /** Moves the descendants of a program, but not itself. */
    int moveChildren(Program program, int most) {
        return move(program, most, row -> row.pid() != program.pid());
    }

    /** Returns the refusals that were not just bad luck. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    private int move(Program program, int most, Predicate<ProcessRow> chosen) {
        while (program.running() && moved < most) {
            List<ProcessRow> rows = tree(program.pid()).stream()
                    .filter(chosen)
                    .filter(row -> row.state() != 'Z')
                    .toList();
            if (!rows.isEmpty() && moveOne(rows.get(random.nextInt(rows.size())), program.pid())) {
                moved++;
            }
            LockSupport.parkNanos(random.nextLong(LONGEST_PAUSE));
        }
        return moved;
    }

    /** Returns how often the program itself was moved, not a descendant. */
    int rootMoved() {
        return rootMoved;
    }

    private boolean moveOne(ProcessRow row, int root) {
        int target = (row.node().value() + 1 + random.nextInt(cluster.nodes() - 1)) % cluster.nodes();
        try {
            cluster.migrate(row.pid(), target);
            rootMoved += row.pid() == root ? 1 : 0;
            return true;
        } catch (ControlException refused) {
            if (!passing(refused)) {
                failures.add(row.pid() + " (" + row.command() + ") to " + target + ": " + refused.errno() + " "
                        + refused.getMessage());
            }
            return false;
        }
    }

    private static boolean passing(ControlException refused) {
        String text = String.valueOf(refused.getMessage());
        return PASSING.contains(refused.errno())
                && (!text.contains(HELD) || MOMENTARY.stream().anyMatch(text::contains));
    }

    private List<ProcessRow> tree(int root) {
        List<ProcessRow> all = cluster.ps(random.nextInt(cluster.nodes()));
        Set<Integer> members = new HashSet<>(Set.of(root));
        boolean more = true;
        while (more) {
            more = false;
            for (ProcessRow row : all) {
                more |= members.contains(row.parent()) && members.add(row.pid());
            }
        }
        return all.stream().filter(row -> members.contains(row.pid())).toList();
    }
}
