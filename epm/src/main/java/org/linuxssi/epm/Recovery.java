package org.linuxssi.epm;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import org.linuxssi.epm.Journal.Entry;
import org.linuxssi.epm.Journal.Role;
import org.linuxssi.epm.Migration.Outcome;
import org.linuxssi.epm.spi.Departure;
import org.linuxssi.epm.spi.Imaging;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.tools.NodeId;

/** Ends the migrations in which the daemon before this one died. */
final class Recovery {

    private static final Logger LOG = System.getLogger(Recovery.class.getName());

    private final NodeId self;
    private final Imaging imaging;
    private final Places places;
    private final Journal journal;
    private final Doubt doubt;

    Recovery(NodeId self, Imaging imaging, Places places, Journal journal, Doubt doubt) {
        this.self = self;
        this.imaging = imaging;
        this.places = places;
        this.journal = journal;
        this.doubt = doubt;
    }

    /** Ends what can be ended alone; processes whose place others know are added to a set, and leave it when it is known. */
    void begin(Outcomes outcomes, Set<Integer> going) {
        for (Entry entry : journal.entries()) {
            try {
                if (entry.role() == Role.COMING) {
                    came(entry, outcomes);
                } else {
                    left(entry, going);
                }
            } catch (ErrnoException gone) {
                LOG.log(Level.WARNING, "pid {0} is gone: {1}", entry.pid(), gone.getMessage());
                journal.delete(entry);
            }
        }
    }

    private void came(Entry entry, Outcomes outcomes) {
        boolean ran = outcomes.decide(entry.key(), Outcome.DROPPED) == Outcome.RAN;
        LOG.log(
                Level.INFO,
                "pid {0} from node {1}, which the last daemon held, {2}",
                entry.pid(),
                entry.peer(),
                ran ? "goes on" : "is dropped");
        if (ran) {
            imaging.goOn(entry.held());
        } else {
            imaging.end(entry.held());
        }
        journal.delete(entry);
    }

    private void left(Entry entry, Set<Integer> going) {
        places.departing(entry.pid(), entry.peer());
        going.add(entry.pid());
        Thread.ofVirtual().name("recovery of " + entry.pid()).start(() -> {
            try {
                decide(entry, doubt.ran(entry.key(), entry.peer()));
            } catch (MigrationException | IOException | RuntimeException problem) {
                LOG.log(Level.WARNING, "pid " + entry.pid() + ", which the last daemon held", problem);
            } finally {
                journal.delete(entry);
                going.remove(entry.pid());
            }
        });
    }

    private void decide(Entry entry, boolean ran) throws MigrationException, IOException {
        LOG.log(
                Level.INFO,
                "pid {0}, which the last daemon held, {1}",
                entry.pid(),
                ran ? "runs on node " + entry.peer() : "goes on here");
        if (ran) {
            try (Departure departure = imaging.depart(entry.pid(), entry.peer())) {
                departure.freeze();
                Outgoing.standIn(places, departure, entry.pid(), entry.peer());
            }
        } else {
            imaging.goOn(entry.held());
            doubt.awaitMembership();
            Outgoing.stay(places, entry.pid(), self);
        }
    }
}
