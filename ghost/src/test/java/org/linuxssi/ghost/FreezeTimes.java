package org.linuxssi.ghost;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures how long processes of 10 MB, 200 MB and 1 GB that rewrite 5 % a second stand still when they move; run by
 * hand, with the number of moves.
 */
final class FreezeTimes {

    private FreezeTimes() {}

    public static void main(String[] arguments) throws IOException {
        int moves = Integer.parseInt(arguments[0]);
        Path directory = Files.createTempDirectory("freeze");
        String program = TestPrograms.compile(directory, "dirty");
        try (TestContainer one = new TestContainer(directory);
                TestContainer two = new TestContainer(directory)) {
            for (int i = 1; i < arguments.length; i++) {
                measure(directory, program, one, two, moves, 30_000 + i, Integer.parseInt(arguments[i]));
            }
        }
    }

    private static void measure(
            Path directory, String program, TestContainer one, TestContainer two, int moves, int pid, int megabytes)
            throws IOException {
        Path output = directory.resolve("out" + pid);
        Path run = Files.createDirectories(directory.resolve("run" + pid));
        int outside = one.launch(pid, output, run, program, Integer.toString(megabytes), "5");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(output) && Files.readString(output).contains("ready"));
        Traveller traveller = new Traveller(directory.resolve("agent"), one, pid, outside);
        List<Double> frozen = new ArrayList<>();
        for (int i = 0; i < moves; i++) {
            Traveller.Trip trip = traveller.move(traveller.here() == one ? two : one, megabytes >= 2);
            frozen.add(trip.frozen());
            System.out.println(megabytes + " MB: " + trip);
        }
        frozen.sort(null);
        System.out.printf(
                "%d MB: frozen at best %.1f, at the median %.1f ms%n",
                megabytes, frozen.getFirst(), frozen.get(frozen.size() / 2));
        Files.writeString(run.resolve("stop"), "");
        await().until(() -> TestContainer.ended(traveller.outside()));
    }
}
