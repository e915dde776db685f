package org.linuxssi.checkpoint;

import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * What is known of a saved version as a whole, {@code global.bin}.
 *
 * @param application number of the application
 * @param version 1 for the first, one more for each later one
 * @param uid the user whose it is
 * @param dateMillis when it was saved, in milliseconds since 1970
 * @param description what the user said about it, may be empty
 * @param nodes where its processes were
 */
public record Manifest(int application, int version, int uid, long dateMillis, String description, List<NodeId> nodes) {

    /** The most bytes of a description. */
    public static final int DESCRIPTION = 4096;

    private static final Codec<NodeId> NODE = Codec.of((node, out) -> out.node(node), in -> in.node());

    static final Codec<Manifest> CODEC = Codec.of(
            (manifest, out) -> out.i32(manifest.application)
                    .i32(manifest.version)
                    .i32(manifest.uid)
                    .i64(manifest.dateMillis)
                    .text(manifest.description)
                    .list(manifest.nodes, NODE),
            in -> new Manifest(
                    in.i32(), in.i32(), in.i32(), in.i64(), in.text(DESCRIPTION), in.list(NodeId.LIMIT, NODE)));

    /** Copies the list. */
    public Manifest {
        nodes = List.copyOf(nodes);
    }

    /** Returns what users are told about the version, a line each. */
    public List<String> lines() {
        return Texts.description(this);
    }
}
