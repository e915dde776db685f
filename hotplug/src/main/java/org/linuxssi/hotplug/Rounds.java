package org.linuxssi.hotplug;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Messages.Complaint;
import org.linuxssi.hotplug.Messages.Pulse;
import org.linuxssi.hotplug.Messages.Word;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/**
 * Signs of life in a view that is too large for every member to tell every other.
 *
 * <p>Overview. Members live through numbered rounds, one each heartbeat: whoever is first begins the next, the others follow
 * when they hear of it. Each tells its neighbours in the {@link Rings} all that it knows of the round, as a whole and at most
 * once each {@link #pace}: which members have begun it, so that all soon know who lives; and, when all have or half a heartbeat
 * is over, its word on whom it has seen, so that these learn who vouches for them. To {@link Watch} that is what the signs of
 * life and their confirmations are in a small view, only that they came through others: the time of a sign is that of the
 * sender's own beginning of the round, the word of a witness is given after that.
 *
 * <p>A neighbour that is not heard itself while it is seen by others is complained about. Who has two thirds of the
 * neighbours against it gets nobody's word any more; fewer do not harm it.
 */
final class Rounds {

    private static final int PACES = 20;
    private static final int COMPLAINT_ROUNDS = 2;
    private static final int FEWEST_COMPLAINTS = 2;

    /** What the rounds need of their node. */
    interface Surroundings {
        void send(NodeSet to, Pulse pulse);

        void post(Runnable task);

        /** Witnesses have confirmed this node. */
        void confirmed();
    }

    private final NodeId self;
    private final TimeSource time;
    private final Watch watch;
    private final Duration heartbeat;
    private final Surroundings surroundings;

    private @Nullable Agreed view;
    private NodeSet members = NodeSet.EMPTY;
    private Rings rings = new Rings(NodeSet.EMPTY);
    private NodeSet neighbours = NodeSet.EMPTY;

    private long round;
    private long begunAt;
    private NodeSet begun = NodeSet.EMPTY;
    private NodeSet vouching = NodeSet.EMPTY;
    private boolean spoken;
    private boolean telling;
    private final Words words = new Words();
    private final Map<NodeId, Complaint> complaints = new TreeMap<>();
    private final Map<NodeId, Pulse> told = new HashMap<>();
    private final Map<NodeId, Pulse> heard = new HashMap<>();

    Rounds(NodeId self, TimeSource time, Watch watch, Duration heartbeat, Surroundings surroundings) {
        this.self = self;
        this.time = time;
        this.watch = watch;
        this.heartbeat = heartbeat;
        this.surroundings = surroundings;
    }

    private Duration pace() {
        return heartbeat.dividedBy(PACES);
    }

    /** Begins anew with this view; empty: there are no rounds, because this node is no member or its view is small. */
    void reset(Optional<Agreed> next) {
        view = next.orElse(null);
        NodeSet before = members;
        members = next.map(Agreed::nodes).orElse(NodeSet.EMPTY);
        before.plus(members).minus(self).forEach(node -> watch.cutOff(node, false));
        complaints.clear();
        NodeSet former = neighbours;
        if (next.isEmpty()) {
            neighbours = NodeSet.EMPTY;
            return;
        }
        rings = new Rings(members);
        neighbours = rings.neighbours(self);
        neighbours.minus(former).forEach(watch::heardDirectly);
        begin(round + 1);
        advance();
        tell();
    }

    private void begin(long number) {
        round = number;
        begunAt = time.nanos();
        begun = NodeSet.of(self);
        spoken = false;
        words.clear();
        vouching = NodeSet.EMPTY;
        told.clear();
        heard.clear();
        watch.round(number);
        complaints.values().removeIf(complaint -> number - complaint.round() > COMPLAINT_ROUNDS);
        complaints.remove(self);
        complain();
        judge();
        time.after(
                heartbeat.dividedBy(2),
                () -> surroundings.post(() -> {
                    if (round == number && view != null) {
                        speak();
                    }
                }));
        time.after(
                heartbeat,
                () -> surroundings.post(() -> {
                    if (round == number && view != null) {
                        begin(number + 1);
                        advance();
                        tell();
                    }
                }));
    }

    /** Takes what a neighbour knows of this view's rounds. */
    void take(NodeId from, Pulse pulse) {
        watch.heardDirectly(from);
        if (view == null || pulse.round() < round) {
            return;
        }
        boolean first = pulse.round() > round;
        if (first) {
            begin(pulse.round());
        }
        heard.put(from, pulse);
        NodeSet fresh = pulse.begun().and(members).minus(begun);
        begun = begun.plus(fresh);
        fresh.forEach(watch::heardOf);
        boolean said = words.add(pulse.words());
        boolean complained = takeComplaints(pulse.complaints());
        boolean changed = said || complained || !fresh.isEmpty();
        if (first || changed) {
            advance();
        }
        if (first) {
            tell();
        } else if (changed) {
            tellSoon();
        }
    }

    private boolean takeComplaints(List<Complaint> others) {
        boolean changed = false;
        for (Complaint complaint : others) {
            Complaint known = complaints.get(complaint.by());
            if (!complaint.by().equals(self)
                    && round - complaint.round() <= COMPLAINT_ROUNDS
                    && (known == null || known.round() < complaint.round())) {
                complaints.put(complaint.by(), complaint);
                changed = true;
            }
        }
        if (changed) {
            judge();
        }
        return changed;
    }

    private void complain() {
        NodeSet unheard = NodeSet.of(neighbours.stream().filter(watch::unheard).toList());
        if (!unheard.isEmpty()) {
            complaints.put(self, new Complaint(self, round, unheard));
        }
    }

    private void judge() {
        for (NodeId node : members.minus(self)) {
            watch.cutOff(node, condemned(node));
        }
    }

    private boolean condemned(NodeId node) {
        NodeSet against = NodeSet.of(complaints.values().stream()
                .filter(complaint -> complaint.about().contains(node))
                .map(Complaint::by)
                .toList());
        if (against.size() < FEWEST_COMPLAINTS) {
            return false;
        }
        NodeSet watching = NodeSet.of(rings.neighbours(node).stream()
                .filter(watcher -> watcher.equals(self) || !watch.away(watcher))
                .toList());
        int counted = against.and(watching).size();
        return counted >= FEWEST_COMPLAINTS && 3 * counted >= 2 * watching.size();
    }

    private void advance() {
        if (!spoken && members.minus(begun).stream().allMatch(watch::away)) {
            speak();
        }
        NodeSet fresh = words.witnessesOf(self).and(members).minus(vouching);
        if (!fresh.isEmpty()) {
            vouching = vouching.plus(fresh);
            fresh.minus(self).forEach(witness -> watch.confirmed(witness, begunAt));
            surroundings.confirmed();
        }
    }

    /** Gives this node's word on those that it has seen in this round. */
    private void speak() {
        if (spoken) {
            return;
        }
        spoken = true;
        NodeSet seen = NodeSet.of(begun.stream()
                .filter(node -> node.equals(self) || watch.trust(node))
                .toList());
        words.add(List.of(new Word(seen, NodeSet.of(self))));
        tellSoon();
    }

    private void tellSoon() {
        if (!telling) {
            telling = true;
            time.after(pace(), () -> surroundings.post(this::tell));
        }
    }

    /** Tells the neighbours what they may not know; each hears of each round, and so of this node, at least once. */
    private void tell() {
        telling = false;
        Agreed now = view;
        if (now == null) {
            return;
        }
        Pulse pulse =
                new Pulse(now.cluster(), now.epoch(), round, begun, words.list(), List.copyOf(complaints.values()));
        List<NodeId> to = new ArrayList<>();
        for (NodeId node : rings.neighbours(self, watch::away)) {
            boolean knows = told.containsKey(node) && pulse.equals(heard.get(node));
            if (!knows && !pulse.equals(told.get(node))) {
                told.put(node, pulse);
                to.add(node);
            }
        }
        surroundings.send(NodeSet.of(to), pulse);
    }
}
