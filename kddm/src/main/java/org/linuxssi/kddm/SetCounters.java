package org.linuxssi.kddm;

/**
 * What one node has done for a set since it knows of it.
 *
 * @param hits operations that took no message and no wait
 * @param misses the other operations
 * @param gets requests for a copy to read, sent to the objects' homes
 * @param grabs requests for the only copy
 * @param invalidations copies that this node, as the home, had others drop
 * @param evictions copies that left this node to make room, injections among them
 * @param injections last copies that moved to another node to make room
 * @param rehomed objects that existed and got this node as their home by a change of membership
 * @param lost objects that this node, as the home, found to be lost
 */
public record SetCounters(
        long hits,
        long misses,
        long gets,
        long grabs,
        long invalidations,
        long evictions,
        long injections,
        long rehomed,
        long lost) {}
