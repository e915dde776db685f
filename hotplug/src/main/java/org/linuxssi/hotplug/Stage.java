package org.linuxssi.hotplug;

/**
 * The order in which services learn of a change: this order when nodes are added or fail, the reverse when nodes are
 * removed. No handler of a stage starts on any node before the handlers of the stage before have ended on all nodes.
 */
public enum Stage {
    /** Nodes become known. */
    MEMBERSHIP_PRESENT,
    /** Messages. */
    RPC,
    /** Barriers. */
    BARRIER,
    /** Sets of shared objects. */
    KDDM,
    /** Unique numbers. */
    UNIQUE_ID,
    /** Cluster-wide locks. */
    GLOBAL_LOCK,
    /** The cluster's /proc. */
    PROCFS,
    /** Processes. */
    PROC,
    /** Files. */
    FS,
    /** Memory. */
    MM,
    /** System V inter-process communication. */
    IPC,
    /** Enhanced process management: migration, checkpoint. */
    EPM,
    /** Placement and balancing. */
    SCHEDULER,
    /** Nodes take part in everything. */
    MEMBERSHIP_ONLINE
}
