package org.linuxssi.kddm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Operation.End;

/**
 * Tells whether a history of one object could have happened one operation at a time, each between its start and its end: the
 * search of Wing and Gong (1993) with the memory of Lowe (2017).
 */
final class Linearizability {

    /** What the object is between two operations; lost objects have neither a stamp nor are they absent. */
    private record State(@Nullable Stamp stamp, boolean lost) {
        static final State ABSENT = new State(null, false);
        static final State LOST = new State(null, true);
    }

    private record Place(BitSet done, State state) {}

    private static final int LIMIT = 3_000_000;

    private final List<Operation> operations;
    private final boolean losses;
    private final Set<Place> seen = new HashSet<>();
    private int most;
    private @Nullable Operation stuck;

    private Linearizability(List<Operation> operations, boolean losses) {
        this.operations = operations;
        this.losses = losses;
    }

    /**
     * Looks for an order.
     *
     * @param history all operations on one object
     * @param losses whether the object may have been lost
     * @return what is wrong; empty when there is an order
     */
    static Optional<String> violation(List<Operation> history, boolean losses) {
        List<Operation> relevant = history.stream()
                .filter(it -> it.must() || (it.may() && matters(it, history)))
                .sorted(Comparator.comparingLong(it -> it.start))
                .toList();
        Linearizability search = new Linearizability(relevant, losses);
        if (search.possible()) {
            return Optional.empty();
        }
        String undecided = search.seen.size() > LIMIT ? "the search was given up: " : "";
        StringBuilder text = new StringBuilder(undecided + "no order of these operations is possible; at most "
                + search.most + " have a place, first without: " + search.stuck + "\n");
        relevant.forEach(it -> text.append("  ").append(it).append('\n'));
        return Optional.of(text.toString());
    }

    /** What may have been written and was seen by nobody needs no place. */
    private static boolean matters(Operation it, List<Operation> history) {
        Optional<Stamp> written = Optional.ofNullable(it.written);
        return written.isEmpty() || history.stream().anyMatch(other -> other.read.equals(written));
    }

    private record Frame(BitSet done, State state, int next) {}

    private boolean possible() {
        List<Frame> stack = new ArrayList<>();
        stack.add(new Frame(new BitSet(operations.size()), State.ABSENT, 0));
        while (!stack.isEmpty()) {
            Frame frame = stack.removeLast();
            if (complete(frame.done())) {
                return true;
            }
            int candidate = candidate(frame.done(), frame.next());
            if (candidate < 0) {
                continue;
            }
            stack.add(new Frame(frame.done(), frame.state(), candidate + 1));
            Operation operation = operations.get(candidate);
            State after = apply(operation, frame.state());
            if (after != null) {
                BitSet done = (BitSet) frame.done().clone();
                done.set(candidate);
                note(done);
                if (seen.size() > LIMIT) {
                    return false;
                }
                if (seen.add(new Place(done, after))) {
                    stack.add(new Frame(done, after, 0));
                }
            }
        }
        return false;
    }

    private void note(BitSet done) {
        if (done.cardinality() > most) {
            most = done.cardinality();
            stuck = operations.stream()
                    .filter(it -> it.must() && !done.get(operations.indexOf(it)))
                    .findFirst()
                    .orElse(null);
        }
    }

    private boolean complete(BitSet done) {
        for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
            if (operations.get(i).must()) {
                return false;
            }
        }
        return true;
    }

    /** Returns the next operation that may come first among those without a place, or -1. */
    private int candidate(BitSet done, int from) {
        long limit = Long.MAX_VALUE;
        for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
            limit = Math.min(limit, operations.get(i).stop);
        }
        for (int i = done.nextClearBit(from); i < operations.size(); i = done.nextClearBit(i + 1)) {
            if (operations.get(i).start > limit) {
                return -1;
            }
            return i;
        }
        return -1;
    }

    /** Returns the state after the operation, or null when it can't have ended as it did. */
    private @Nullable State apply(Operation it, State state) {
        if (it.end == End.LOST) {
            return losses ? State.LOST : null;
        }
        return switch (it.kind) {
            case READ -> state.lost() || !it.read.equals(Optional.of(touched(state))) ? null : present(touched(state));
            case LOOK -> looked(it, state);
            case UPDATE -> state.lost() || !it.read.equals(Optional.of(touched(state))) ? null : present(it.written);
            case SET -> present(it.written);
            case REMOVE -> State.ABSENT;
        };
    }

    /** What was only touched and read is forgotten with the node that touched it: the next touch gives the same. */
    private static @Nullable State looked(Operation it, State state) {
        if (state.lost()) {
            return null;
        }
        if (it.read.isEmpty() && Stamp.FIRST.equals(state.stamp())) {
            return State.ABSENT;
        }
        return it.read.equals(Optional.ofNullable(state.stamp())) ? state : null;
    }

    private static Stamp touched(State state) {
        Stamp stamp = state.stamp();
        return stamp == null ? Stamp.FIRST : stamp;
    }

    private static State present(@Nullable Stamp stamp) {
        return new State(stamp, false);
    }
}
