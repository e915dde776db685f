package org.linuxssi.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells the logging framework where the log goes; to be called before the first logger is made. */
final class DaemonConfigLog {

    private DaemonConfigLog() {}

    /**
     * Sends the log to {@code krgd.log} in the configured directory, or leaves it on standard error.
     *
     * @throws UncheckedIOException when the directory can't be made
     */
    static void apply(DaemonConfig config) {
        config.log().ifPresent(DaemonConfigLog::toFile);
    }

    private static void toFile(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException problem) {
            throw new UncheckedIOException("directories.log: create " + directory, problem);
        }
        System.setProperty("linuxssi.log.directory", directory.toString());
        System.setProperty("linuxssi.log", "FILE");
    }
}
