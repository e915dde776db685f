package org.linuxssi.procfs;

import java.util.HashSet;
import java.util.Set;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.proc.ProcessTable;

/** The real processes of a container: those of its procfs that the process table does not know as proxies. */
final class ContainerProcesses implements LocalProcesses {

    private final DirectoryFd proc;
    private final ProcessTable table;

    ContainerProcesses(DirectoryFd proc, ProcessTable table) {
        this.proc = proc;
        this.table = table;
    }

    @Override
    public int[] pids() {
        Set<Integer> proxies = new HashSet<>(table.proxies());
        return new ListedProcesses(proc, proxies::contains).pids();
    }

    @Override
    public boolean isHere(int pid) {
        return new ListedProcesses(proc, each -> table.proxies().contains(each)).isHere(pid);
    }
}
