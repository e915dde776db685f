package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.ProcFiles;

/**
 * Takes images of processes and builds processes from them. All pids are those of the caller's pid name space.
 *
 * @param premises the container
 * @param relayed takes care of pipes, terminals and the like
 */
public record Imager(Premises premises, RelayedFile relayed) {

    private static final int PAGE = 4096;

    /** Returns what the process holds that cannot move, each as {@code fd 7: io_uring}; empty when it can. */
    public List<String> obstacles(int pid) {
        return Preflight.obstacles(pid, premises.init(), relayed);
    }

    /** Returns what of its open files cannot be in an image, as {@link #obstacles}; of a process that is frozen too. */
    public List<String> refusedFiles(int pid) {
        return Preflight.refusedFiles(pid, relayed);
    }

    /** Returns what the process needs to find where it goes; see {@link #lacking}. */
    public byte[] needs(int pid) {
        return Needs.CODEC.toBytes(Needs.of(pid));
    }

    /**
     * Returns what this machine lacks of the needs, a sentence each; empty when it lacks nothing.
     */
    public List<String> lacking(byte[] needs) {
        return Needs.CODEC.fromBytes(needs).lacking(premises.init());
    }

    /** Returns what this machine lacks of the needs of a process that has ended since; its open files may have changed. */
    public List<String> lackingLater(byte[] needs) {
        return Needs.CODEC.fromBytes(needs).lackingLater(premises.init());
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
     *     Premises#agent()} again then
     */
    public ProcessArrival arrive(ReadableByteChannel image, int agent, int doorway) throws IOException {
        return arrive(List.of(image), agent, doorway);
    }

    /** The same from an image in parts, that of the memory first. */
    public ProcessArrival arrive(List<? extends ReadableByteChannel> parts, int agent, int doorway) throws IOException {
        ProcessArrival arrival = new ProcessArrival(agent, this, doorway);
        arrival.receive(parts);
        return arrival;
    }
}
