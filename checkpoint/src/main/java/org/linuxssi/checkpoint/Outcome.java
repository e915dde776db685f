package org.linuxssi.checkpoint;

import java.util.Optional;
import org.linuxssi.tools.Codec;

/**
 * What was done with an application.
 *
 * @param application its number
 * @param saved the version that was written, if one was
 * @param processes how many it has
 * @param bytes of memory written
 * @param frozenNanos how long it stood still, 0 when it does still or did before
 */
public record Outcome(int application, Optional<Manifest> saved, int processes, long bytes, long frozenNanos) {

    static final Codec<Outcome> CODEC = Codec.of(
            (outcome, out) -> out.i32(outcome.application)
                    .optional(outcome.saved, Manifest.CODEC)
                    .i32(outcome.processes)
                    .i64(outcome.bytes)
                    .i64(outcome.frozenNanos),
            in -> new Outcome(in.i32(), in.optional(Manifest.CODEC), in.i32(), in.i64(), in.i64()));
}
