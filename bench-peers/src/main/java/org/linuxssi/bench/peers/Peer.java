package org.linuxssi.bench.peers;

/**
 * A node of a cluster of three that shares values of {@link Values#BYTES} bytes, two copies of each, and locks. Operations return when
 * all copies have what they did.
 */
interface Peer {

    /** Returns the value; fails when there is none. */
    byte[] read(long key);

    /** Makes or replaces the value. */
    void write(long key, byte[] value);

    /** Tells whether a read of what this node wrote last is answered here. */
    boolean answersHere(long key);

    /** Tells whether the first read here of what another node wrote last needs another node. */
    default boolean asksOthers(long key) {
        return !answersHere(key);
    }

    /** Takes a lock that excludes all other holders in the cluster. */
    void lock(long number);

    /** Frees the lock; called by the thread that took it. */
    void unlock(long number);
}
