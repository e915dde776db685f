package org.linuxssi.hotplug;

import java.util.List;
import java.util.Optional;
import org.linuxssi.rpc.Service;
import org.linuxssi.rpc.Service.Dispatch;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Codec.Nothing;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/** What nodes tell each other about membership; all are one-way but the order to power off. */
final class Messages {

    private Messages() {}

    /**
     * How far a node is with the handlers of a change.
     *
     * @param epoch the view that the change leads to
     * @param steps number of steps that are done
     * @param refused the node could not let go of what it has
     */
    record Progress(long epoch, int steps, boolean refused) {
        static final Codec<Progress> CODEC = Codec.of(
                (progress, out) ->
                        out.i64(progress.epoch()).i32(progress.steps()).bool(progress.refused()),
                in -> new Progress(in.i64(), in.i32(), in.bool()));

        boolean reached(long atEpoch, int atSteps) {
            return epoch > atEpoch || (epoch == atEpoch && steps >= atSteps);
        }
    }

    /**
     * A sign of life.
     *
     * @param incarnation the life of the sender
     * @param cluster the cluster that it is a member of, 0 for none
     * @param epoch its newest view, 0 for none
     * @param wantsIn it lost its place without being told to leave, and is ready to come back
     * @param autostart it takes part in an automatic start
     * @param sent when it was sent, by the sender's clock
     * @param reached the nodes that the sender is connected to
     * @param progress see there
     */
    record Beat(
            long incarnation,
            long cluster,
            long epoch,
            boolean wantsIn,
            boolean autostart,
            long sent,
            NodeSet reached,
            Progress progress) {
        static final Codec<Beat> CODEC = Codec.of(
                (beat, out) -> out.i64(beat.incarnation())
                        .i64(beat.cluster())
                        .i64(beat.epoch())
                        .bool(beat.wantsIn())
                        .bool(beat.autostart())
                        .i64(beat.sent())
                        .nodes(beat.reached())
                        .value(beat.progress(), Progress.CODEC),
                in -> new Beat(
                        in.i64(),
                        in.i64(),
                        in.i64(),
                        in.bool(),
                        in.bool(),
                        in.i64(),
                        in.nodes(),
                        in.value(Progress.CODEC)));
    }

    /**
     * A step of the agreement on the view after {@code epoch - 1}.
     *
     * @param step which step
     * @param cluster the cluster
     * @param epoch the view that is to be decided
     * @param ballot number of the attempt
     * @param accepted in a PROMISE: the ballot of the value; in a REFUSAL: the ballot that was promised
     * @param value in a PREPARE what the sender wants, in an ACCEPT, and in a PROMISE of a node that has accepted one
     */
    record Vote(Step step, long cluster, long epoch, long ballot, long accepted, Optional<Agreed> value) {
        static final Codec<Vote> CODEC = Codec.of(
                (vote, out) -> out.constant(vote.step())
                        .i64(vote.cluster())
                        .i64(vote.epoch())
                        .i64(vote.ballot())
                        .i64(vote.accepted())
                        .optional(vote.value(), Agreed.CODEC),
                in -> new Vote(
                        in.constant(Step.values()), in.i64(), in.i64(), in.i64(), in.i64(), in.optional(Agreed.CODEC)));
    }

    /** The steps, in Paxos' own words. */
    enum Step {
        /** Promise to ignore smaller ballots. */
        PREPARE,
        /** Promised. */
        PROMISE,
        /** Accept this value. */
        ACCEPT,
        /** It was accepted. */
        ACCEPTED,
        /** A larger ballot was promised. */
        REFUSAL
    }

    /** The answer to the first view: no text agrees. */
    record StartAnswer(long cluster, String refusal) {
        static final Codec<StartAnswer> CODEC = Codec.of(
                (answer, out) -> out.i64(answer.cluster()).text(answer.refusal()),
                in -> new StartAnswer(in.i64(), in.text(1000)));
    }

    /**
     * What a member of a large view knows of the round of signs of life that is under way.
     *
     * @param cluster the cluster
     * @param epoch the view
     * @param round number of the round
     * @param begun the members that have begun it
     * @param words who has confirmed to have seen whom in this round
     * @param complaints of members that don't hear a neighbour
     */
    record Pulse(long cluster, long epoch, long round, NodeSet begun, List<Word> words, List<Complaint> complaints) {
        static final Codec<Pulse> CODEC = Codec.of(
                (pulse, out) -> out.i64(pulse.cluster())
                        .i64(pulse.epoch())
                        .i64(pulse.round())
                        .nodes(pulse.begun())
                        .list(pulse.words(), Word.CODEC)
                        .list(pulse.complaints(), Complaint.CODEC),
                in -> new Pulse(
                        in.i64(),
                        in.i64(),
                        in.i64(),
                        in.nodes(),
                        in.list(NodeId.LIMIT, Word.CODEC),
                        in.list(NodeId.LIMIT, Complaint.CODEC)));
    }

    /** All these witnesses have seen that these nodes, and no others, have begun a round; the nodes may rely on them. */
    record Word(NodeSet seen, NodeSet witnesses) {
        static final Codec<Word> CODEC = Codec.of(
                (word, out) -> out.nodes(word.seen()).nodes(word.witnesses()), in -> new Word(in.nodes(), in.nodes()));
    }

    /** A node said in this round that it does not hear these neighbours. */
    record Complaint(NodeId by, long round, NodeSet about) {
        static final Codec<Complaint> CODEC = Codec.of(
                (complaint, out) ->
                        out.node(complaint.by()).i64(complaint.round()).nodes(complaint.about()),
                in -> new Complaint(in.node(), in.i64(), in.nodes()));
    }

    /** The newest sign of life of a node that another one has. */
    record Relayed(NodeId node, Beat beat) {
        static final Codec<Relayed> CODEC = Codec.of(
                (relayed, out) -> out.node(relayed.node()).value(relayed.beat(), Beat.CODEC),
                in -> new Relayed(in.node(), in.value(Beat.CODEC)));
    }

    static final Codec<List<Relayed>> RELAYED_LIST =
            Codec.of((list, out) -> out.list(list, Relayed.CODEC), in -> in.list(NodeId.LIMIT, Relayed.CODEC));

    private static final Codec<NodeSet> NODES = Codec.of((nodes, out) -> out.nodes(nodes), in -> in.nodes());

    private static final Codec<Boolean> REBOOT = Codec.of((reboot, out) -> out.bool(reboot), in -> in.bool());

    private static final Codec<Long> HEARD_AT = Codec.of((sent, out) -> out.i64(sent), in -> in.i64());

    static final Service<Beat, Nothing> BEAT =
            Service.of(1, "hotplug-beat", Beat.CODEC, Codec.NOTHING, Dispatch.INLINE);
    static final Service<Long, Nothing> HEARD =
            Service.of(7, "hotplug-heard", HEARD_AT, Codec.NOTHING, Dispatch.INLINE);
    static final Service<Vote, Nothing> VOTE =
            Service.of(2, "hotplug-vote", Vote.CODEC, Codec.NOTHING, Dispatch.INLINE);
    static final Service<List<Agreed>, Nothing> DECIDED =
            Service.of(3, "hotplug-decided", Agreed.LOG, Codec.NOTHING, Dispatch.INLINE);
    static final Service<Agreed, Nothing> START =
            Service.of(4, "hotplug-start", Agreed.CODEC, Codec.NOTHING, Dispatch.INLINE);
    static final Service<StartAnswer, Nothing> START_ANSWER =
            Service.of(5, "hotplug-start-answer", StartAnswer.CODEC, Codec.NOTHING, Dispatch.INLINE);
    static final Service<Boolean, Nothing> POWEROFF =
            Service.of(6, "hotplug-poweroff", REBOOT, Codec.NOTHING, Dispatch.INLINE);
    static final Service<Pulse, Nothing> PULSE =
            Service.of(8, "hotplug-pulse", Pulse.CODEC, Codec.NOTHING, Dispatch.INLINE);
    static final Service<NodeSet, Nothing> RELAY =
            Service.of(9, "hotplug-relay", NODES, Codec.NOTHING, Dispatch.INLINE);
    static final Service<List<Relayed>, Nothing> RELAYED =
            Service.of(10, "hotplug-relayed", RELAYED_LIST, Codec.NOTHING, Dispatch.INLINE);
}
