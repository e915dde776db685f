package org.linuxssi.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.linuxssi.kddm.Kddm;
import org.linuxssi.tools.Registration;

/** Several programs write to one file, one at a time: arguments NUMBER ADDRESSES FILE TIMES. */
final class LockManager {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long LOCK = 7;

    private LockManager() {}

    public static void main(String[] arguments) throws IOException {
        int number = Integer.parseInt(arguments[0]);
        List<String> addresses = List.of(arguments[1].split(","));
        Path file = Path.of(arguments[2]);
        try (Standalone node = Standalone.start(number, addresses)) {
            Kddm kddm = node.kddm();
            kddm.barriers().await(1, addresses.size(), PATIENCE);
            for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
                try (Registration _ = kddm.locks().lock(LOCK, PATIENCE)) {
                    append(file, "begin " + number);
                    append(file, "end " + number);
                }
            }
            kddm.barriers().await(2, addresses.size(), PATIENCE);
            System.out.println("done");
        }
    }

    private static void append(Path file, String line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
    }
}
