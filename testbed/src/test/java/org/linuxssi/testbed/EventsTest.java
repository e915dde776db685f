package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What processes are told events by: timers, signals and sets of epoll that they share, and the watches of inotify. */
class EventsTest extends SavingTest {

    private static final int ROUNDS = 3;

    EventsTest(Cluster cluster) {
        super(cluster);
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(directory.resolve("output"));
    }

    private void awaitMore() throws IOException {
        int before = lines().size();
        await().atMost(PATIENCE).until(() -> lines().size() > before + 2);
    }

    private int start(String program, Path argument) throws IOException {
        return applications.start(directory.resolve("output"), Programs.compileC(program, directory) + " " + argument);
    }

    /** Saves, ends and starts the application from node to node; some reasons against it pass at once. */
    private void again(int application) throws IOException {
        for (int version = 1; version <= ROUNDS; version++) {
            awaitMore();
            await().atMost(PATIENCE)
                    .until(() -> prompt.type("checkpoint -kKILL " + application).exit() == 0);
            applications.awaitEnd(application);
            prompt.types("restart --on " + version % cluster.nodes() + " " + application + " " + version, "");
        }
        awaitMore();
    }

    private void assertAllRight(int application) throws IOException {
        Files.createFile(directory.resolve("stop"));
        applications.awaitEnd(application);
        List<String> all = lines();
        List<String> expected = new ArrayList<>(
                IntStream.range(0, all.size() - 1).mapToObj(lap -> lap + " ok").toList());
        expected.add("end ok");
        assertThat(all).isEqualTo(expected);
        applications.removeVersions();
    }

    @Test
    void whatProcessesShareIsSharedAgain() throws IOException {
        int application = start("sharedevents", directory.resolve("stop"));
        again(application);
        assertAllRight(application);
    }

    @Test
    void filesAreWatchedAgain() throws IOException {
        int application = start("watches", directory);
        again(application);
        assertAllRight(application);
    }

    @Test
    void filesAreWatchedFromNodeToNode() throws IOException {
        int application = start("watches", directory);
        for (int move = 1; move <= 6; move++) {
            awaitMore();
            int target = move % cluster.nodes();
            await().atMost(PATIENCE)
                    .until(() ->
                            prompt.type("migrate " + application + " " + target).exit() == 0);
        }
        awaitMore();
        assertAllRight(application);
    }
}
