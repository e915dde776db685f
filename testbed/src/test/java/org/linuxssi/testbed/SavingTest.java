package org.linuxssi.testbed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What tests that save applications have in common: the shared cluster, and a directory of their own. */
@ExtendWith(TestBedExtension.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
abstract class SavingTest {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    final Cluster cluster;
    final Prompt prompt;
    final SavedApplications applications;

    SavingTest(Cluster cluster) {
        this.cluster = cluster;
        prompt = new Prompt(cluster.bed().directory());
        applications = new SavedApplications(prompt);
    }
}
