package org.linuxssi.kddm;

import java.util.Optional;
import org.linuxssi.kddm.spi.ObjectState;
import org.linuxssi.tools.NodeId;

/**
 * What one node has of an object.
 *
 * @param object its number
 * @param state what the node has of it
 * @param awaited what it waits for
 * @param home the node with its directory entry; empty outside the cluster
 * @param version counts its writes
 * @param readers holds to read
 * @param writer whether there is a hold to write
 * @param waiters how many on this node wait for a hold
 */
public record ObjectInfo(
        long object,
        ObjectState state,
        Awaited awaited,
        Optional<NodeId> home,
        long version,
        int readers,
        boolean writer,
        int waiters) {

    /** What a copy waits for. */
    public enum Awaited {
        /** Nothing. */
        NOTHING,
        /** A copy to read. */
        OBJECT_READ,
        /** The only copy. */
        OBJECT_WRITE,
        /** The new owner's word that the object arrived. */
        OWNER_CHANGE,
        /** The holds here to end, so that another node gets what it asks for. */
        HOLDS
    }
}
