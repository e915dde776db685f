package org.linuxssi.kddm;

import java.util.EnumSet;
import java.util.Set;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/**
 * What all nodes know of a set; itself an object of the set of definitions.
 *
 * @param id name of the set
 * @param linkerName the kind of linker
 * @param owner the default owner scheme
 * @param objectSize the most bytes an object takes
 * @param flags kind of set
 * @param copies how many nodes have what was acknowledged
 */
public record SetDefinition(
        SetId id, String linkerName, DefaultOwner owner, int objectSize, Set<SetFlag> flags, int copies) {

    /** Bytes of a definition. */
    public static final Codec<SetDefinition> CODEC = Codec.of(SetDefinition::encode, SetDefinition::decode);

    /** Makes the set of flags immutable. */
    public SetDefinition {
        flags = Set.copyOf(flags);
    }

    private static void encode(SetDefinition it, Encoder out) {
        int bits = 0;
        for (SetFlag flag : it.flags) {
            bits |= flag.bit();
        }
        out.value(it.id, SetId.CODEC).text(it.linkerName).value(it.owner, DefaultOwner.CODEC);
        out.i32(it.objectSize).i8(bits).i8(it.copies);
    }

    private static SetDefinition decode(Decoder in) {
        SetId id = in.value(SetId.CODEC);
        String linker = in.text(4 * NamedIds.MAX_NAME);
        DefaultOwner owner = in.value(DefaultOwner.CODEC);
        int size = in.length(SetSpec.MAX_OBJECT_SIZE);
        int bits = in.i8();
        if (bits >>> SetFlag.values().length != 0) {
            throw new DecodeException(in.position() - 1, "unknown set flags " + bits);
        }
        EnumSet<SetFlag> flags = EnumSet.noneOf(SetFlag.class);
        for (SetFlag flag : SetFlag.values()) {
            if ((bits & flag.bit()) != 0) {
                flags.add(flag);
            }
        }
        return new SetDefinition(id, linker, owner, size, flags, in.i8());
    }
}
