package org.linuxssi.procfs;

/** The processes of this node's container that really run here: neither proxies nor other helpers. */
public interface LocalProcesses {

    /** Returns their pids in the container, ascending. */
    int[] pids();

    /** Tells whether the process with this pid is one of them. Called for every lookup: it must not block. */
    boolean isHere(int pid);
}
