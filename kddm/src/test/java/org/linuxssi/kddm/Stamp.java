package org.linuxssi.kddm;

import org.linuxssi.tools.Codec;

/**
 * An object of the simulation: each write makes one that no other write makes.
 *
 * @param version one more than that of the object it was made from
 * @param writer number of the operation that wrote it, 0 for the first touch
 */
record Stamp(long version, long writer) {

    static final Stamp FIRST = new Stamp(0, 0);

    static final Codec<Stamp> CODEC =
            Codec.of((it, out) -> out.i64(it.version).i64(it.writer), in -> new Stamp(in.i64(), in.i64()));

    Stamp next(long by) {
        return new Stamp(version + 1, by);
    }
}
