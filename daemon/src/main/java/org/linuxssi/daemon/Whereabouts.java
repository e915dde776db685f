package org.linuxssi.daemon;

import java.util.Optional;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.proc.PidDirectory;
import org.linuxssi.procfs.ClusterView;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What {@code /proc} has to know of the cluster. */
record Whereabouts(Hotplug hotplug, PidDirectory directory) implements ClusterView {

    @Override
    public NodeId self() {
        return hotplug.self();
    }

    @Override
    public NodeSet online() {
        return hotplug.settled().members().plus(hotplug.self());
    }

    @Override
    public Optional<NodeId> nodeOf(int pid) {
        return Optional.of(directory.where(pid));
    }
}
