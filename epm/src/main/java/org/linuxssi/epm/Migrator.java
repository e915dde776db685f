package org.linuxssi.epm;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Order;
import org.linuxssi.epm.Migration.Result;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.linux.Errno;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/**
 * Moves running processes between nodes.
 *
 * <p>Whatever fails, the process runs exactly once: at the source until the target has let it go, at the target after.
 */
public final class Migrator implements AutoCloseable {

    /** From this many bytes of memory on they are copied while the process runs. */
    public static final long LIVE_FROM = 8L << 20;

    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final Duration STEP = Duration.ofMillis(5);

    final Rpc rpc;
    final Hotplug hotplug;
    final Imaging imaging;
    final Places places;
    final FaultPoint.Hook faults;
    final Journal journal;
    final Doubt doubt;

    private final Outcomes outcomes;
    private final Arrivals arrivals;
    private final Registration orders;
    private final Set<Integer> going = ConcurrentHashMap.newKeySet();
    private final Set<Integer> saved = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers;
    private volatile boolean finishing;

    /**
     * Starts to serve migrations to and from this node, and ends those in which a former daemon of its container died.
     *
     * @param returning tells of nodes that failed whether their next daemon is waited for
     */
    public Migrator(
            Rpc rpc,
            Hotplug hotplug,
            Imaging imaging,
            Places places,
            FaultPoint.Hook faults,
            Journal journal,
            Predicate<NodeId> returning) {
        this.rpc = rpc;
        this.hotplug = hotplug;
        this.imaging = imaging;
        this.places = places;
        this.faults = faults;
        this.journal = journal;
        doubt = new Doubt(rpc, hotplug, returning);
        numbers = new AtomicLong(rpc.time().nanos());
        outcomes = new Outcomes(journal);
        new Recovery(rpc.self(), imaging, places, journal, doubt).begin(outcomes, going);
        arrivals = new Arrivals(this, outcomes);
        orders = rpc.serve(Migration.ORDER, (from, order) -> execute(order));
    }

    /**
     * Moves a process, wherever it is now, to a node.
     *
     * @param pid the process
     * @param target the node
     * @param uid the user who asks; 0 may move all, others their own
     * @param liveFrom from how many bytes of memory on they are copied live, usually {@link #LIVE_FROM}
     * @throws MigrationException with EINVAL for a pid that cannot be one, ENONET for a node that is not online, ESRCH for
     *     no such process, EPERM for another user's, EALREADY when it is there or being moved already, EAGAIN when it
     *     cannot move now; the process runs on where it was
     */
    public MigrationReport migrate(int pid, NodeId target, int uid, long liveFrom) throws MigrationException {
        return switch (execute(new Order(pid, target, uid, liveFrom))) {
            case Result.Done(MigrationReport report) -> report;
            case Result.Refused(int errno, String text) -> throw new MigrationException(errno, text);
        };
    }

    private Result execute(Order order) {
        try {
            NodeId source = locate(order);
            if (!source.equals(rpc.self())) {
                return rpc.call(source, Migration.ORDER, order, PATIENCE);
            }
            return new Result.Done(moveFromHere(order));
        } catch (MigrationException refused) {
            return new Result.Refused(refused.errno().number(), String.valueOf(refused.getMessage()));
        } catch (RpcException problem) {
            return new Result.Refused(Errno.EAGAIN.number(), String.valueOf(problem.getMessage()));
        }
    }

    private NodeId locate(Order order) throws MigrationException {
        if (order.pid() <= 1) {
            throw new MigrationException(Errno.EINVAL, "pid " + order.pid() + " cannot be that of a program");
        }
        if (arrivals.expects(order.pid())) {
            throw new MigrationException(Errno.EALREADY, busy(order.pid()));
        }
        if (!hotplug.settled().members().contains(order.target())) {
            throw new MigrationException(
                    Errno.ENONET, "node " + order.target() + " is not online: see krgadm nodes status");
        }
        Optional<NodeId> source = places.where(order.pid())
                .filter(node -> hotplug.settled().members().contains(node));
        return source.orElseThrow(() -> new MigrationException(Errno.ESRCH, "pid " + order.pid() + " does not exist"));
    }

    private MigrationReport moveFromHere(Order order) throws MigrationException {
        int owner = places.owner(order.pid());
        if (order.uid() != 0 && order.uid() != owner) {
            throw new MigrationException(
                    Errno.EPERM,
                    "pid " + order.pid() + " belongs to user " + owner + ": only that user and root may move it");
        }
        if (order.target().equals(rpc.self())) {
            throw new MigrationException(
                    Errno.EALREADY, "pid " + order.pid() + " lives on node " + order.target() + " already");
        }
        if (!going.add(order.pid())) {
            throw new MigrationException(Errno.EALREADY, busy(order.pid()));
        }
        try {
            if (finishing) {
                throw new MigrationException(
                        Errno.EAGAIN, "node " + rpc.self() + " ends: pid " + order.pid() + " stays");
            }
            return move(order);
        } finally {
            going.remove(order.pid());
        }
    }

    private MigrationReport move(Order order) throws MigrationException {
        try {
            return new Outgoing(this, nextKey(), order).move();
        } catch (RelativesChangedException _) {
            Order frozen = new Order(order.pid(), order.target(), order.uid(), Long.MAX_VALUE);
            try {
                return new Outgoing(this, nextKey(), frozen).move();
            } catch (RelativesChangedException changed) {
                throw new MigrationException(Errno.EAGAIN, String.valueOf(changed.getMessage()));
            }
        }
    }

    /**
     * Keeps a process of this node from being moved until the registration is closed.
     *
     * @throws MigrationException EALREADY when it is being moved, or kept already
     */
    public Registration keep(int pid) throws MigrationException {
        if (!going.add(pid)) {
            throw new MigrationException(Errno.EALREADY, busy(pid));
        }
        saved.add(pid);
        return () -> {
            saved.remove(pid);
            going.remove(pid);
        };
    }

    /** Begins to let processes go that were built here, all or none of them. */
    public JointStart jointStart() {
        return new JointStart(journal, outcomes, nextKey());
    }

    private String busy(int pid) {
        return "pid " + pid + (saved.contains(pid) ? " is frozen with its application" : " is being moved already");
    }

    private Key nextKey() {
        return new Key(rpc.self(), numbers.incrementAndGet());
    }

    /** Returns the number of processes that are leaving this node now. */
    public int leaving() {
        return going.size();
    }

    /**
     * Lets no further process leave and waits for those on their way: one that is stopped halfway may be entered at a node
     * that it never comes to.
     *
     * @return false when some are still leaving after so long
     */
    public boolean finish(Duration limit) {
        finishing = true;
        long end = rpc.time().nanos() + limit.toNanos();
        while (!going.isEmpty() && rpc.time().nanos() < end) {
            LockSupport.parkNanos(STEP.toNanos());
        }
        return going.isEmpty();
    }

    @Override
    public void close() {
        orders.close();
        arrivals.close();
    }
}
