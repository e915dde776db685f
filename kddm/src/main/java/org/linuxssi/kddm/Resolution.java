package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Message.Verdict;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * What a home concludes from all that was announced of one object. Loops, since this runs for each object right after a node died, in
 * code that did not run before: streams take several times as long then.
 *
 * @param owner who owns it now; null when there is none
 * @param copies who has copies, the owner among them
 * @param exists whether there is data
 * @param lost whether it existed and no data is left; the owner, if there is one, is about to make it anew
 * @param version of the data
 * @param placement where the directory entry goes
 * @param verdicts what to tell whom
 */
record Resolution(
        @Nullable NodeId owner,
        NodeSet copies,
        boolean exists,
        boolean lost,
        long version,
        int placement,
        List<Told> verdicts) {

    private static final long NEVER = -1;

    /** What one node announced. */
    record Claimed(NodeId from, Announcement it) {}

    /** What one node is told. */
    record Told(NodeId node, Verdict verdict) {}

    /** Returns what the directory is to say. */
    Holders holders() {
        if (owner == null) {
            return lost ? Holders.Lost.IT : Holders.Absent.IT;
        }
        return new Holders.Owned(owner, copies, NodeSet.EMPTY, lost);
    }

    /** Returns the same with nothing to tell this node. */
    Resolution without(NodeId node) {
        List<Told> others =
                verdicts.stream().filter(told -> !told.node().equals(node)).toList();
        return new Resolution(owner, copies, exists, lost, version, placement, others);
    }

    /** Concludes: the owner wins, then readers or a backup of the newest version, then a ghost whose heir lives, then an offer. */
    static Resolution of(List<Claimed> all, NodeSet members) {
        long removal = NEVER;
        for (Claimed c : all) {
            if (c.it().claim() == Claim.REMOVED) {
                removal = Math.max(removal, c.it().seq());
            }
        }
        return removal == NEVER ? afterLife(all, members) : afterRemoval(all, members, removal);
    }

    /**
     * Concludes for an object that is stored elsewhere, when more nodes went than have backups: one that is left may be an old one. Backups
     * that may be are forgotten.
     */
    static Resolution withoutBackups(List<Claimed> all, NodeSet members) {
        List<Claimed> others =
                all.stream().filter(c -> c.it().claim() != Claim.BACKUP).toList();
        int placement = all.getFirst().it().placement();
        Resolution found = others.isEmpty()
                ? new Resolution(null, NodeSet.EMPTY, false, true, 0, placement, List.of())
                : of(others, members);
        long version = found.exists() ? found.version() : Long.MAX_VALUE;
        List<Told> told = new ArrayList<>(found.verdicts());
        outdated(all, version, told);
        return new Resolution(found.owner(), found.copies(), found.exists(), found.lost(), version, placement, told);
    }

    /** Concludes for an object whose store is here: neither a ghost nor a backup is newer than that, so they do not count. */
    static Resolution ofStored(List<Claimed> all) {
        return withoutBackups(all, NodeSet.EMPTY);
    }

    /** What was there before the removal does not count; who has it is told. */
    private static Resolution afterRemoval(List<Claimed> all, NodeSet members, long removal) {
        List<Claimed> alive =
                all.stream().filter(c -> data(c) && c.it().seq() >= removal).toList();
        List<Told> told = new ArrayList<>(all.stream()
                .filter(c -> data(c) && c.it().seq() < removal)
                .map(Claimed::from)
                .filter(from -> alive.stream().noneMatch(c -> c.from().equals(from)))
                .distinct()
                .map(from -> new Told(from, Verdict.PURGE))
                .toList());
        if (alive.isEmpty()) {
            int placement = all.getFirst().it().placement();
            return new Resolution(null, NodeSet.EMPTY, false, false, 0, placement, told);
        }
        Resolution found = afterLife(alive, members);
        told.addAll(found.verdicts());
        return new Resolution(
                found.owner(), found.copies(), found.exists(), found.lost(), found.version(), found.placement(), told);
    }

    private static boolean data(Claimed claimed) {
        return switch (claimed.it().claim()) {
            case OWNER, MAKER, READER, BACKUP, GHOST -> true;
            case OFFER, WITNESS, LOST, REMOVED, ANSWERED, REMOVING -> false;
        };
    }

    private static Resolution afterLife(List<Claimed> claims, NodeSet members) {
        Claimed owner = newest(claims, Claim.OWNER);
        if (owner != null) {
            NodeSet copies = copies(claims, owner);
            return settled(owner, copies, verdicts(claims, copies, owner.it().version()));
        }
        Claimed maker = newest(claims, Claim.MAKER);
        if (maker != null) {
            NodeSet alone = NodeSet.of(maker.from());
            List<Told> told = new ArrayList<>();
            discards(claims, alone, told);
            return new Resolution(maker.from(), alone, false, wasLost(claims), 0, placement(claims), told);
        }
        Claimed backup = newest(claims, Claim.BACKUP);
        Claimed reader = newest(claims, Claim.READER);
        if (backup != null && (reader == null || newer(backup, reader))) {
            return promoted(claims, backup, NodeSet.of(backup.from()));
        }
        if (reader != null) {
            return promoted(claims, reader, copies(claims, reader));
        }
        Claimed ghost = lastHanded(claims);
        if (ghost != null && members.contains(ghost.it().heir())) {
            return promoted(claims, ghost, NodeSet.of(ghost.from()));
        }
        Claimed offer = newest(claims, Claim.OFFER);
        if (offer != null) {
            return promoted(claims, offer, NodeSet.of(offer.from()));
        }
        List<Told> told = new ArrayList<>();
        discards(claims, NodeSet.EMPTY, told);
        return new Resolution(null, NodeSet.EMPTY, false, true, 0, placement(claims), told);
    }

    private static int placement(List<Claimed> claims) {
        return claims.getFirst().it().placement();
    }

    private static boolean wasLost(List<Claimed> claims) {
        for (Claimed c : claims) {
            if (c.it().claim() == Claim.LOST) {
                return true;
            }
        }
        return false;
    }

    private static boolean newer(Claimed one, Claimed other) {
        return one.it().version() > other.it().version();
    }

    /** Returns the claim of the newest version, of several nodes the lowest one's; null when there is none. */
    private static @Nullable Claimed newest(List<Claimed> claims, Claim claim) {
        Claimed best = null;
        for (Claimed c : claims) {
            if (c.it().claim() == claim && (best == null || before(c, best))) {
                best = c;
            }
        }
        return best;
    }

    private static boolean before(Claimed one, Claimed other) {
        return newer(one, other)
                || (one.it().version() == other.it().version() && one.from().compareTo(other.from()) < 0);
    }

    private static @Nullable Claimed lastHanded(List<Claimed> claims) {
        Claimed last = null;
        for (Claimed c : claims) {
            if (c.it().claim() == Claim.GHOST
                    && (last == null || c.it().seq() > last.it().seq())) {
                last = c;
            }
        }
        return last;
    }

    private static Resolution settled(Claimed owner, NodeSet copies, List<Told> told) {
        Announcement it = owner.it();
        return new Resolution(owner.from(), copies, true, false, it.version(), it.placement(), told);
    }

    private static Resolution promoted(List<Claimed> claims, Claimed heir, NodeSet copies) {
        List<Told> told = verdicts(claims, copies, heir.it().version());
        told.add(new Told(heir.from(), copies.size() > 1 ? Verdict.SHARED_OWNER : Verdict.OWNER));
        return settled(heir, copies, told);
    }

    /** Returns the owner and the readers of its version. */
    private static NodeSet copies(List<Claimed> claims, Claimed owner) {
        NodeSet copies = NodeSet.of(owner.from());
        for (Claimed c : claims) {
            if (c.it().claim() == Claim.READER && c.it().version() == owner.it().version()) {
                copies = copies.plus(c.from());
            }
        }
        return copies;
    }

    /** Who is to drop a copy is told, and who has an old backup: it must not be taken for the newest when others are gone. */
    private static List<Told> verdicts(List<Claimed> claims, NodeSet keep, long version) {
        List<Told> told = new ArrayList<>(2);
        discards(claims, keep, told);
        outdated(claims, version, told);
        return told;
    }

    private static void outdated(List<Claimed> claims, long version, List<Told> told) {
        for (Claimed c : claims) {
            if (c.it().claim() == Claim.BACKUP && c.it().version() < version) {
                told.add(new Told(c.from(), Verdict.OUTDATED));
            }
        }
    }

    private static void discards(List<Claimed> claims, NodeSet keep, List<Told> told) {
        for (Claimed c : claims) {
            boolean copy =
                    switch (c.it().claim()) {
                        case OWNER, READER, GHOST -> true;
                        case MAKER, BACKUP, OFFER, WITNESS, LOST, REMOVED, ANSWERED, REMOVING -> false;
                    };
            if (copy && !keep.contains(c.from())) {
                told.add(new Told(c.from(), Verdict.DISCARD));
            }
        }
    }
}
