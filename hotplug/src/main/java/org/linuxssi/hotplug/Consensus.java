package org.linuxssi.hotplug;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.linuxssi.hotplug.Messages.Step;
import org.linuxssi.hotplug.Messages.Vote;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.TimeSource;

/**
 * Agreement on the next view among the members of the current one.
 *
 * <p>Overview. For each epoch the members of the view before run one instance of single-decree Paxos (Lamport, "Paxos Made
 * Simple", 2001; chained so that each value names the voters of the next instance, as in Lamport, Malkhi and Zhou,
 * "Reconfiguring a State Machine", 2010). Any member may propose. What was accepted is kept in memory only: a node that
 * restarts is another member and votes for nothing that its former life voted for.
 */
final class Consensus {

    private static final Duration ATTEMPT = Duration.ofSeconds(1);
    private static final int NODE_BITS = 8;

    /** Sends votes and takes decisions. */
    interface Surroundings {
        void send(NodeId to, Vote vote);

        void decided(Agreed view);

        /** Tells whether this node may agree to that view now. */
        boolean agreeable(Agreed view);
    }

    private final NodeId self;
    private final TimeSource time;
    private final Surroundings surroundings;
    private final Supplier<NodeSet> ended;

    private Optional<Agreed> current = Optional.empty();
    private long promised;
    private long acceptedBallot;
    private Optional<Agreed> accepted = Optional.empty();

    private long ballot;
    private Step phase = Step.REFUSAL;
    private @Nullable Agreed proposal;
    private long bestAccepted;
    private NodeSet answers = NodeSet.EMPTY;
    private long attemptEnd;

    Consensus(NodeId self, TimeSource time, Surroundings surroundings, Supplier<NodeSet> ended) {
        this.self = self;
        this.time = time;
        this.surroundings = surroundings;
        this.ended = ended;
    }

    /** Begins anew after this view was installed; empty: this node votes no more. */
    void reset(Optional<Agreed> view) {
        current = view;
        promised = 0;
        acceptedBallot = 0;
        accepted = Optional.empty();
        ballot = 0;
        phase = Step.REFUSAL;
        proposal = null;
        answers = NodeSet.EMPTY;
    }

    /** Tells whether an attempt of this node is under way. */
    boolean busy() {
        return phase != Step.REFUSAL && attemptEnd - time.nanos() > 0;
    }

    /** Tries to have this view decided; another one may win. */
    void propose(Agreed next) {
        if (busy() || current.isEmpty()) {
            return;
        }
        long round = Math.max(Math.max(promised, ballot), acceptedBallot) >> NODE_BITS;
        ballot = (round + 1) << NODE_BITS | self.value();
        phase = Step.PREPARE;
        proposal = next;
        bestAccepted = 0;
        answers = NodeSet.EMPTY;
        attemptEnd = time.nanos() + ATTEMPT.toNanos();
        toAll(new Vote(Step.PREPARE, next.cluster(), next.epoch(), ballot, 0, Optional.of(next)));
    }

    private void toAll(Vote vote) {
        current.ifPresent(view -> {
            for (NodeId node : view.nodes()) {
                surroundings.send(node, vote);
            }
        });
    }

    /** Takes a vote of a member of the current view for the next one. */
    void vote(NodeId from, Vote vote) {
        Agreed view = current.orElse(null);
        if (view == null
                || vote.epoch() != view.epoch() + 1
                || vote.cluster() != view.cluster()
                || !view.nodes().contains(from)) {
            return;
        }
        switch (vote.step()) {
            case PREPARE -> prepare(from, vote);
            case ACCEPT -> accept(from, vote);
            case PROMISE -> promise(view, from, vote);
            case ACCEPTED -> acceptedBy(view, from, vote);
            case REFUSAL -> {
                if (vote.ballot() == ballot) {
                    phase = Step.REFUSAL;
                    ballot = Math.max(ballot, vote.accepted());
                }
            }
        }
    }

    private void answer(NodeId to, Vote question, Step step, long ballotOfValue, Optional<Agreed> value) {
        surroundings.send(
                to, new Vote(step, question.cluster(), question.epoch(), question.ballot(), ballotOfValue, value));
    }

    /** Who would not agree does not promise: so nothing is accepted by a few that comes back when all is well again. */
    private void prepare(NodeId from, Vote vote) {
        if (!vote.value().map(surroundings::agreeable).orElse(true)) {
            return;
        }
        if (vote.ballot() < promised) {
            answer(from, vote, Step.REFUSAL, promised, Optional.empty());
            return;
        }
        promised = vote.ballot();
        answer(from, vote, Step.PROMISE, acceptedBallot, accepted);
    }

    private void accept(NodeId from, Vote vote) {
        if (!vote.value().map(surroundings::agreeable).orElse(true)) {
            return;
        }
        if (vote.ballot() < promised || vote.value().isEmpty()) {
            answer(from, vote, Step.REFUSAL, promised, Optional.empty());
            return;
        }
        promised = vote.ballot();
        acceptedBallot = vote.ballot();
        accepted = vote.value();
        answer(from, vote, Step.ACCEPTED, 0, Optional.empty());
    }

    private void promise(Agreed view, NodeId from, Vote vote) {
        if (phase != Step.PREPARE || vote.ballot() != ballot) {
            return;
        }
        answers = answers.plus(from);
        if (vote.value().isPresent() && vote.accepted() > bestAccepted) {
            bestAccepted = vote.accepted();
            proposal = vote.value().get();
        }
        if (view.quorum(answers, ended.get())) {
            phase = Step.ACCEPT;
            answers = NodeSet.EMPTY;
            toAll(new Vote(Step.ACCEPT, vote.cluster(), vote.epoch(), ballot, 0, Optional.ofNullable(proposal)));
        }
    }

    private void acceptedBy(Agreed view, NodeId from, Vote vote) {
        Agreed value = proposal;
        if (phase != Step.ACCEPT || vote.ballot() != ballot || value == null) {
            return;
        }
        answers = answers.plus(from);
        if (view.quorum(answers, ended.get())) {
            phase = Step.REFUSAL;
            surroundings.decided(value);
        }
    }
}
