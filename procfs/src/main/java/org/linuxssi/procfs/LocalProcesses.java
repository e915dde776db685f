package org.linuxssi.procfs;

import java.util.Optional;
import org.linuxssi.proc.TimeShift;

/** The processes of this node's container that really run here: neither proxies nor other helpers. */
public interface LocalProcesses {

    /** Returns their pids in the container, ascending. */
    int[] pids();

    /**
     * Tells whether this is one of them, or a thread of one. Called for every lookup: it must not block. A process that
     * was forked this moment has to be there, since it may look at itself.
     */
    boolean isHere(int pid);

    /** Returns how its times differ from those in the real procfs, when it came from another node; must not block. */
    default Optional<TimeShift> timeShift(int pid) {
        return Optional.empty();
    }
}
