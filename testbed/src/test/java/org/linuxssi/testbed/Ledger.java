package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One run of the program {@code ledger}, which writes the numbers from 1 on until it is told to stop: lost or doubled
 * work shows in the file.
 *
 * @param file what it writes
 * @param stop the file whose appearance ends it
 */
record Ledger(Path file, Path stop) {

    /** Returns a ledger in a directory. */
    static Ledger in(Path directory, int number) {
        return new Ledger(directory.resolve("ledger" + number), directory.resolve("stop" + number));
    }

    /** Returns the command that keeps it. */
    Command command(Path program) {
        return command(program, 0);
    }

    /** Returns the command that keeps it, with some megabytes of memory besides. */
    Command command(Path program, int megabytes) {
        return Command.of(program.toString(), file.toString(), stop.toString(), Integer.toString(megabytes));
    }

    /** Ends the program. */
    void end() {
        try {
            Files.createFile(stop);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    /** Returns how many numbers were written. */
    long laps() {
        return lines().size();
    }

    /** Checks that each number is there once and in order. */
    void assertWhole() {
        List<String> lines = lines();
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).describedAs("line %d of %s", i + 1, file).isEqualTo(Integer.toString(i + 1));
        }
    }

    private List<String> lines() {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
}
