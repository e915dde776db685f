package org.linuxssi.daemon;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.proc.TimeShift;
import org.linuxssi.procfs.LocalProcesses;

/**
 * The processes of this node without the proxies of others.
 *
 * @param listed all that the container's procfs lists
 * @param table knows the proxies
 */
record RealProcesses(LocalProcesses listed, ProcessTable table) implements LocalProcesses {

    @Override
    public int[] pids() {
        Set<Integer> proxies = Set.copyOf(table.proxies());
        return Arrays.stream(listed.pids())
                .filter(pid -> !proxies.contains(pid))
                .toArray();
    }

    @Override
    public boolean isHere(int pid) {
        return listed.isHere(pid) && !table.isProxy(pid);
    }

    @Override
    public Optional<TimeShift> timeShift(int pid) {
        return table.timeShift(pid);
    }
}
