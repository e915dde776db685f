package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.linuxssi.kddm.DefaultOwner;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmException;
import org.linuxssi.kddm.KddmSet;
import org.linuxssi.kddm.SetId;
import org.linuxssi.kddm.SetSpec;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/** The directory of a cluster: a KDDM set that has an object for each process that is not at home, kept by its home. */
public final class KddmPidDirectory implements PidDirectory {

    private static final Logger LOG = System.getLogger(KddmPidDirectory.class.getName());
    private static final SetId ID = SetId.of(200, 1);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Codec<NodeId> NODE = Codec.of((node, out) -> out.node(node), in -> in.node());

    private final KddmSet<NodeId> set;

    /** Opens the set; its objects have two copies, so that a process is found when its home dies. */
    public KddmPidDirectory(Kddm kddm) {
        SetSpec<NodeId> spec = SetSpec.of(ID, "pids", NODE, pid -> PidRange.homeOf((int) pid));
        set = kddm.open(spec.owner(DefaultOwner.shift(PidRange.SHIFT))
                .objectSize(16)
                .copies(2)
                .deadline(DEADLINE));
    }

    @Override
    public NodeId where(int pid) {
        try {
            return set.readNoFirstTouch(pid).orElse(PidRange.homeOf(pid));
        } catch (KddmException unknown) {
            LOG.log(Level.DEBUG, "pid {0} is taken to be at home: {1}", pid, unknown.getMessage());
            return PidRange.homeOf(pid);
        }
    }

    @Override
    public void moved(int pid, NodeId node) {
        if (node.equals(PidRange.homeOf(pid))) {
            set.removeObject(pid);
        } else {
            set.setObject(pid, node);
        }
    }

    @Override
    public void gone(int pid) {
        try {
            set.removeObject(pid);
        } catch (KddmException later) {
            LOG.log(Level.WARNING, "pid {0} stays in the directory: {1}", pid, later.getMessage());
        }
    }
}
