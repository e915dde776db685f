package org.linuxssi.control;

/** The states of a cluster, as commands see it. */
public enum ClusterState {
    /** Programs can run. */
    UP,
    /** The daemons are there, the cluster is not started. */
    DOWN,
    /** This node can't tell, for example because it is in the minority of a partition. */
    ERROR
}
