package org.linuxssi.epm;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.linuxssi.epm.Journal.Entry;
import org.linuxssi.epm.Migration.Commit;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Offer;
import org.linuxssi.epm.Migration.Order;
import org.linuxssi.epm.Migration.Relations;
import org.linuxssi.epm.Migration.Verdict;
import org.linuxssi.epm.MigrationReport.Step;
import org.linuxssi.epm.spi.Departure;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Records;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;

/** The source's part of one migration. */
final class Outgoing {

    private final Rpc rpc;
    private final Imaging imaging;
    private final Places places;
    private final FaultPoint.Hook faults;
    private final Journal journal;
    private final Doubt doubt;
    private final Key key;
    private final Order order;
    private final Stopwatch watch;

    Outgoing(Migrator migrator, Key key, Order order) {
        rpc = migrator.rpc;
        imaging = migrator.imaging;
        places = migrator.places;
        faults = migrator.faults;
        journal = migrator.journal;
        doubt = migrator.doubt;
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
        watch.lap(Step.CHECK);
    }

    private MigrationReport transfer() throws MigrationException, RelativesChangedException, IOException {
        byte[] relations = places.relations(order.pid());
        Offer offer = new Offer(key, order.pid(), relations, imaging.needs(order.pid()));
        try (ByteStream stream = rpc.open(order.target(), Migration.OFFER, offer)) {
            Records.read(stream, Verdict.CODEC).require();
            faults.reached(FaultPoint.OFFERED, order.pid());
            watch.lap(Step.OFFER);
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
            watch.lap(Step.COPY_LIVE);
        }
        watch.freezing();
        departure.freeze();
        faults.reached(FaultPoint.FROZEN, order.pid());
        if (live.rounds() == 0) {
            adjust(relations, places.relations(order.pid()));
        }
        watch.lap(Step.FREEZE);
        Departure.Progress rest = departure.copyRest(stream);
        if (live.rounds() > 0 && !Arrays.equals(places.relations(order.pid()), relations)) {
            throw new RelativesChangedException(order.pid());
        }
        Commit word = new Commit(places.history(order.pid()));
        departure.end();
        faults.reached(FaultPoint.COPIED, order.pid());
        watch.lap(Step.COPY_FROZEN);
        leave(departure, stream, word);
        watch.lap(Step.REPLACE);
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

    /** Nothing was built of the agent yet, so that its relations can be changed. */
    private void adjust(byte[] offered, byte[] now) {
        if (!Arrays.equals(now, offered)) {
            rpc.call(order.target(), Migration.RELATIONS, new Relations(key, now));
        }
    }

    /** Is entered at the target while that builds it; leaves when the target lets it run, else stays and is entered here again. */
    private void leave(Departure departure, ByteStream stream, Commit word) throws MigrationException, IOException {
        Entry entry = new Entry(Journal.Role.LEAVING, key, order.pid(), order.target(), departure.hold());
        boolean gone = false;
        places.departing(order.pid(), order.target());
        try {
            enter(entry);
            Records.read(stream, Verdict.CODEC).require();
            faults.reached(FaultPoint.READY, order.pid());
            watch.lap(Step.BUILD);
            Verdict verdict = started(stream, word);
            gone = verdict.errno() == 0;
            watch.running();
            watch.lap(Step.COMMIT);
            if (!gone) {
                throw new MigrationException(
                        Errno.EAGAIN, "migrate " + order.pid() + ": " + verdict.text() + "; it runs on here");
            }
            standIn(places, departure, order.pid(), order.target());
        } finally {
            try {
                if (!gone) {
                    stay(departure);
                }
            } finally {
                journal.delete(entry);
            }
        }
    }

    /** The journal comes first: the next daemon has to know of a process that is entered where it may never come. */
    private void enter(Entry entry) throws IOException {
        journal.write(entry);
        places.moved(order.pid(), order.target());
        faults.reached(FaultPoint.ENTERED, order.pid());
    }

    private void stay(Departure departure) {
        try {
            stay(places, order.pid(), rpc.self());
        } finally {
            departure.resume();
        }
    }

    /** The process does not leave after all. */
    static void stay(Places places, int pid, NodeId self) {
        try {
            places.moved(pid, self);
        } finally {
            places.stayed(pid);
        }
    }

    /** The process runs at the target. Only a kill from outside can prevent the stand-in: it meant the process. */
    static void standIn(Places places, Departure departure, int pid, NodeId target)
            throws MigrationException, IOException {
        try {
            departure.replace();
            places.departed(pid, target, departure.stopped());
        } catch (ErrnoException problem) {
            places.killed(pid);
            throw new MigrationException(
                    Errno.ESRCH, "pid " + pid + " was killed while it moved: " + problem.getMessage());
        }
    }

    /** Tells the target to let the process run and finds out whether it did, however long that takes. */
    private Verdict started(ByteStream stream, Commit word) {
        try {
            Records.write(stream, Commit.CODEC, word);
            faults.reached(FaultPoint.COMMITTED, order.pid());
            return Records.read(stream, Verdict.CODEC);
        } catch (IOException | RuntimeException _) {
            return doubt.ran(key, order.target())
                    ? Verdict.OK
                    : Verdict.no(Errno.EAGAIN, "node " + order.target() + " was lost before the process ran there");
        }
    }
}
