package org.linuxssi.control;

import org.linuxssi.tools.Codec;

/**
 * How a set of capabilities is to change.
 *
 * @param how what is done with the bits
 * @param bits one for each capability, by its number
 */
public record CapabilityChange(How how, int bits) {

    /** What is done with bits. */
    public enum How {
        /** They are the set. */
        REPLACE,
        /** They are added. */
        ADD,
        /** They are removed. */
        REMOVE
    }

    static final Codec<CapabilityChange> CODEC = Codec.of(
            (change, out) -> out.constant(change.how).i32(change.bits),
            in -> new CapabilityChange(in.constant(How.values()), in.i32()));

    /** Returns a set as it is after the change. */
    public int apply(int before) {
        return switch (how) {
            case REPLACE -> bits;
            case ADD -> before | bits;
            case REMOVE -> before & ~bits;
        };
    }
}
