package org.linuxssi.testbed;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Says how a node's daemon is started. */
@FunctionalInterface
public interface DaemonCommand {

    /** The daemon's main class, in its module. */
    String MAIN = "org.linuxssi.daemon.Krgd";

    /**
     * Returns the program's path and its arguments.
     *
     * @param node the node's number
     * @param config its configuration file
     */
    List<String> argv(int node, Path config);

    /**
     * Returns the words of {@code LINUXSSI_KRGD} if set, else the daemon in a Java machine like the one that runs this,
     * with {@code --config FILE} added to either.
     */
    static DaemonCommand of(Map<String, String> environment) {
        String words = environment.getOrDefault("LINUXSSI_KRGD", "").strip();
        List<String> start = words.isEmpty() ? java("org.linuxssi.daemon", MAIN) : Arrays.asList(words.split("\\s+"));
        return (_, config) -> {
            List<String> argv = new ArrayList<>(start);
            argv.addAll(List.of("--config", config.toString()));
            return argv;
        };
    }

    /** Returns this command with one more option of the Java machine, the first argument. */
    default DaemonCommand withOption(String option) {
        return (node, config) -> {
            List<String> argv = new ArrayList<>(argv(node, config));
            argv.add(1, option);
            return argv;
        };
    }

    /** Returns the command that starts a class of this program in another Java machine. */
    static List<String> java(String module, String main) {
        List<String> argv = new ArrayList<>();
        argv.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        argv.addAll(List.of("-XX:+UseSerialGC", "-Xmx512m", "-Xshare:auto"));
        if (DaemonCommand.class.getModule().isNamed()) {
            argv.add("--enable-native-access=org.linuxssi.linux");
            String modulePath = System.getProperty("jdk.module.path", "");
            if (!modulePath.isEmpty()) {
                argv.addAll(List.of("--module-path", modulePath));
            }
            argv.addAll(List.of("--module", module + "/" + main));
        } else {
            argv.add("--enable-native-access=ALL-UNNAMED");
            argv.addAll(List.of("--class-path", System.getProperty("java.class.path"), main));
        }
        return argv;
    }
}
