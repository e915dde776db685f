package org.linuxssi.proc;

import java.util.List;
import java.util.Optional;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeSet;

/**
 * Who a process is related to; all pids are those of the cluster.
 *
 * @param self its own numbers
 * @param holders the nodes that have a proxy of it
 * @param children its children, zombies included
 */
public record Relations(Numbers self, NodeSet holders, List<Child> children) {

    private static final int MAX_CHILDREN = 1 << 16;

    /**
     * The numbers of a process.
     *
     * @param pid its pid
     * @param parent its parent, 1 for init
     * @param group its process group
     * @param session its session
     * @param uid its real user
     * @param gid its real group
     * @param terminal whether it has a controlling terminal
     */
    public record Numbers(int pid, int parent, int group, int session, int uid, int gid, boolean terminal) {
        static final Codec<Numbers> CODEC = Codec.of(
                (n, out) -> out.i32(n.pid())
                        .i32(n.parent())
                        .i32(n.group())
                        .i32(n.session())
                        .i32(n.uid())
                        .i32(n.gid())
                        .bool(n.terminal()),
                in -> new Numbers(in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.bool()));
    }

    /**
     * A child.
     *
     * @param numbers its numbers
     * @param zombie the status word it ended with, when it waits to be reaped
     */
    public record Child(Numbers numbers, Optional<Integer> zombie) {
        static final Codec<Integer> STATUS = Codec.of((status, out) -> out.i32(status), in -> in.i32());

        static final Codec<Child> CODEC = Codec.of(
                (c, out) -> out.value(c.numbers(), Numbers.CODEC).optional(c.zombie(), STATUS),
                in -> new Child(in.value(Numbers.CODEC), in.optional(STATUS)));
    }

    /** The form in messages. */
    public static final Codec<Relations> CODEC = Codec.of(
            (r, out) -> out.value(r.self(), Numbers.CODEC).nodes(r.holders()).list(r.children(), Child.CODEC),
            in -> new Relations(in.value(Numbers.CODEC), in.nodes(), in.list(MAX_CHILDREN, Child.CODEC)));
}
