package org.linuxssi.kddm;

import java.util.List;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;

/**
 * A part of what one node announces to one home in one view.
 *
 * @param epoch of the view
 * @param shadows whether these are objects that exist at the sender, for its stand-in, instead of announcements
 * @param part number of this part, from 0
 * @param parts how many there are
 * @param list the announcements
 */
record Announce(long epoch, boolean shadows, int part, int parts, List<Announcement> list) {

    /** The most announcements in one part. */
    static final int LIMIT = 1000;

    private static final int MOST_PARTS = 1 << 20;

    static final Codec<Announce> CODEC = Codec.of(
            (it, out) -> out.i64(it.epoch)
                    .bool(it.shadows)
                    .i32(it.part)
                    .i32(it.parts)
                    .list(it.list, Announcement.CODEC),
            in -> {
                long epoch = in.i64();
                boolean shadows = in.bool();
                int part = in.length(MOST_PARTS);
                int parts = in.length(MOST_PARTS);
                if (part >= parts) {
                    throw new DecodeException(in.position() - 8, "part " + part + " of " + parts);
                }
                return new Announce(epoch, shadows, part, parts, in.list(LIMIT, Announcement.CODEC));
            });
}
