package org.linuxssi.daemon;

import java.nio.file.Path;

/** Tells the logging framework where the log goes; to be called before the first logger is made. */
final class DaemonConfigLog {

    private DaemonConfigLog() {}

    /** Sends the log to {@code krgd.log} in the configured directory, which is there, or leaves it on standard error. */
    static void apply(DaemonConfig config) {
        config.log().ifPresent(DaemonConfigLog::toFile);
    }

    private static void toFile(Path directory) {
        System.setProperty("linuxssi.log.directory", directory.toString());
        System.setProperty("linuxssi.log", "FILE");
    }
}
