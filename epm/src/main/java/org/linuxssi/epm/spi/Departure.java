package org.linuxssi.epm.spi;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * A process on its way out of this node. Calls come in this order: {@link #copyLive} or not, {@link #freeze}, {@link
 * #copyRest}, {@link #end}, {@link #hold}, then {@link #replace}; {@link #resume} may come at any time before replace; {@link
 * #close} comes last.
 */
public interface Departure extends AutoCloseable {

    /** Writes memory while the process runs, until little is left to write. */
    Progress copyLive(WritableByteChannel image) throws IOException;

    /** Stops all threads of the process where they are. */
    void freeze() throws IOException;

    /** Tells whether job control had stopped the process when it was frozen. */
    boolean stopped();

    /** Writes all that has not been written, but the end; some of it may not be written before {@link #end} returns. */
    Progress copyRest(WritableByteChannel image) throws IOException;

    /** Completes the image: the target builds the process now. */
    void end() throws IOException;

    /**
     * Makes the frozen process stand still also when this daemon dies; it can be resumed or replaced as before.
     *
     * @return what the next daemon needs for {@link Imaging#goOn}
     */
    byte[] hold();

    /** Lets the process go on here as if nothing had happened; descriptors that were exported are its own again. */
    void resume();

    /**
     * Ends the process by making it execute the agent in its place; parent, group and session stay. Signals that came after
     * the image was complete stay pending for the agent, those in the image do not.
     */
    void replace() throws IOException;

    /** Lets go of everything. A frozen process that was neither resumed nor replaced is resumed. */
    @Override
    void close();

    /**
     * What a copy did.
     *
     * @param bytes bytes of memory written
     * @param rounds times that memory was looked through
     */
    record Progress(long bytes, int rounds) {}
}
