package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    private static final Pattern NUMBER = Pattern.compile("Running application (\\d+)\n");

    @TempDir
    Path directory;

    private final Cluster cluster;

    NoticesTest(Cluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void whenItIsStartedAgain() throws IOException {
        Prompt prompt = new Prompt(cluster.bed().directory());
        Path script = Programs.source("notices.py", directory);
        Path output = directory.resolve("output");
        Matcher said = NUMBER.matcher(
                prompt.type("krgcr-run -b -o " + output + " python3 " + script + " " + directory.resolve("stop"))
                        .output());
        assertThat(said.matches()).isTrue();
        String number = said.group(1);
        for (int version = 1; version <= 3; version++) {
            int lines = Files.readAllLines(output).size();
            await().atMost(PATIENCE).until(() -> Files.readAllLines(output).size() > lines);
            assertThat(prompt.type("checkpoint -kKILL " + number).messages()).isEmpty();
            await().atMost(PATIENCE)
                    .until(() -> prompt.type("krg ps " + number).messages().contains("ESRCH"));
            prompt.types("restart --on " + version % 2 + " " + number + " " + version, "");
        }
        Files.createFile(directory.resolve("stop"));
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krg ps " + number).messages().contains("ESRCH"));
        assertThat(Files.readAllLines(output)).endsWith(END);
        for (int version = 1; version <= 3; version++) {
            prompt.types("krg ckpt rm " + number + " " + version, "");
        }
    }
}
