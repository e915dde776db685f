package org.linuxssi.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.checkpoint.Phase;
import org.linuxssi.epm.FaultPoint;

/**
 * Makes a migration, a checkpoint or a restart stand still where a test wants it, in daemons that were started with {@link #option}: the test
 * arms a point, waits until it is reached, does harm and releases it. Or it makes an error happen there.
 */
public final class HoldingHook implements FaultPoint.Hook, Phase.Hook {

    private static final String PROPERTY = "linuxssi.test.hold";
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final long PAUSE = Duration.ofMillis(5).toNanos();

    /** Returns the option of the Java machine that turns the hook on. */
    static String option(Path directory) {
        return "-D" + PROPERTY + "=" + directory;
    }

    /** Makes the next migration that comes to a point stand still. */
    static void arm(Path directory, Enum<?> point) throws IOException {
        Files.deleteIfExists(file(directory, point, "reached"));
        Files.deleteIfExists(file(directory, point, "go"));
        Files.createFile(file(directory, point, "armed"));
    }

    /** Tells whether a migration stands still there. */
    static boolean reached(Path directory, Enum<?> point) {
        return Files.exists(file(directory, point, "reached"));
    }

    /** Lets it go on. */
    static void release(Path directory, Enum<?> point) throws IOException {
        Files.createFile(file(directory, point, "go"));
    }

    /** Makes the next migration that comes to a point meet an error there. */
    static void failAt(Path directory, Enum<?> point) throws IOException {
        Files.createFile(file(directory, point, "fails"));
    }

    @Override
    public void reached(FaultPoint point, int pid) throws IOException {
        reached(point);
    }

    @Override
    public void reached(Phase phase, int application) throws IOException {
        reached(phase);
    }

    private static void reached(Enum<?> point) throws IOException {
        String directory = System.getProperty(PROPERTY, "");
        if (!directory.isEmpty() && Files.deleteIfExists(file(Path.of(directory), point, "fails"))) {
            throw new IOException("No space left on device");
        }
        if (directory.isEmpty() || !Files.deleteIfExists(file(Path.of(directory), point, "armed"))) {
            return;
        }
        Files.createFile(file(Path.of(directory), point, "reached"));
        long end = System.nanoTime() + LONGEST.toNanos();
        while (!Files.exists(file(Path.of(directory), point, "go")) && System.nanoTime() < end) {
            LockSupport.parkNanos(PAUSE);
        }
    }

    private static Path file(Path directory, Enum<?> point, String suffix) {
        return directory.resolve(point + "." + suffix);
    }
}
