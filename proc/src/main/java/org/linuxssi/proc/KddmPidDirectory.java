package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.linuxssi.kddm.DefaultOwner;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmException;
import org.linuxssi.kddm.KddmSet;
import org.linuxssi.kddm.SetSpec;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * The directory of a cluster: a KDDM set that has an object for each process that is not at home, kept by its home. Where
 * that does not tell, all nodes are asked whether they have the process.
 */
public final class KddmPidDirectory implements PidDirectory {

    private static final Logger LOG = System.getLogger(KddmPidDirectory.class.getName());
    private static final SetId ID = SetId.of(200, 1);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Codec<NodeId> NODE = Codec.of((node, out) -> out.node(node), in -> in.node());

    private static final Duration SEARCH = Duration.ofMillis(700);

    private final Kddm kddm;
    private final KddmSet<NodeId> set;
    private final Rpc rpc;
    private final Supplier<NodeSet> online;

    /**
     * Opens the set; its objects have two copies, so that a process is found when its home dies.
     *
     * @param online the nodes of the cluster, this one included
     */
    public KddmPidDirectory(Kddm kddm, Rpc rpc, Supplier<NodeSet> online) {
        this.kddm = kddm;
        this.rpc = rpc;
        this.online = online;
        SetSpec<NodeId> spec = SetSpec.of(ID, "pids", NODE, pid -> PidRange.homeOf((int) pid));
        set = kddm.open(spec.owner(DefaultOwner.shift(PidRange.SHIFT))
                .objectSize(16)
                .copies(2)
                .deadline(DEADLINE));
    }

    @Override
    public NodeId where(int pid) {
        NodeId home = PidRange.homeOf(pid);
        try {
            Optional<NodeId> place = set.readNoFirstTouch(pid);
            boolean known = place.isPresent() || online.get().contains(home);
            return known ? place.orElse(home) : search(pid).orElse(home);
        } catch (KddmException unknown) {
            LOG.log(Level.DEBUG, "all nodes are asked for pid {0}: {1}", pid, unknown.getMessage());
            return search(pid).orElse(home);
        }
    }

    private Optional<NodeId> search(int pid) {
        Map<NodeId, CompletableFuture<Optional<Relations.Numbers>>> answers =
                rpc.ask(online.get(), ProcServices.DESCRIBE, pid, SEARCH);
        return answers.entrySet().stream()
                .filter(answer -> has(answer.getValue()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static boolean has(CompletableFuture<Optional<Relations.Numbers>> answer) {
        return answer.exceptionally(lost -> Optional.empty()).join().isPresent();
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

    @Override
    public List<Integer> away() {
        return kddm.homes(ID).stream().map(Long::intValue).toList();
    }
}
