package org.linuxssi.daemon;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;

/** Carries bytes from one descriptor to another on a thread of its own. */
final class Pump {

    private static final int CHUNK = 65536;

    private Pump() {}

    /** Carries until either side ends, then runs the action. Neither descriptor is closed. */
    static Thread start(String name, int from, int to, Runnable end) {
        return Thread.ofPlatform().daemon().name(name).start(() -> {
            carry(from, to);
            end.run();
        });
    }

    private static void carry(int from, int to) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(CHUNK);
            int count = DescriptorIo.read(from, buffer);
            while (count > 0) {
                DescriptorIo.write(to, buffer.asSlice(0, count));
                count = DescriptorIo.read(from, buffer);
            }
        } catch (ErrnoException _) {
            return; // EIO of a terminal without programs, EPIPE: the other end is gone, which is the end here too
        }
    }

    /**
     * Returns a pipe end that stands for a file whose bytes only this node can reach.
     *
     * @param file taken over
     * @param reading whether programs read it
     */
    static int pipeFor(int file, boolean reading) {
        Fds.Pipe pipe = Fds.pipe();
        int from = reading ? file : pipe.readEnd();
        int to = reading ? pipe.writeEnd() : file;
        start("file-pump", from, to, () -> {
            Fds.close(from);
            Fds.close(to);
        });
        return reading ? pipe.readEnd() : pipe.writeEnd();
    }
}
