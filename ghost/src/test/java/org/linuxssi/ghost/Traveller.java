package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.linuxssi.ghost.spi.Lending;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;

/** Moves one process between containers. */
final class Traveller {

    /** What one move took, in milliseconds, and what it copied. */
    record Trip(double frozen, double total, long live, int rounds, long rest) {
        @Override
        public String toString() {
            return String.format(
                    "frozen %.1f ms, total %.1f ms, live %d KB in %d rounds, rest %d KB",
                    frozen, total, live >> 10, rounds, rest >> 10);
        }
    }

    private final Path agent;
    private final int pid;
    private TestContainer here;
    private int outside;

    Traveller(Path agent, TestContainer here, int pid, int outside) {
        this.agent = agent;
        this.here = here;
        this.pid = pid;
        this.outside = outside;
    }

    Imager imager() {
        return new Imager(new Premises(agent.toString(), here.init(), Lending.NONE), RelayedFile.NONE);
    }

    int outside() {
        return outside;
    }

    TestContainer here() {
        return here;
    }

    List<String> obstacles() {
        return imager().obstacles(outside);
    }

    /** What goes wrong in a move that fails. */
    enum Mishap {
        /** The stream breaks on its way. */
        STREAM_BREAKS,
        /** The target dies while it is built. */
        TARGET_DIES,
        /** All is well, but the process is not let go. */
        CHANGE_OF_MIND
    }

    /** Tries to move, and fails after this many bytes; the process stays here. */
    void tryToMove(TestContainer to, boolean live, Mishap mishap, long after) throws IOException {
        OptionalInt parked = to.find(pid);
        int there = parked.isPresent() ? parked.getAsInt() : to.park(pid);
        Pipe pipe = Pipe.open();
        try (ProcessDeparture departure = imager().depart(outside)) {
            CompletableFuture<ProcessArrival> arriving = arrive(pipe, there);
            try (WritableByteChannel sink = new Breaking(pipe.sink(), after, mishap, there)) {
                if (live) {
                    departure.copyLive(sink);
                }
                departure.freeze();
                departure.copyRest(sink);
                departure.end();
            } catch (IOException expected) {
                departure.resume();
            }
            try {
                arriving.join().abandon();
            } catch (CompletionException _) {
                return;
            } finally {
                departure.resume();
            }
        }
    }

    /** Fails after some bytes. */
    private static final class Breaking implements WritableByteChannel {
        private final WritableByteChannel sink;
        private final Mishap mishap;
        private final int victim;
        private long left;

        Breaking(WritableByteChannel sink, long after, Mishap mishap, int victim) {
            this.sink = sink;
            this.mishap = mishap;
            this.victim = victim;
            left = after;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            int count = source.remaining();
            if (mishap != Mishap.CHANGE_OF_MIND && left < count) {
                if (mishap == Mishap.TARGET_DIES) {
                    Syscalls.call(Nr.KILL, victim, 9);
                } else {
                    source.limit((int) (source.position() + left));
                    sink.write(source);
                    throw new IOException("the stream broke, as was asked for");
                }
            }
            left -= count;
            return sink.write(source);
        }

        @Override
        public boolean isOpen() {
            return sink.isOpen();
        }

        @Override
        public void close() throws IOException {
            sink.close();
        }
    }

    private CompletableFuture<ProcessArrival> arrive(Pipe pipe, int there) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return imager().arrive(pipe.source(), there, -1);
            } catch (IOException problem) {
                throw new CompletionException(problem);
            } finally {
                close(pipe.source());
            }
        });
    }

    Trip move(TestContainer to, boolean live) throws IOException {
        List<String> obstacles = obstacles();
        if (TestContainer.ended(outside)) {
            throw new ErrnoException("move " + pid, Errno.ESRCH);
        }
        assertThat(obstacles).isEmpty();
        OptionalInt parked = to.find(pid);
        int there = parked.isPresent() ? parked.getAsInt() : to.park(pid);
        Pipe pipe = Pipe.open();
        List<Long> times = new ArrayList<>();
        long start = System.nanoTime();
        try (ProcessDeparture departure = imager().depart(outside)) {
            CompletableFuture<ProcessArrival> arriving = arrive(pipe, there);
            ProcessArrival arrival;
            ProcessDeparture.Progress before = new ProcessDeparture.Progress(0, 0);
            ProcessDeparture.Progress rest;
            try (var sink = pipe.sink()) {
                if (live) {
                    before = departure.copyLive(sink);
                }
                times.add(System.nanoTime());
                departure.freeze();
                rest = departure.copyRest(sink);
                departure.end();
                arrival = arriving.join();
            } catch (IOException problem) {
                throw arriving.isCompletedExceptionally() ? new IOException(arriving.exceptionNow()) : problem;
            }
            arrival.hold();
            arrival.run();
            times.add(System.nanoTime());
            departure.replace();
            here = to;
            outside = there;
            return new Trip(
                    (times.get(1) - times.get(0)) / 1e6,
                    (times.get(1) - start) / 1e6,
                    before.bytes(),
                    before.rounds(),
                    rest.bytes());
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception problem) {
            throw new IllegalStateException(problem);
        }
    }
}
