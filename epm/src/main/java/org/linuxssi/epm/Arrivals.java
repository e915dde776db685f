package org.linuxssi.epm;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.linuxssi.epm.Journal.Entry;
import org.linuxssi.epm.Migration.Commit;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Offer;
import org.linuxssi.epm.Migration.Outcome;
import org.linuxssi.epm.Migration.Relations;
import org.linuxssi.epm.Migration.Verdict;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.hotplug.Hotplug;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.ByteStream;
import org.linuxssi.rpc.Records;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/** The target's part of migrations: builds the process, and lets it go only at the source's word. */
final class Arrivals implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Arrivals.class.getName());

    private static final String CUT_OFF = " is cut off from the others for the moment";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(10);

    private final NodeId self;
    private final Imaging imaging;
    private final Places places;
    private final FaultPoint.Hook faults;
    private final Hotplug hotplug;
    private final Journal journal;
    private final Outcomes outcomes;
    private final Map<Key, Integer> incoming = new ConcurrentHashMap<>();
    private final List<Registration> registrations;

    Arrivals(Migrator migrator, Outcomes outcomes) {
        Rpc rpc = migrator.rpc;
        self = rpc.self();
        imaging = migrator.imaging;
        places = migrator.places;
        faults = migrator.faults;
        hotplug = migrator.hotplug;
        journal = migrator.journal;
        this.outcomes = outcomes;
        registrations = List.of(
                rpc.accept(Migration.OFFER, this::accept),
                rpc.serve(Migration.RELATIONS, (from, changed) -> adjust(changed)),
                rpc.serve(Migration.OUTCOME, (from, key) -> outcomes.decide(key, Outcome.DROPPED)));
    }

    /** Tells whether a process is on its way here. */
    boolean expects(int pid) {
        return incoming.containsValue(pid);
    }

    /**
     * A source that offers a process anew has given up what it offered before; that may still be taken back here. A node
     * that has just joined is not trusted before its first signs of life were confirmed.
     */
    private void accept(NodeId from, Offer offer, ByteStream stream) throws IOException {
        try (stream) {
            faults.reached(FaultPoint.OFFER_RECEIVED, offer.pid());
            List<String> lacking = imaging.lacking(offer.needs());
            soon(() -> !expects(offer.pid()));
            if (!soon(hotplug::trusted)) {
                refuse(stream, "node " + self + CUT_OFF);
            } else if (!lacking.isEmpty()) {
                refuse(stream, "pid " + offer.pid() + " cannot move: " + String.join("; ", lacking));
            } else if (incoming.putIfAbsent(offer.key(), offer.pid()) == null) {
                try {
                    receive(from, offer, stream);
                } finally {
                    incoming.remove(offer.key());
                }
            }
        }
    }

    /** Waits for something that is a matter of moments, and tells whether it came. */
    private static boolean soon(BooleanSupplier awaited) {
        for (long waited = 0; !awaited.getAsBoolean(); waited += POLL.toNanos()) {
            if (waited >= PATIENCE.toNanos() || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    private static void refuse(ByteStream stream, String reason) throws IOException {
        Records.write(stream, Verdict.CODEC, Verdict.no(Errno.EAGAIN, reason));
    }

    private void receive(NodeId from, Offer offer, ByteStream stream) throws IOException {
        int agent;
        try {
            agent = places.prepare(offer.pid(), from, offer.relations());
        } catch (ErrnoException problem) {
            Records.write(stream, Verdict.CODEC, Verdict.no(problem.errno(), String.valueOf(problem.getMessage())));
            return;
        }
        boolean arrived = false;
        try {
            faults.reached(FaultPoint.PREPARED, offer.pid());
            Records.write(stream, Verdict.CODEC, Verdict.OK);
            arrived = build(from, offer, stream, agent);
        } finally {
            if (!arrived) {
                places.abandon(offer.pid());
            }
        }
        if (arrived) {
            incoming.remove(offer.key());
            tellThatItRuns(offer, stream);
        }
    }

    private void tellThatItRuns(Offer offer, ByteStream stream) throws IOException {
        try {
            faults.reached(FaultPoint.RUNNING, offer.pid());
            Records.write(stream, Verdict.CODEC, Verdict.OK);
        } finally {
            places.settled(offer.pid());
        }
    }

    private boolean build(NodeId from, Offer offer, ByteStream stream, int agent) throws IOException {
        Imaging.Arrival arrival;
        Entry entry;
        try {
            arrival = imaging.arrive(stream, agent);
            entry = hold(from, offer, arrival);
        } catch (ErrnoException | IOException problem) {
            LOG.log(Level.WARNING, "pid {0} from node {1} was not built: {2}", offer.pid(), from, problem.getMessage());
            refuse(stream, String.valueOf(problem.getMessage()));
            return false;
        }
        boolean go = false;
        try {
            faults.reached(FaultPoint.BUILT, offer.pid());
            Records.write(stream, Verdict.CODEC, Verdict.OK);
            Commit word = Records.read(stream, Commit.CODEC);
            faults.reached(FaultPoint.COMMIT_RECEIVED, offer.pid());
            go = release(from, offer, arrival, word);
        } finally {
            if (!go) {
                outcomes.decide(offer.key(), Outcome.DROPPED);
                arrival.abandon();
            }
            journal.delete(entry);
        }
        if (!go) {
            refuse(stream, "node " + self + CUT_OFF);
        }
        return go;
    }

    /** A process that the next daemon would not know of does not come. */
    private Entry hold(NodeId from, Offer offer, Imaging.Arrival arrival) throws IOException {
        boolean known = false;
        try {
            Entry entry = new Entry(Journal.Role.COMING, offer.key(), offer.pid(), from, arrival.hold());
            journal.write(entry);
            known = true;
            return entry;
        } finally {
            if (!known) {
                arrival.abandon();
            }
        }
    }

    /** While this node may have been voted out, the source may have decided that the process stays. */
    private boolean release(NodeId from, Offer offer, Imaging.Arrival arrival, Commit word) {
        if (!hotplug.trusted() || outcomes.decide(offer.key(), Outcome.RAN) != Outcome.RAN) {
            return false;
        }
        places.arrived(offer.pid(), from, word.history());
        arrival.run();
        return true;
    }

    private Codec.Nothing adjust(Relations changed) throws MigrationException {
        Integer pid = incoming.get(changed.key());
        if (pid == null) {
            throw new MigrationException(Errno.ESRCH, "no such migration is going on");
        }
        places.adjust(pid, changed.relations());
        return Codec.Nothing.NOTHING;
    }

    @Override
    public void close() {
        registrations.forEach(Registration::close);
    }
}
