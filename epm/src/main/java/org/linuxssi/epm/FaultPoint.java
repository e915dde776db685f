package org.linuxssi.epm;

import java.io.IOException;

/** Places where tests make a migration fail, each with the node that is at work there. */
public enum FaultPoint {
    /** Source: the checks are done, nothing was sent. */
    CHECKED,
    /** Source: the target accepted the offer. */
    OFFERED,
    /** Source: memory was copied while the process ran. */
    COPIED_LIVE,
    /** Source: all threads are stopped. */
    FROZEN,
    /** Source: the image is complete. */
    COPIED,
    /** Source: the process is held, in the journal, and entered at the target, which is building it or has built it. */
    ENTERED,
    /** Source: the target has built the process; the commit was not sent. */
    READY,
    /** Source: the commit was sent, nothing is known of what became of it. */
    COMMITTED,
    /** Target: the offer came in. */
    OFFER_RECEIVED,
    /** Target: the agent is there. */
    PREPARED,
    /** Target: the process is built. */
    BUILT,
    /** Target: the commit came in. */
    COMMIT_RECEIVED,
    /** Target: the process runs, the source does not know. */
    RUNNING;

    /** Decides what happens at each point. */
    @FunctionalInterface
    public interface Hook {

        /** Lets everything pass. */
        Hook NONE = (point, pid) -> {};

        /** Throws to make the migration of the process fail here; may also block or end the node. */
        void reached(FaultPoint point, int pid) throws IOException;
    }
}
