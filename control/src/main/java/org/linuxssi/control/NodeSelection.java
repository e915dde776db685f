package org.linuxssi.control;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeSet;

/** Which nodes a command is about. */
public sealed interface NodeSelection {

    /** The bytes of a selection. */
    Codec<NodeSelection> CODEC = Codec.of(NodeSelection::write, NodeSelection::read);

    /** Exactly these. */
    record Listed(NodeSet nodes) implements NodeSelection {}

    /** So many, whichever the daemon chooses. */
    record Count(int count) implements NodeSelection {}

    /** As many as make the cluster have this number of nodes in the end. */
    record Total(int total) implements NodeSelection {}

    /** All of them. */
    record All() implements NodeSelection {}

    private static void write(NodeSelection selection, Encoder out) {
        switch (selection) {
            case Listed listed -> out.i8(0).nodes(listed.nodes());
            case Count count -> out.i8(1).i32(count.count());
            case Total total -> out.i8(2).i32(total.total());
            case All() -> out.i8(3);
        }
    }

    private static NodeSelection read(Decoder in) {
        int tag = in.i8();
        return switch (tag) {
            case 0 -> new Listed(in.nodes());
            case 1 -> new Count(in.i32());
            case 2 -> new Total(in.i32());
            case 3 -> new All();
            default -> throw new DecodeException(in.position() - 1, tag + " is no kind of node selection");
        };
    }
}
