package org.linuxssi.kddm;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * What a node tells an object's new home after the view changed.
 *
 * @param set key of the set
 * @param object number of the object
 * @param placement where its directory entry goes
 * @param claim what the node has of it or knows about it
 * @param version of the data; of removals the request, or {@link #NO_REQUEST}
 * @param heir whom a ghost was handed to; of removals, who asked for it; else the announcing node
 * @param seq of the newest transaction that took effect on it; of the removal; of the transaction that made the ghost; for stand-ins, the
 *     number of what the home says
 */
record Announcement(long set, long object, int placement, Claim claim, long version, NodeId heir, long seq) {

    /** What a node has of an object or knows about it, the best first. */
    enum Claim {
        /** Ownership and data. */
        OWNER,
        /** Ownership of an absent object that somebody is making. */
        MAKER,
        /** A copy to read. */
        READER,
        /** Data of a version that some put wrote, kept for this case. */
        BACKUP,
        /** Data that was handed over. */
        GHOST,
        /** Data that the linker can rebuild. */
        OFFER,
        /** No data, but the object existed. */
        WITNESS,
        /** The object was lost before. */
        LOST,
        /** No data: the object is being removed, or was not long ago. */
        REMOVED,
        /** Nothing: the old home has carried out this removal, and the requester has not confirmed that. */
        ANSWERED,
        /** Nothing: the old home was about to carry out this removal, which is done if no data is left. */
        REMOVING;

        /** Tells whether it is about a request and not about the object. */
        boolean ofRequest() {
            return this == ANSWERED || this == REMOVING;
        }
    }

    /** The request is not known. */
    static final long NO_REQUEST = 0;

    private static final Claim[] CLAIMS = Claim.values();

    static final Codec<Announcement> CODEC = Codec.of(
            (it, out) -> out.i64(it.set)
                    .i64(it.object)
                    .i16(it.placement)
                    .constant(it.claim)
                    .i64(it.version)
                    .node(it.heir)
                    .i64(it.seq),
            in -> new Announcement(
                    MessageCodec.set(in),
                    in.i64(),
                    MessageCodec.placement(in),
                    in.constant(CLAIMS),
                    in.i64(),
                    in.node(),
                    in.i64()));
}
