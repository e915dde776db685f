package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Message.Verdict;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * What a home concludes from all that was announced of one object.
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

    private static final Comparator<Claimed> NEWEST =
            Comparator.comparingLong((Claimed c) -> c.it().version()).reversed().thenComparing(Claimed::from);
    private static final Comparator<Claimed> LAST_HANDED =
            Comparator.comparingLong((Claimed c) -> c.it().seq()).reversed();

    /** Returns the same with nothing to tell this node. */
    Resolution without(NodeId node) {
        List<Told> others =
                verdicts.stream().filter(told -> !told.node().equals(node)).toList();
        return new Resolution(owner, copies, exists, lost, version, placement, others);
    }

    /** Concludes: the owner wins, then readers or a backup of the newest version, then a ghost whose heir lives, then an offer. */
    static Resolution of(List<Claimed> all, NodeSet members) {
        long removal = all.stream()
                .filter(c -> c.it().claim() == Claim.REMOVED)
                .mapToLong(c -> c.it().seq())
                .max()
                .orElse(NEVER);
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
        told.addAll(outdated(all, version));
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
            case OFFER, WITNESS, LOST, REMOVED -> false;
        };
    }

    private static Resolution afterLife(List<Claimed> claims, NodeSet members) {
        List<Claimed> owners = newest(claims, Claim.OWNER);
        List<Claimed> readers = newest(claims, Claim.READER);
        if (!owners.isEmpty()) {
            return owned(claims, owners.getFirst(), readers);
        }
        List<Claimed> makers = newest(claims, Claim.MAKER);
        if (!makers.isEmpty()) {
            NodeId maker = makers.getFirst().from();
            return new Resolution(
                    maker,
                    NodeSet.of(maker),
                    false,
                    claims.stream().anyMatch(c -> c.it().claim() == Claim.LOST),
                    0,
                    claims.getFirst().it().placement(),
                    discards(claims, NodeSet.of(maker)));
        }
        List<Claimed> backups = newest(claims, Claim.BACKUP);
        if (!backups.isEmpty() && (readers.isEmpty() || newer(backups.getFirst(), readers.getFirst()))) {
            return promoted(claims, backups.getFirst(), List.of());
        }
        if (!readers.isEmpty()) {
            return promoted(claims, readers.getFirst(), readers);
        }
        Claimed ghost = claims.stream()
                .filter(c -> c.it().claim() == Claim.GHOST)
                .min(LAST_HANDED)
                .orElse(null);
        if (ghost != null && members.contains(ghost.it().heir())) {
            return promoted(claims, ghost, List.of());
        }
        List<Claimed> offers = newest(claims, Claim.OFFER);
        if (!offers.isEmpty()) {
            return promoted(claims, offers.getFirst(), List.of());
        }
        return new Resolution(
                null,
                NodeSet.EMPTY,
                false,
                true,
                0,
                claims.getFirst().it().placement(),
                discards(claims, NodeSet.EMPTY));
    }

    private static boolean newer(Claimed one, Claimed other) {
        return one.it().version() > other.it().version();
    }

    private static List<Claimed> newest(List<Claimed> claims, Claim claim) {
        return claims.stream()
                .filter(c -> c.it().claim() == claim)
                .sorted(NEWEST)
                .toList();
    }

    private static Resolution owned(List<Claimed> claims, Claimed owner, List<Claimed> readers) {
        NodeSet copies = copies(owner, readers);
        return new Resolution(
                owner.from(),
                copies,
                true,
                false,
                owner.it().version(),
                owner.it().placement(),
                verdicts(claims, copies, owner.it().version()));
    }

    private static Resolution promoted(List<Claimed> claims, Claimed heir, List<Claimed> readers) {
        NodeSet copies = copies(heir, readers);
        List<Told> told = new ArrayList<>(verdicts(claims, copies, heir.it().version()));
        told.add(new Told(heir.from(), copies.size() > 1 ? Verdict.SHARED_OWNER : Verdict.OWNER));
        return new Resolution(
                heir.from(), copies, true, false, heir.it().version(), heir.it().placement(), told);
    }

    private static NodeSet copies(Claimed owner, List<Claimed> readers) {
        return NodeSet.of(readers.stream()
                        .filter(reader -> reader.it().version() == owner.it().version())
                        .map(Claimed::from)
                        .toList())
                .plus(owner.from());
    }

    /** Who is to drop a copy is told, and who has an old backup: it must not be taken for the newest when others are gone. */
    private static List<Told> verdicts(List<Claimed> claims, NodeSet keep, long version) {
        List<Told> told = new ArrayList<>(discards(claims, keep));
        told.addAll(outdated(claims, version));
        return told;
    }

    private static List<Told> outdated(List<Claimed> claims, long version) {
        return claims.stream()
                .filter(c -> c.it().claim() == Claim.BACKUP && c.it().version() < version)
                .map(c -> new Told(c.from(), Verdict.OUTDATED))
                .toList();
    }

    private static List<Told> discards(List<Claimed> claims, NodeSet keep) {
        return claims.stream()
                .filter(c -> switch (c.it().claim()) {
                    case OWNER, READER, GHOST -> !keep.contains(c.from());
                    case MAKER, BACKUP, OFFER, WITNESS, LOST, REMOVED -> false;
                })
                .map(c -> new Told(c.from(), Verdict.DISCARD))
                .toList();
    }
}
