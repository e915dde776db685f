package org.linuxssi.checkpoint;

import java.io.IOException;

/** An application whose processes all stand still until they are let go. */
interface StandingStill extends AutoCloseable {

    /** Returns whose it is. */
    int uid();

    /** Returns how many processes stood still at last. */
    int size();

    /** Returns how long they stood still, from the first one's stop until they went on; 0 as long as they stand still. */
    long stoodNanos();

    /** Writes all images and what belongs to them; returns the bytes of memory that were written. */
    long save(Versions.Draft draft) throws IOException;

    /** Lets all processes go on with a signal; those that are killed have ended then, so that their numbers are free. */
    void letGo(int signal);

    /** Lets all processes go on. */
    @Override
    void close();
}
