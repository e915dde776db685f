package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Announcement.Claim;
import org.linuxssi.kddm.Resolution.Claimed;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What has been announced to this home in one view so far; guarded by its monitor. */
final class Rebuild {

    /** An object of a set. */
    record Key(long set, long object) {}

    /** A message that waits until the directory is there: a request, or the word that an object was made. */
    record Postponed(NodeId from, Message message) {}

    /**
     * What the old directory knew.
     *
     * @param witness the announcement if the owner is gone
     * @param owner who had it; null when it was lost
     */
    record Fact(Announcement witness, @Nullable NodeId owner) {
        /** Tells whether it has to be announced to these members. */
        boolean matters(Members members) {
            return owner == null || !members.contains(owner);
        }
    }

    final long epoch;
    /** Known when the view is installed here. */
    NodeSet members = NodeSet.EMPTY;
    /** The nodes that went since the last finished rebuild. */
    NodeSet failed = NodeSet.EMPTY;
    /** The members of the view before. */
    Members before = Members.NONE;
    /** How many nodes went since all nodes had finished a rebuild; very many when that is not known. */
    int gone;
    /** What the last finished directory knew. */
    List<Fact> facts = List.of();
    /** The removals that it had carried out, or was about to. */
    List<Announcement> removals = List.of();

    boolean installed;
    boolean resolving;
    /** Objects that are not in the directory yet, or whose holders have to be told something before anybody is served; null while that is not known. */
    @Nullable
    Set<Key> unsettled;

    /** What is told to holders; null before that is known. */
    @Nullable
    Verdicts verdicts;

    boolean ready;

    final Map<Key, List<Claimed>> claims = new HashMap<>();
    /** Conclusions that are not in the directory yet. */
    private final Map<Key, Resolution> unapplied = new HashMap<>();
    /** What was announced of removals. */
    final List<Announcement> requests = new ArrayList<>();

    final List<Postponed> postponed = new ArrayList<>();
    private final Map<NodeId, BitSet> parts = new HashMap<>();
    private NodeSet heard = NodeSet.EMPTY;

    Rebuild(long epoch) {
        this.epoch = epoch;
    }

    void add(NodeId from, Announce announce) {
        BitSet got = parts.computeIfAbsent(from, _ -> new BitSet());
        if (got.get(announce.part())) {
            return;
        }
        got.set(announce.part());
        for (Announcement it : announce.list()) {
            if (it.claim().ofRequest()) {
                requests.add(it);
            } else {
                claims.computeIfAbsent(new Key(it.set(), it.object()), _ -> new ArrayList<>(2))
                        .add(new Claimed(from, it));
            }
        }
        if (got.cardinality() == announce.parts()) {
            heard = heard.plus(from);
        }
    }

    boolean complete() {
        return installed && heard.containsAll(members);
    }

    /**
     * Tells whether the message has to wait. A removal waits for the whole directory: before that the object's witnesses would be announced
     * again if the view changed. The word that an object was made waits until its owner is known.
     */
    boolean postpones(Message message) {
        Set<Key> told = unsettled;
        if (ready || told == null) {
            return !ready;
        }
        Key key = new Key(message.set(), message.object());
        return message instanceof Message.Created ? unapplied.containsKey(key) : !isHold(message) || told.contains(key);
    }

    /** Tells whether somebody wants to read or write the object. */
    static boolean isHold(Message message) {
        return message instanceof Message.Request it
                && (it.want() == Message.Want.READ || it.want() == Message.Want.WRITE);
    }

    /** Conclusions were drawn. */
    void concluded(Map<Key, Resolution> conclusions, Verdicts told) {
        verdicts = told;
        unapplied.putAll(conclusions);
        unsettled = new HashSet<>(conclusions.keySet());
    }

    /** Returns a conclusion that is to be written into the directory, once. */
    Optional<Resolution> take(Key key) {
        return Optional.ofNullable(unapplied.remove(key));
    }

    /** These objects are in the directory and their holders know what becomes of them; returns the messages that need not wait any more. */
    List<Postponed> settled(Set<Key> objects) {
        Set<Key> left = unsettled;
        if (left != null) {
            left.removeAll(objects);
        }
        return released();
    }

    /** Returns the objects that somebody wants to read or write. */
    Set<Key> waitedFor() {
        Set<Key> keys = new LinkedHashSet<>();
        for (Postponed it : postponed) {
            if (isHold(it.message())) {
                keys.add(new Key(it.message().set(), it.message().object()));
            }
        }
        return keys;
    }

    /** Takes out the messages that need not wait any more. */
    List<Postponed> released() {
        List<Postponed> released = new ArrayList<>();
        postponed.removeIf(it -> {
            boolean waits = postpones(it.message());
            if (!waits) {
                released.add(it);
            }
            return !waits;
        });
        return released;
    }

    /** Returns what an unfinished rebuild was told about objects without data. */
    List<Announcement> witnesses() {
        return claims.values().stream()
                .flatMap(List::stream)
                .map(Claimed::it)
                .filter(it -> it.claim() == Claim.WITNESS || it.claim() == Claim.LOST)
                .toList();
    }
}
