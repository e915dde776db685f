package org.linuxssi.capability;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * A process and whom it belongs to; pids are those of the cluster.
 *
 * @param pid its number
 * @param parent its parent, 1 for none
 * @param session its session
 * @param uid its real user
 * @param startMillis when it began, in milliseconds since 1970
 * @param node where it is
 */
public record Kin(int pid, int parent, int session, int uid, long startMillis, NodeId node) {

    static final Codec<Kin> CODEC = Codec.of(
            (kin, out) -> out.i32(kin.pid)
                    .i32(kin.parent)
                    .i32(kin.session)
                    .i32(kin.uid)
                    .i64(kin.startMillis)
                    .node(kin.node),
            in -> new Kin(in.i32(), in.i32(), in.i32(), in.i32(), in.i64(), in.node()));
}
