package org.linuxssi.capability;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.linuxssi.kddm.DefaultOwner;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.kddm.KddmException;
import org.linuxssi.kddm.KddmSet;
import org.linuxssi.kddm.SetSpec;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.proc.PidRange;
import org.linuxssi.proc.ProcessTable;
import org.linuxssi.proc.Relations;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * The capabilities of all processes of the cluster. Those that somebody gave a process are objects of a KDDM set, by pid;
 * all others are computed when they are asked for, so that fork costs nothing.
 */
public final class Capabilities implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Capabilities.class.getName());
    private static final SetId ID = SetId.of(480, 1);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration LONG_GONE = Duration.ofSeconds(30);
    private static final int MOST = 1 << 20;
    private static final Codec<List<Kin>> LIST =
            Codec.of((all, out) -> out.list(all, Kin.CODEC), in -> in.list(MOST, Kin.CODEC));
    private static final Service<Codec.Nothing, List<Kin>> PROCESSES =
            Service.of(480, "capability.processes", Codec.NOTHING, LIST, Service.Dispatch.BLOCKING);

    private final Kddm kddm;
    private final KddmSet<Given> set;
    private final ProcessTable table;
    private final Rpc rpc;
    private final Supplier<NodeSet> online;
    private final Registration service;
    private final Map<Long, Long> missed = new ConcurrentHashMap<>();

    /**
     * Opens the set.
     *
     * @param online the nodes of the cluster, this one included
     */
    public Capabilities(Kddm kddm, Rpc rpc, ProcessTable table, Supplier<NodeSet> online) {
        this.kddm = kddm;
        this.rpc = rpc;
        this.table = table;
        this.online = online;
        SetSpec<Given> spec = SetSpec.of(ID, "capabilities", Given.CODEC, pid -> new Given(0, CapabilitySets.FIRST));
        set = kddm.open(spec.owner(DefaultOwner.shift(PidRange.SHIFT))
                .objectSize(64)
                .copies(2)
                .deadline(DEADLINE));
        service = rpc.serve(PROCESSES, (from, nothing) -> here());
    }

    private List<Kin> here() {
        List<Kin> all = new ArrayList<>();
        for (Relations.Numbers numbers : table.numbers()) {
            try {
                long start = table.history(numbers.pid()).startMillis();
                all.add(new Kin(numbers.pid(), numbers.parent(), numbers.session(), numbers.uid(), start, rpc.self()));
            } catch (ErrnoException _) {
                // ended meanwhile
            }
        }
        return all;
    }

    /**
     * Looks at all processes of the cluster.
     *
     * @throws ErrnoException EAGAIN when a node does not answer
     */
    public Families families() {
        Map<NodeId, CompletableFuture<List<Kin>>> answers =
                rpc.ask(online.get().plus(rpc.self()), PROCESSES, Codec.Nothing.NOTHING, DEADLINE);
        List<Kin> all = new ArrayList<>();
        answers.forEach((node, answer) -> {
            try {
                all.addAll(answer.join());
            } catch (CompletionException lost) {
                LOG.log(Level.DEBUG, "node {0} does not list its processes: {1}", node, lost);
                throw new ErrnoException("list the processes of node " + node, Errno.EAGAIN);
            }
        });
        Map<Integer, Optional<Given>> asked = new HashMap<>();
        return new Families(all, pid -> asked.computeIfAbsent(pid, this::given));
    }

    private Optional<Given> given(int pid) {
        try {
            return set.readNoFirstTouch(pid);
        } catch (KddmException lost) {
            LOG.log(Level.WARNING, "the capabilities of pid {0} are lost: {1}", pid, lost.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Gives a process capabilities; its descendants keep what they have.
     *
     * @param uid who wants it
     * @param wanted what the process is to have, by what it has
     * @throws ErrnoException ESRCH; EINVAL and ENOSYS as {@link CapabilitySets}; EPERM for another user's process, or one
     *     whose capabilities must not be changed
     */
    public void change(int pid, int uid, UnaryOperator<CapabilitySets> wanted) {
        Families families = families();
        Kin kin = families.get(pid);
        CapabilitySets before = families.capabilities(pid);
        CapabilitySets after = before.changedTo(wanted.apply(before));
        if (uid != 0 && uid != kin.uid()) {
            throw new ErrnoException("change capabilities of process " + pid + " of user " + kin.uid(), Errno.EPERM);
        }
        if (!before.has(Capability.CHANGE_KERRIGHED_CAP)) {
            throw new ErrnoException(
                    "change capabilities of process " + pid + ", which lacks " + Capability.CHANGE_KERRIGHED_CAP,
                    Errno.EPERM);
        }
        families.heirs(pid).forEach(heir -> give(heir, families.capabilities(heir.pid())));
        give(kin, after);
        forgetEnded(families);
    }

    /** Makes a process that has just begun the first one of an application. */
    public void beginApplication(int pid) {
        Families families = families();
        give(families.get(pid), families.capabilities(pid).with(Capability.CHECKPOINTABLE));
        forgetEnded(families);
    }

    /** Gives processes that are started again what they had. */
    public void restore(int pid, long startMillis, CapabilitySets sets) {
        set.setObject(pid, new Given(startMillis, sets));
    }

    private void give(Kin kin, CapabilitySets sets) {
        set.setObject(kin.pid(), new Given(kin.startMillis(), sets));
    }

    /** A process that moves is nowhere for a moment: only what was not there twice, with some time between, has ended. */
    private void forgetEnded(Families families) {
        long now = System.nanoTime();
        for (long pid : kddm.homes(ID)) {
            Optional<Given> one = given((int) pid);
            if (one.isEmpty() || families.matters((int) pid, one.get())) {
                missed.remove(pid);
            } else if (now - missed.computeIfAbsent(pid, _ -> now) > LONG_GONE.toNanos()) {
                missed.remove(pid);
                set.removeObject(pid);
            }
        }
    }

    @Override
    public void close() {
        service.close();
    }
}
