package org.linuxssi.hotplug;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * A view as the nodes agree on it.
 *
 * @param cluster tells apart clusters that were started independently
 * @param epoch number of the view
 * @param kind what changed
 * @param members the members, ascending
 * @param leaving the members that were told to leave
 * @param lost nodes that failed and have not come back
 * @param changed the nodes that the change is about
 */
record Agreed(
        long cluster, long epoch, Kind kind, List<Member> members, NodeSet leaving, NodeSet lost, NodeSet changed) {

    /** One life of a node: after a restart it is another member. */
    record Member(NodeId node, long incarnation) {
        static final Codec<Member> CODEC = Codec.of(
                (member, out) -> out.node(member.node()).i64(member.incarnation()),
                in -> new Member(in.node(), in.i64()));
    }

    /** What changed. */
    enum Kind {
        /** Nodes were added; also the first view. */
        ADD,
        /** Nodes failed. */
        FAIL,
        /** Nodes are told to leave; the members are the same. */
        LEAVING,
        /** Nodes have left. */
        REMOVED,
        /** Nodes could not leave; the members are the same. */
        STAY
    }

    private static final int MAX_LOG = 1 << 10;

    static final Codec<Agreed> CODEC = Codec.of(
            (view, out) -> out.i64(view.cluster())
                    .i64(view.epoch())
                    .constant(view.kind())
                    .list(view.members(), Member.CODEC)
                    .nodes(view.leaving())
                    .nodes(view.lost())
                    .nodes(view.changed()),
            in -> new Agreed(
                    in.i64(),
                    in.i64(),
                    in.constant(Kind.values()),
                    in.list(NodeId.LIMIT, Member.CODEC),
                    in.nodes(),
                    in.nodes(),
                    in.nodes()));

    static final Codec<List<Agreed>> LOG =
            Codec.of((views, out) -> out.list(views, CODEC), in -> in.list(MAX_LOG, CODEC));

    NodeSet nodes() {
        return NodeSet.of(members.stream().map(Member::node).toList());
    }

    View view() {
        return new View(epoch, nodes());
    }

    boolean has(NodeId node, long incarnation) {
        return members.contains(new Member(node, incarnation));
    }

    Optional<Member> member(NodeId node) {
        return members.stream().filter(member -> member.node().equals(node)).findFirst();
    }

    private Agreed next(Kind change, List<Member> who, NodeSet goers, NodeSet dead, NodeSet about) {
        List<Member> sorted =
                who.stream().sorted((a, b) -> a.node().compareTo(b.node())).toList();
        return new Agreed(cluster, epoch + 1, change, sorted, goers, dead, about);
    }

    private List<Member> without(NodeSet gone) {
        return members.stream().filter(member -> !gone.contains(member.node())).toList();
    }

    /** Returns the first view of a cluster. */
    static Agreed first(long cluster, List<Member> members) {
        return new Agreed(cluster, 0, Kind.ADD, List.of(), NodeSet.EMPTY, NodeSet.EMPTY, NodeSet.EMPTY).plus(members);
    }

    Agreed plus(List<Member> more) {
        List<Member> all = new ArrayList<>(members);
        all.addAll(more);
        NodeSet joining = NodeSet.of(more.stream().map(Member::node).toList());
        return next(Kind.ADD, all, leaving, lost.minus(joining), joining);
    }

    Agreed failed(NodeSet dead) {
        return next(Kind.FAIL, without(dead), leaving.minus(dead), lost.plus(dead), dead);
    }

    Agreed leaving(NodeSet goers) {
        return next(Kind.LEAVING, members, goers, lost, goers);
    }

    Agreed removed() {
        return next(Kind.REMOVED, without(leaving), NodeSet.EMPTY, lost, leaving);
    }

    Agreed stay() {
        return next(Kind.STAY, members, NodeSet.EMPTY, lost, leaving);
    }

    /**
     * Tells whether these members may decide for all: more than half, or exactly half with the lowest node. Any two such sets
     * have a node in common. Members that are proven to have ended can take no part in any decision; when all others agree,
     * that is enough.
     *
     * @param some members that take part
     * @param ended members that were seen with a later incarnation
     */
    boolean quorum(NodeSet some, NodeSet ended) {
        NodeSet all = nodes();
        NodeSet voters = some.and(all).minus(ended);
        int twice = 2 * voters.size();
        if (twice != all.size()) {
            return twice > all.size() || (!voters.isEmpty() && voters.containsAll(all.minus(ended)));
        }
        NodeId lowest = all.lowest();
        return (lowest != null && voters.contains(lowest)) || voters.containsAll(all.minus(ended));
    }
}
