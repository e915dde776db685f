package org.linuxssi.procfs;

/** The processes of this node's container that really run here: neither proxies nor other helpers. */
public interface LocalProcesses {

    /** Returns their pids in the container, ascending. */
    int[] pids();

    /**
     * Tells whether this is one of them, or a thread of one. Called for every lookup: it must not block. A process that
     * was forked this moment has to be there, since it may look at itself.
     */
    boolean isHere(int pid);
}
