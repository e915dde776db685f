package org.linuxssi.procfs;

import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.ErrnoException;

/** All processes that a procfs lists: for a container without proxies. */
public final class ListedProcesses implements LocalProcesses {

    private final DirectoryFd proc;

    /** Lists this procfs. */
    public ListedProcesses(DirectoryFd proc) {
        this.proc = proc;
    }

    @Override
    public int[] pids() {
        return proc.list(".").stream()
                .mapToInt(entry -> ProcNames.pid(entry.name()))
                .filter(pid -> pid > 0)
                .sorted()
                .toArray();
    }

    /** A procfs finds threads by their numbers too, but lists only processes. */
    @Override
    public boolean isHere(int pid) {
        try {
            return proc.exists(pid + "/task/" + pid) && ProcNames.leader(proc, pid) == pid;
        } catch (ErrnoException _) {
            return false;
        }
    }
}
