package org.linuxssi.proc;

import java.util.List;
import org.linuxssi.tools.NodeId;

/**
 * Where processes are. A pid that was never {@link #moved} is at home, on the node that handed it out, alive or not.
 *
 * <p>Methods may block for a message to another node.
 */
public interface PidDirectory {

    /** Returns the node where the process with this pid is, if there is one. */
    NodeId where(int pid);

    /** The process is on that node now. */
    void moved(int pid, NodeId node);

    /** The process has ended and was reaped. */
    void gone(int pid);

    /** Returns the pids of this node that are entered on another one; a shared directory may return those of all nodes. */
    List<Integer> away();
}
