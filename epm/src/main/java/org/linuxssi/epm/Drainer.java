package org.linuxssi.epm;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.hotplug.HotplugEvent;
import org.linuxssi.hotplug.HotplugException;
import org.linuxssi.hotplug.HotplugHandler;
import org.linuxssi.hotplug.Stage;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Moves every process away from a node that is being removed; a process that cannot move keeps the node in. */
public final class Drainer implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Drainer.class.getName());
    private static final int ROUNDS = 50;
    private static final int NAMED = 10;

    private final Migrator migrator;
    private final Registration registration;

    /** Takes part in removals from now on. */
    public Drainer(Migrator migrator, Hotplug hotplug) {
        this.migrator = migrator;
        registration = hotplug.register(Stage.EPM, HotplugHandler.blocking(migrator.rpc.time(), this::changed));
    }

    private void changed(HotplugEvent event) {
        if (event instanceof HotplugEvent.Remove removal && removal.phase() == HotplugEvent.Phase.LOCAL) {
            drain(removal.before().members().minus(removal.nodes()));
        }
    }

    /**
     * Moves all processes of this node to these nodes in turn.
     *
     * @throws HotplugException that names the processes that cannot move and why
     */
    public void drain(NodeSet targets) {
        Map<Integer, String> stuck = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Integer> pids = migrator.places.here();
            stuck.keySet().retainAll(pids);
            if (pids.isEmpty()) {
                return;
            }
            if (targets.isEmpty()) {
                throw new HotplugException(pids.size() + " processes run here and no other node is left to take them");
            }
            if (!moveAll(pids, targets.toList(), stuck) && stuck.size() == pids.size()) {
                break;
            }
        }
        if (!migrator.places.here().isEmpty()) {
            throw new HotplugException("processes that cannot leave: "
                    + String.join("; ", stuck.values().stream().limit(NAMED).toList()));
        }
    }

    private boolean moveAll(List<Integer> pids, List<NodeId> targets, Map<Integer, String> stuck) {
        boolean progress = false;
        int next = 0;
        for (int pid : pids) {
            try {
                migrator.migrate(pid, targets.get(next++ % targets.size()), 0, Migrator.LIVE_FROM);
                stuck.remove(pid);
                progress = true;
            } catch (MigrationException refused) {
                if (refused.errno() == Errno.ESRCH) {
                    progress = true;
                } else {
                    LOG.log(Level.INFO, "drain: {0}", refused.getMessage());
                    stuck.put(pid, String.valueOf(refused.getMessage()));
                }
            }
        }
        return progress;
    }

    @Override
    public void close() {
        registration.close();
    }
}
