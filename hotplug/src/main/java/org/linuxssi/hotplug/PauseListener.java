package org.linuxssi.hotplug;

/** Is told when this node may no longer act for the cluster, and when it may again. */
@FunctionalInterface
public interface PauseListener {

    /**
     * Called on a thread that must not block.
     *
     * @param paused true: this node does not reach a quorum of the view; stop all that changes shared state
     * @param reason what to tell people
     */
    void paused(boolean paused, String reason);
}
