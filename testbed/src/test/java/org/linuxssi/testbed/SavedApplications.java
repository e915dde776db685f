package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What tests do with applications that are saved, by the commands that people type. */
record SavedApplications(Prompt prompt) {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern NUMBER = Pattern.compile("Running application (\\d+)\n");
    private static final Pattern VERSION = Pattern.compile("Identifier: (\\d+) +Version: (\\d+) .*");

    /** Starts an application in the background; returns its number, which is the pid of its first process. */
    int start(Path output, String command) {
        Result started = prompt.type("krgcr-run -b -o " + output + " " + command);
        Matcher said = NUMBER.matcher(started.output());
        assertThat(said.matches()).describedAs(started.toString()).isTrue();
        return Integer.parseInt(said.group(1));
    }

    /** Saves an application and ends it at that point. */
    void saveAndEnd(int application) {
        assertThat(prompt.type("checkpoint -kKILL " + application).messages()).isEmpty();
        awaitEnd(application);
    }

    /** Waits until nobody knows of its first process any more. */
    void awaitEnd(int application) {
        await().atMost(PATIENCE)
                .until(() -> prompt.type("krg ps " + application).messages().contains("ESRCH"));
    }

    /** Returns a line for each version that is saved. */
    List<String> versions() {
        return prompt.type("krg ckpt list").output().lines().toList();
    }

    /** Removes all versions. */
    void removeVersions() {
        for (String line : versions()) {
            Matcher numbers = VERSION.matcher(line);
            assertThat(numbers.matches()).describedAs(line).isTrue();
            prompt.types("krg ckpt rm " + numbers.group(1) + " " + numbers.group(2), "");
        }
    }
}
