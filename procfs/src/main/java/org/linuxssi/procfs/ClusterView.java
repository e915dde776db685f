package org.linuxssi.procfs;

import java.util.Optional;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What procfs has to know of the cluster; calls may block. */
public interface ClusterView {

    /** Returns this node. */
    NodeId self();

    /** Returns the nodes whose processes are part of the cluster now, this one included. */
    NodeSet online();

    /** Returns the node where the process with this cluster-wide pid really is; empty when it is nowhere. */
    Optional<NodeId> nodeOf(int pid);
}
