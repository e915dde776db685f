package org.linuxssi.kddm;

import java.util.List;
import java.util.Map;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Answered.Asked;
import org.linuxssi.kddm.Resolution.Claimed;
import org.linuxssi.tools.NodeId;

/**
 * What becomes of removals when the view changes. Who asked for one that it has no answer to asks the new home, and the object may
 * have been written anew: so those who carried it out tell the new home, which answers it without removing anything once more.
 */
final class Removals {

    private Removals() {}

    private static Announcement removal(long set, long object, int placement, Claim claim, Asked asked, long seq) {
        return new Announcement(set, object, placement, claim, asked.request(), asked.from(), seq);
    }

    /** Adds what this home has carried out and the requesters have not confirmed, and what it is about to. */
    static void ofHome(Directory directory, List<Announcement> news) {
        directory
                .removals()
                .forEach((set, object, placement, asked) ->
                        news.add(removal(set, object, placement, Claim.ANSWERED, asked, 0)));
        directory.forEachActive(entry -> {
            synchronized (entry) {
                entry.state.transaction().filter(_ -> entry.state.removing()).ifPresent(t -> {
                    Asked asked = new Asked(t.requester, t.request.request());
                    news.add(removal(entry.set, entry.object, entry.placement, Claim.REMOVING, asked, 0));
                });
            }
        });
    }

    /** Adds what this node knows of the removals of an object. */
    static void announce(long set, long object, Backups.Tombstone it, NodeId self, List<Announcement> news) {
        for (Asked asked : it.asked()) {
            news.add(removal(set, object, it.placement(), Claim.REMOVED, asked, it.seq()));
        }
        if (it.asked().isEmpty()) {
            Asked unknown = new Asked(self, Announcement.NO_REQUEST);
            news.add(removal(set, object, it.placement(), Claim.REMOVED, unknown, it.seq()));
        }
    }

    /** Notes what the new home is not to remove again. */
    static void note(Engine engine, Rebuild rebuild, Map<Rebuild.Key, Resolution> conclusions) {
        for (Announcement it : rebuild.requests) {
            Resolution conclusion = conclusions.get(new Rebuild.Key(it.set(), it.object()));
            boolean gone = conclusion == null || !conclusion.exists();
            if (it.claim() == Claim.ANSWERED
                    || (gone && !engine.copies(it.set()).durable().durable())) {
                note(engine, it);
            }
        }
        rebuild.claims
                .values()
                .forEach(claims -> claims.forEach(claimed -> {
                    if (claimed.it().claim() == Claim.REMOVED && tookEffect(engine, claimed)) {
                        note(engine, claimed.it());
                    }
                }));
    }

    /** Tells whether what a node knows of a removal is enough: of durable objects the store's node has to have begun it. */
    private static boolean tookEffect(Engine engine, Claimed claimed) {
        Announcement it = claimed.it();
        Copies<?> copies = engine.copies(it.set());
        boolean opened = copies.data().spec() != null;
        boolean known =
                it.version() != Announcement.NO_REQUEST && engine.members().contains(it.heir());
        boolean begun = !copies.durable().durable()
                || (copies.durable().keeps(it.placement()) && claimed.from().equals(engine.self()));
        return known && opened && begun;
    }

    private static void note(Engine engine, Announcement it) {
        Asked asked = new Asked(it.heir(), it.version());
        engine.directory().removals().add(it.set(), it.object(), it.placement(), asked, engine.nextSeq());
    }
}
