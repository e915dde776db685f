package org.linuxssi.testbed;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A program to run, the same in the cluster and natively.
 *
 * @param argv the program, looked up in PATH, and its arguments
 * @param environment its whole environment
 * @param directory its working directory
 * @param input the file that is its standard input
 */
public record Command(List<String> argv, Map<String, String> environment, Path directory, Path input) {

    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME", "/root", "LC_ALL", "C");

    /** Copies the collections. */
    public Command {
        argv = List.copyOf(argv);
        environment = new TreeMap<>(environment);
    }

    /** Returns a command in the root directory, with a plain environment and no input. */
    public static Command of(String... argv) {
        return new Command(List.of(argv), ENVIRONMENT, Path.of("/"), Path.of("/dev/null"));
    }

    /** Returns the same command in another directory. */
    public Command in(Path other) {
        return new Command(argv, environment, other, input);
    }

    /** Returns the same command with another input. */
    public Command reading(Path other) {
        return new Command(argv, environment, directory, other);
    }

    /** Returns the same command with one more variable. */
    public Command with(String name, String value) {
        Map<String, String> more = new TreeMap<>(environment);
        more.put(name, value);
        return new Command(argv, more, directory, input);
    }
}
