package org.linuxssi.capability;

import org.linuxssi.tools.Codec;

/**
 * What somebody gave a process.
 *
 * @param startMillis when the process began, which tells it from a later one with the same number
 * @param sets its capabilities
 */
record Given(long startMillis, CapabilitySets sets) {

    /** How much the time of a start may differ when it is computed again. */
    private static final long BLUR_MILLIS = 2000;

    /** The form in the set of the cluster. */
    static final Codec<Given> CODEC = Codec.of(
            (given, out) -> out.i64(given.startMillis).value(given.sets, CapabilitySets.CODEC),
            in -> new Given(in.i64(), in.value(CapabilitySets.CODEC)));

    boolean isOf(Kin kin) {
        return Math.abs(startMillis - kin.startMillis()) < BLUR_MILLIS;
    }
}
