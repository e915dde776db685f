package org.linuxssi.procfs;

import java.util.function.IntPredicate;
import org.linuxssi.linux.DirectoryFd;

/** The processes that a procfs lists, apart from those known to be proxies or helpers. */
public final class ListedProcesses implements LocalProcesses {

    private final DirectoryFd proc;
    private final IntPredicate hidden;

    /** Lists all of this procfs: for a container without proxies. */
    public ListedProcesses(DirectoryFd proc) {
        this(proc, pid -> false);
    }

    /**
     * Lists this procfs.
     *
     * @param hidden tells which pids are not real processes of this node; must not block
     */
    public ListedProcesses(DirectoryFd proc, IntPredicate hidden) {
        this.proc = proc;
        this.hidden = hidden;
    }

    @Override
    public int[] pids() {
        return proc.list(".").stream()
                .mapToInt(entry -> ProcNames.pid(entry.name()))
                .filter(pid -> pid > 0 && !hidden.test(pid))
                .sorted()
                .toArray();
    }

    /** As in a procfs, threads are found by their numbers, though not listed. */
    @Override
    public boolean isHere(int pid) {
        return !hidden.test(pid) && proc.exists(Integer.toString(pid));
    }
}
