package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Programs that are told by signals that they can read (O_ASYNC) are told once for each time, also after they were started again. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class NoticesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String END = "end [True, True] [True, True]";

    @TempDir
    Path directory;

    private final Cluster cluster;

    NoticesTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void whenItIsStartedAgain() throws IOException {
        Prompt prompt = new Prompt(cluster.bed().directory());
        SavedApplications applications = new SavedApplications(prompt);
        Path script = Programs.source("notices.py", directory);
        Path output = directory.resolve("output");
        int number = applications.start(output, "python3 " + script + " " + directory.resolve("stop"));
        for (int version = 1; version <= 3; version++) {
            int lines = Files.readAllLines(output).size();
            await().atMost(PATIENCE).until(() -> Files.readAllLines(output).size() > lines);
            applications.saveAndEnd(number);
            prompt.types("restart --on " + version % 2 + " " + number + " " + version, "");
        }
        Files.createFile(directory.resolve("stop"));
        applications.awaitEnd(number);
        assertThat(Files.readAllLines(output)).endsWith(END);
        applications.removeVersions();
    }
}
