package org.linuxssi.proc;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.tools.NodeId;

/** The directory of nodes that live in one JVM and share this object. */
public final class MemoryPidDirectory implements PidDirectory {

    private final Map<Integer, NodeId> away = new ConcurrentHashMap<>();

    /** Makes a directory where all are at home. */
    public MemoryPidDirectory() {}

    @Override
    public NodeId where(int pid) {
        return away.getOrDefault(pid, PidRange.homeOf(pid));
    }

    @Override
    public void moved(int pid, NodeId node) {
        if (node.equals(PidRange.homeOf(pid))) {
            away.remove(pid);
        } else {
            away.put(pid, node);
        }
    }

    @Override
    public void gone(int pid) {
        away.remove(pid);
    }

    @Override
    public List<Integer> away() {
        return List.copyOf(away.keySet());
    }
}
