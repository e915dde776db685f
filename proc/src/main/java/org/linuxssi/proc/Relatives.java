package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;

/** Makes the proxies of leaders and parents that other proxies and arrivals need. Used under the table's lock. */
final class Relatives {

    private static final Logger LOG = System.getLogger(Relatives.class.getName());
    private static final int INIT = 1;

    private final ProcessTable table;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Set<Integer> making = ConcurrentHashMap.newKeySet();

    Relatives(ProcessTable table, Rpc rpc, PidDirectory directory) {
        this.table = table;
        this.rpc = rpc;
        this.directory = directory;
    }

    /** Finds or makes the proxy of a leader; nothing when it is dead or here itself. */
    Optional<Agent> leader(int pid) {
        Optional<Agent> known = table.agentOf(pid);
        if (known.isPresent() || table.isHere(pid)) {
            return known;
        }
        return lookUp(pid).map(numbers -> {
            ensureParent(numbers);
            return table.agentOf(pid)
                    .orElseGet(() -> table.hold(table.factory().make(numbers)).agent());
        });
    }

    /**
     * Makes sure that the parent of a process is here, itself or by a proxy, which is the child of its own parent, and so on:
     * a process that arrives later can't be given another parent when it has children here.
     */
    void ensureParent(Relations.Numbers numbers) {
        int parent = numbers.parent();
        if (parent == INIT || table.isHere(parent) || table.agentOf(parent).isPresent() || !making.add(parent)) {
            return;
        }
        try {
            Relations.Numbers found = lookUp(parent)
                    .orElseThrow(() -> new ErrnoException(
                            "find process " + parent + ", the parent of " + numbers.pid(), Errno.EAGAIN));
            ensureParent(found);
            if (table.agentOf(parent).isEmpty()) {
                table.hold(table.factory().make(found));
            }
        } finally {
            making.remove(parent);
        }
    }

    /** Asks the node of a process for its numbers. */
    Optional<Relations.Numbers> lookUp(int pid) {
        NodeId node = directory.where(pid);
        if (node.equals(rpc.self())) {
            return Optional.empty();
        }
        try {
            return rpc.call(node, ProcServices.DESCRIBE, pid);
        } catch (RpcException unreachable) {
            LOG.log(Level.DEBUG, "process {0} is unknown: {1}", pid, unreachable.getMessage());
            return Optional.empty();
        }
    }
}
