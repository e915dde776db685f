package org.linuxssi.epm.spi;

import java.util.List;
import java.util.Optional;
import org.linuxssi.proc.History;
import org.linuxssi.tools.NodeId;

/** Knows where processes are and who is related to whom. Pids are those of the cluster. */
public interface Places {

    /** Returns the node where the process runs now, or nothing when there is no such process. */
    Optional<NodeId> where(int pid);

    /** Returns the processes that run on this node, parents before their children. */
    List<Integer> here();

    /** Returns the real user id of a process of this node. */
    int owner(int pid);

    /** Returns the relations of a process of this node, as bytes for {@link #prepare} on another node. */
    byte[] relations(int pid);

    /** The most bytes that {@link #relations} returns. */
    int RELATIONS_LIMIT = 1 << 20;

    /**
     * Makes sure that an agent with this pid exists here, with the proxies of its relatives around it.
     *
     * @return the agent, as it is known to the host of this node
     */
    int prepare(int pid, NodeId from, byte[] relations);

    /** Brings the relations of a prepared agent up to date. */
    void adjust(int pid, byte[] relations);

    /** Takes back {@link #prepare}: what was a proxy before is one again, what was not there goes. */
    void abandon(int pid);

    /** Records for the whole cluster that the process runs on that node now. */
    void moved(int pid, NodeId to);

    /** Returns what the next node's kernel does not know of a process of this node, which is frozen. */
    History history(int pid);

    /** The process is here now; called right before it is let go, when nothing can fail any more. */
    void arrived(int pid, NodeId from, History history);

    /** The process has been let go: does what {@link #arrived} left for later, since nothing that runs needs it. */
    void settled(int pid);

    /** The process is about to be replaced by an agent that stands for a process of that node. */
    void departing(int pid, NodeId to);

    /** The process was not replaced after all. */
    void stayed(int pid);

    /**
     * The process was replaced and stands for a process of that node now.
     *
     * @param stopped whether it was stopped when it was frozen: a stop that came later is meant for the process there
     */
    void departed(int pid, NodeId to, boolean stopped);

    /** What was to be replaced was killed before that; so the process of that node is killed too. */
    void killed(int pid);
}
