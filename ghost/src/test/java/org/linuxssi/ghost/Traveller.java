package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.linuxssi.ghost.spi.RelayedFile;

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

    private final Imager imager;
    private final int pid;
    private TestContainer here;
    private int outside;

    Traveller(Path agent, TestContainer here, int pid, int outside) {
        imager = new Imager(agent.toString(), RelayedFile.NONE);
        this.here = here;
        this.pid = pid;
        this.outside = outside;
    }

    Imager imager() {
        return imager;
    }

    int outside() {
        return outside;
    }

    TestContainer here() {
        return here;
    }

    List<String> obstacles() {
        return imager.obstacles(outside);
    }

    Trip move(TestContainer to, boolean live) throws IOException {
        OptionalInt agent = to.find(pid);
        int there = agent.isPresent() ? agent.getAsInt() : to.park(pid);
        Pipe pipe = Pipe.open();
        List<Long> times = new ArrayList<>();
        long start = System.nanoTime();
        try (ProcessDeparture departure = imager.depart(outside)) {
            CompletableFuture<ProcessArrival> arriving = CompletableFuture.supplyAsync(() -> {
                try {
                    return imager.arrive(pipe.source(), there, -1);
                } catch (IOException problem) {
                    throw new CompletionException(problem);
                } finally {
                    close(pipe.source());
                }
            });
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
                arrival = arriving.join();
            }
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
