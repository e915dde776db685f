package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;

/** Processes on nodes that were lost: they are given up, and must not go on when their node is back. */
public final class Abandoned {

    private static final Logger LOG = System.getLogger(Abandoned.class.getName());

    private final Rpc rpc;
    private final PidDirectory directory;
    private final Proxies proxies;
    private final IntPredicate here;
    private final Set<Integer> givenUp = ConcurrentHashMap.newKeySet();

    /**
     * Knows of none.
     *
     * @param here tells whether a process runs on this node for certain
     */
    Abandoned(Rpc rpc, PidDirectory directory, Proxies proxies, IntPredicate here) {
        this.rpc = rpc;
        this.directory = directory;
        this.proxies = proxies;
        this.here = here;
    }

    /** Returns the processes of a node that have proxies here. */
    public List<Integer> held(NodeId node) {
        return proxies.all().stream()
                .map(Proxy::pid)
                .filter(pid -> directory.where(pid).equals(node))
                .toList();
    }

    /** Processes elsewhere are lost: those that have proxies here end for this node as if killed. */
    public void giveUp(Collection<Integer> pids) {
        for (int pid : pids) {
            proxies.get(pid).ifPresent(proxy -> {
                givenUp.add(pid);
                directory.gone(pid);
                proxy.end(WaitStatus.ofSignal(Signals.SIGKILL));
            });
        }
    }

    /** The process is known to live on a node again. */
    void lives(int pid) {
        givenUp.remove(pid);
    }

    /**
     * Returns those of the processes on a node that are not meant to be there: they were given up, or run here; and those at
     * home here that run on a third node.
     */
    public List<Integer> strays(NodeId node, List<Integer> pids) {
        return pids.stream()
                .filter(pid -> givenUp.remove(pid)
                        || here.test(pid)
                        || (PidRange.homeOf(pid).equals(rpc.self()) && elsewhere(pid, node)))
                .toList();
    }

    /** What the directory tells may never have come true, when the node that entered it failed: who is named must have it. */
    private boolean elsewhere(int pid, NodeId node) {
        NodeId known = directory.where(pid);
        if (known.equals(node) || known.equals(rpc.self())) {
            return false;
        }
        try {
            if (rpc.call(known, ProcServices.DESCRIBE, pid).isPresent()) {
                return true;
            }
            directory.moved(pid, node);
        } catch (RpcException unknown) {
            LOG.log(Level.DEBUG, "node {0} does not tell whether it has pid {1}: {2}", known, pid, unknown);
        }
        return false;
    }
}
