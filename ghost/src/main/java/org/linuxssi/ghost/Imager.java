package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.ProcFiles;

/**
 * Takes images of processes and builds processes from them. All pids are those of the caller's pid name space.
 *
 * @param agent path, as processes of the container see it, of the program that a process becomes when it leaves, and that
 *     a half-built one becomes when it is given up
 * @param relayed takes care of pipes, terminals and the like
 */
public record Imager(String agent, RelayedFile relayed) {

    private static final int PAGE = 4096;

    /**
     * Returns what the process holds that cannot move, each as {@code fd 7: io_uring}; empty when it can.
     *
     * @param init the first process of the container
     */
    public List<String> obstacles(int pid, int init) {
        return Preflight.obstacles(pid, init, relayed);
    }

    /** Returns what the process needs to find where it goes; see {@link #lacking}. */
    public byte[] needs(int pid) {
        return Needs.CODEC.toBytes(Needs.of(pid));
    }

    /**
     * Returns what this machine lacks of the needs, a sentence each; empty when it lacks nothing.
     *
     * @param root a process from whose root directory paths are looked up, as the first of the container
     */
    public List<String> lacking(byte[] needs, int root) {
        return Needs.CODEC.fromBytes(needs).lacking(root);
    }

    /** Returns the bytes of memory that would have to be copied, roughly. */
    public long memory(int pid) {
        String[] fields = ProcFiles.text(pid, "statm").split(" ");
        return (Long.parseLong(fields[1]) - Long.parseLong(fields[2])) * PAGE;
    }

    /** Begins to take an image; the process runs on until it is frozen. */
    public ProcessDeparture depart(int pid) {
        return new ProcessDeparture(pid, this);
    }

    /**
     * Builds a process from an image, up to the point where it only has to be let go.
     *
     * @param image what {@link ProcessDeparture} wrote; read to its end and no further
     * @param agent a process with one thread, no descriptors it needs, and the pid of the image in its container; root
     * @param doorway number, in the agent, of a pidfd of our own process, by which it takes relayed files; -1 for none
     * @throws IOException when the image is broken off or cannot be built; the agent was made to execute {@link
     *     #agent()} again then
     */
    public ProcessArrival arrive(ReadableByteChannel image, int agent, int doorway) throws IOException {
        ProcessArrival arrival = new ProcessArrival(agent, this, doorway);
        arrival.receive(image);
        return arrival;
    }
}
