package org.linuxssi.epm;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.epm.Migration.Commit;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Offer;
import org.linuxssi.epm.Migration.Order;
import org.linuxssi.epm.Migration.Outcome;
import org.linuxssi.epm.Migration.Relations;
import org.linuxssi.epm.Migration.Verdict;
import org.linuxssi.epm.spi.Departure;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Records;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;

/** The source's part of one migration. */
final class Outgoing {

    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofMillis(100);

    private final Rpc rpc;
    private final Hotplug hotplug;
    private final Imaging imaging;
    private final Places places;
    private final FaultPoint.Hook faults;
    private final Key key;
    private final Order order;
    private final Stopwatch watch;

    Outgoing(Migrator migrator, Key key, Order order) {
        rpc = migrator.rpc;
        hotplug = migrator.hotplug;
        imaging = migrator.imaging;
        places = migrator.places;
        faults = migrator.faults;
        this.key = key;
        this.order = order;
        watch = new Stopwatch(rpc.time());
    }

    /** Moves the process; when this throws it runs on here. */
    MigrationReport move() throws MigrationException, RelativesChangedException {
        try {
            check();
            return transfer();
        } catch (IOException | RpcException | ErrnoException problem) {
            throw new MigrationException(
                    problem instanceof ErrnoException call && call.errno() == Errno.ESRCH ? Errno.ESRCH : Errno.EAGAIN,
                    "migrate " + order.pid() + " to node " + order.target() + ": " + problem.getMessage()
                            + "; it runs on here");
        }
    }

    private void check() throws MigrationException, IOException {
        List<String> obstacles = imaging.obstacles(order.pid());
        if (!obstacles.isEmpty()) {
            throw new MigrationException(
                    Errno.EAGAIN, "pid " + order.pid() + " cannot move: " + String.join("; ", obstacles));
        }
        faults.reached(FaultPoint.CHECKED, order.pid());
        watch.lap("check");
    }

    private MigrationReport transfer() throws MigrationException, RelativesChangedException, IOException {
        byte[] relations = places.relations(order.pid());
        Offer offer = new Offer(key, order.pid(), relations, imaging.needs(order.pid()));
        try (ByteStream stream = rpc.open(order.target(), Migration.OFFER, offer)) {
            Records.read(stream, Verdict.CODEC).require();
            faults.reached(FaultPoint.OFFERED, order.pid());
            watch.lap("offer");
            try (Departure departure = imaging.depart(order.pid(), order.target())) {
                return send(departure, stream, relations);
            }
        }
    }

    private MigrationReport send(Departure departure, ByteStream stream, byte[] relations)
            throws MigrationException, RelativesChangedException, IOException {
        Departure.Progress live = new Departure.Progress(0, 0);
        if (imaging.memory(order.pid()) >= order.liveFrom()) {
            live = departure.copyLive(stream);
            faults.reached(FaultPoint.COPIED_LIVE, order.pid());
            watch.lap("copy live");
        }
        watch.freezing();
        departure.freeze();
        faults.reached(FaultPoint.FROZEN, order.pid());
        byte[] now = places.relations(order.pid());
        if (!Arrays.equals(now, relations)) {
            if (live.rounds() > 0) {
                throw new RelativesChangedException(order.pid());
            }
            rpc.call(order.target(), Migration.RELATIONS, new Relations(key, now));
        }
        watch.lap("freeze");
        Departure.Progress rest = departure.copyRest(stream);
        faults.reached(FaultPoint.COPIED, order.pid());
        watch.lap("copy frozen");
        Records.read(stream, Verdict.CODEC).require();
        faults.reached(FaultPoint.READY, order.pid());
        watch.lap("build");
        commit(departure, stream);
        watch.lap("replace");
        return new MigrationReport(
                order.pid(),
                rpc.self(),
                order.target(),
                live.bytes(),
                live.rounds(),
                rest.bytes(),
                watch.frozen(),
                watch.total(),
                watch.phases());
    }

    private void commit(Departure departure, ByteStream stream) throws MigrationException, IOException {
        Commit word = new Commit(places.history(order.pid()));
        places.departing(order.pid(), order.target());
        boolean gone = false;
        try {
            places.moved(order.pid(), order.target());
            gone = started(stream, word);
            watch.running();
            watch.lap("commit");
        } finally {
            if (!gone) {
                stay();
            }
        }
        if (!gone) {
            throw new MigrationException(
                    Errno.EAGAIN,
                    "migrate " + order.pid() + ": node " + order.target()
                            + " was lost before the process ran there; it runs on here");
        }
        standIn(departure);
    }

    private void stay() {
        try {
            places.moved(order.pid(), rpc.self());
        } finally {
            places.stayed(order.pid());
        }
    }

    /** The process runs at the target. Only a kill from outside can prevent the stand-in: it meant the process. */
    private void standIn(Departure departure) throws MigrationException, IOException {
        try {
            departure.replace();
            places.departed(order.pid(), order.target());
        } catch (ErrnoException problem) {
            places.killed(order.pid());
            throw new MigrationException(
                    Errno.ESRCH, "pid " + order.pid() + " was killed while it moved: " + problem.getMessage());
        }
    }

    /** Tells the target to let the process run and finds out whether it did, however long that takes. */
    private boolean started(ByteStream stream, Commit word) {
        try {
            Records.write(stream, Commit.CODEC, word);
            faults.reached(FaultPoint.COMMITTED, order.pid());
            return Records.read(stream, Verdict.CODEC).errno() == 0;
        } catch (IOException | RuntimeException _) {
            return askUntilKnown();
        }
    }

    private boolean askUntilKnown() {
        NodeId target = order.target();
        boolean interrupted = false;
        try {
            while (hotplug.view().members().contains(target)) {
                try {
                    return rpc.call(target, Migration.OUTCOME, key, ANSWER) == Outcome.RAN;
                } catch (RpcException _) {
                    interrupted |= Thread.interrupted();
                    LockSupport.parkNanos(RETRY.toNanos());
                }
            }
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
