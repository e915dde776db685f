package org.linuxssi.stream;

/** Tells who may read a terminal of this node now, of the programs on other nodes that want to. */
@FunctionalInterface
public interface Foreground {

    /** Everybody. */
    Foreground ALL = (_, _, _) -> true;

    /**
     * Returns whether a read would not be stopped by SIGTTIN; called often, must be quick.
     *
     * @param terminal device number of the terminal on this node
     * @param session of who wants to read, in the numbers of the cluster
     * @param group process group of who wants to read
     */
    boolean mayRead(long terminal, int session, int group);
}
