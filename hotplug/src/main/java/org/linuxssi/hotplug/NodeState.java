package org.linuxssi.hotplug;

import java.util.Locale;

/**
 * What a node is to the cluster.
 *
 * <p>A node is added by OFFLINE → PRESENT → POSSIBLE → ONLINE and removed by ONLINE → PRESENT. A node that is POSSIBLE is
 * never taken away before it was ONLINE. A failure leads from any state to OFFLINE.
 */
public enum NodeState {
    /** Known by its number, but not reached. */
    OFFLINE,
    /** Connected; no part of the cluster yet. */
    PRESENT,
    /** Member of the agreed view; its services are being made ready. */
    POSSIBLE,
    /** Member with all its services ready. */
    ONLINE;

    /** Returns the word that {@code krgadm nodes} prints. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
