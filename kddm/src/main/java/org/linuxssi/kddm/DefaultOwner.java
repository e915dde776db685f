package org.linuxssi.kddm;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * The node that keeps an object's directory entry and, for sets that are {@link SetFlag#FT_LINKED}, runs its first touch.
 * While that node is not a member another one stands in, the same one for everybody.
 */
public sealed interface DefaultOwner {

    /** Bytes of a scheme. */
    Codec<DefaultOwner> CODEC = Codec.of(DefaultOwner::encode, DefaultOwner::decode);

    /** One node for all objects. */
    record Fixed(NodeId node) implements DefaultOwner {}

    /** The members of the view in turn: object number modulo nodes. */
    record Modulo() implements DefaultOwner {}

    /** The object number shifted to the right, modulo 256. */
    record Shift(int bits) implements DefaultOwner {
        /** Checks the range. */
        public Shift {
            if (bits < 0 || bits > 63) {
                throw new IllegalArgumentException("shift " + bits + " is not in 0-63");
            }
        }
    }

    /** What the I/O linker says. */
    record Linker() implements DefaultOwner {}

    /** Returns the scheme of one node for all objects. */
    static DefaultOwner fixed(NodeId node) {
        return new Fixed(node);
    }

    /** Returns the scheme object number modulo nodes. */
    static DefaultOwner modulo() {
        return new Modulo();
    }

    /** Returns the scheme object number &gt;&gt; bits. */
    static DefaultOwner shift(int bits) {
        return new Shift(bits);
    }

    /** Returns the scheme that asks {@link org.linuxssi.kddm.spi.IoLinker#defaultOwner}. */
    static DefaultOwner linker() {
        return new Linker();
    }

    private static void encode(DefaultOwner scheme, Encoder out) {
        switch (scheme) {
            case Fixed fixed -> out.i8(0).node(fixed.node());
            case Modulo _ -> out.i8(1).i8(0);
            case Shift shift -> out.i8(2).i8(shift.bits());
            case Linker _ -> out.i8(3).i8(0);
        }
    }

    private static DefaultOwner decode(Decoder in) {
        int kind = in.i8();
        int argument = in.i8();
        return switch (kind) {
            case 0 -> new Fixed(NodeId.of(argument));
            case 1 -> new Modulo();
            case 2 -> {
                if (argument > 63) {
                    throw new DecodeException(in.position() - 1, "shift " + argument + " is not in 0-63");
                }
                yield new Shift(argument);
            }
            case 3 -> new Linker();
            default -> throw new DecodeException(in.position() - 2, kind + " is no default owner scheme");
        };
    }
}
