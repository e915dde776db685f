package org.linuxssi.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.linuxssi.ghost.SharedFiles;

/** The files of a version that are meant for people. */
final class Texts {

    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT).withZone(ZoneId.systemDefault());

    private Texts() {}

    /** Returns the lines that {@code checkpoint} prints. */
    static List<String> description(Manifest manifest) {
        return List.of(
                "Identifier: " + manifest.application(),
                "Version: " + manifest.version(),
                "Description: " + (manifest.description().isEmpty() ? "No description" : manifest.description()),
                "Date: " + DATE.format(Instant.ofEpochMilli(manifest.dateMillis())));
    }

    static void writeDescription(Path file, Manifest manifest) throws IOException {
        Files.write(file, description(manifest), StandardOpenOption.CREATE_NEW);
    }

    /** Writes the processes, and the open files that {@code restart -s} can replace, with their numbers. */
    static void writeUserInfo(Path file, List<Task> tasks, SharedFiles shared) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("PROCESS PARENT GROUP SESSION COMMAND");
        for (Task task : tasks) {
            var self = task.relations().self();
            lines.add(self.pid() + " " + self.parent() + " " + self.group() + " " + self.session() + " "
                    + task.command());
        }
        lines.add("");
        lines.add("FILE_ID NAME");
        List<String> names = shared.names();
        for (int i = 0; i < names.size(); i++) {
            lines.add(i + " " + names.get(i));
        }
        Files.write(file, lines, StandardOpenOption.CREATE_NEW);
    }
}
