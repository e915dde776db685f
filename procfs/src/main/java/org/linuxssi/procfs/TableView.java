package org.linuxssi.procfs;

import java.util.Optional;
import java.util.function.Supplier;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * The cluster as the process table of a node knows it.
 *
 * @param self this node
 * @param table knows where processes are
 * @param nodes the nodes of the cluster
 */
record TableView(NodeId self, ProcessTable table, Supplier<NodeSet> nodes) implements ClusterView {

    @Override
    public NodeSet online() {
        return nodes.get();
    }

    @Override
    public Optional<NodeId> nodeOf(int pid) {
        return Optional.of(table.where(pid)).filter(online().plus(self)::contains);
    }
}
