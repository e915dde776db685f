package org.linuxssi.checkpoint;

import java.io.IOException;

/** Places where tests make a checkpoint or a restart fail. */
public enum Phase {
    /** All was looked at, nothing stands still. */
    LOOKED,
    /** All processes stand still. */
    FROZEN,
    /** The images are written. */
    IMAGED,
    /** All files are written, the version has not its name yet. */
    WRITTEN,
    /** There are agents for all processes. */
    PREPARED,
    /** The processes are built. */
    BUILT,
    /** They stand ready, also for the next daemon, and none of them may run. */
    HELD,
    /** It is decided that they run. */
    DECIDED;

    /** Decides what happens at each phase. */
    @FunctionalInterface
    public interface Hook {

        /** Lets everything pass. */
        Hook NONE = (phase, application) -> {};

        /** Throws to make it fail here; may also block or end the node. */
        void reached(Phase phase, int application) throws IOException;
    }
}
