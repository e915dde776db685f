package org.linuxssi.epm.spi;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import org.linuxssi.tools.NodeId;

/** Takes images of processes of this node and builds processes from images. Pids are those of the cluster. */
public interface Imaging {

    /** The most bytes that {@link #needs} returns. */
    int NEEDS_LIMIT = 1 << 20;

    /** Returns what the process holds that cannot move, each as {@code fd 7: io_uring}; empty when it can. */
    List<String> obstacles(int pid);

    /** Returns what the process needs to find on another node: files, features of the CPU and of the kernel. */
    byte[] needs(int pid);

    /** Returns what this node lacks of those needs, a sentence each; empty when it lacks nothing. */
    List<String> lacking(byte[] needs);

    /** Returns the bytes of memory that would have to be copied, roughly. */
    long memory(int pid);

    /** Begins to take an image for this node; the process runs on until {@link Departure#freeze()}. */
    Departure depart(int pid, NodeId target) throws IOException;

    /**
     * Builds a process from an image inside an agent, up to the point where it only has to be let go.
     *
     * @param image the bytes that {@link Departure} wrote; read to their end and no further
     * @param agent the agent, as it is known to the host of this node
     * @throws IOException when the image is broken off or cannot be built; the agent is an agent again then
     */
    Arrival arrive(ReadableByteChannel image, int agent) throws IOException;

    /** The most bytes that {@link Departure#hold} and {@link Arrival#hold} return. */
    int HELD_LIMIT = 8 << 20;

    /** Lets a process go on that a former daemon held; does nothing when it is gone. */
    void goOn(byte[] held);

    /** Ends a process that a former daemon held; does nothing when it is gone. */
    void end(byte[] held);

    /** A process that is built and waits. */
    interface Arrival {
        /** Makes it ready to run, and wait also when this daemon dies; returns what the next one needs for {@link #goOn}. */
        byte[] hold();

        /** Lets the process run, after {@link #hold}; nothing can fail after this returns. */
        void run();

        /** Turns the process into the agent that it was made from. */
        void abandon();
    }
}
