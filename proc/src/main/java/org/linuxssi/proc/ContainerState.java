package org.linuxssi.proc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.tools.NodeId;

/**
 * What a later daemon must know to take a container over, kept in the file {@code container.properties}.
 *
 * @param node whose container it is
 * @param init the container's pid 1
 * @param listener init's descriptor of the seccomp listener
 * @param pidFile init's descriptor of {@code ns_last_pid}
 * @param cgroup the container's cgroup directory, empty without one
 * @param kept further descriptors that init keeps, by name
 */
record ContainerState(
        NodeId node, ProcessIdentity init, int listener, int pidFile, String cgroup, Map<String, Integer> kept) {

    private static final String KEPT = "kept.";

    private static Path file(Path directory) {
        return directory.resolve("container.properties");
    }

    /** Reads the file, if there is one. */
    static Optional<ContainerState> read(Path directory) {
        Path file = file(directory);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try (var in = Files.newInputStream(file)) {
            properties.load(in);
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
        Map<String, Integer> kept = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            if (key.startsWith(KEPT)) {
                kept.put(key.substring(KEPT.length()), number(file, properties, key));
            }
        }
        return Optional.of(new ContainerState(
                NodeId.of(number(file, properties, "node")),
                new ProcessIdentity(
                        number(file, properties, "init"), Long.parseLong(properties.getProperty("start", "-1"))),
                number(file, properties, "listener"),
                number(file, properties, "pidFile"),
                properties.getProperty("cgroup", ""),
                Map.copyOf(kept)));
    }

    private static int number(Path file, Properties properties, String key) {
        try {
            return Integer.parseInt(properties.getProperty(key, ""));
        } catch (NumberFormatException wrong) {
            throw new IllegalStateException(file + ": no number for " + key + ": end the container and start anew");
        }
    }

    /** Writes the file anew, in one step. */
    void write(Path directory) {
        Properties properties = new Properties();
        properties.setProperty("node", node.toString());
        properties.setProperty("init", Integer.toString(init.pid()));
        properties.setProperty("start", Long.toString(init.start()));
        properties.setProperty("listener", Integer.toString(listener));
        properties.setProperty("pidFile", Integer.toString(pidFile));
        properties.setProperty("cgroup", cgroup);
        kept.forEach((name, number) -> properties.setProperty(KEPT + name, Integer.toString(number)));
        Path temporary = directory.resolve("container.new");
        try {
            try (var out = Files.newOutputStream(temporary)) {
                properties.store(out, "LinuxSSI container");
            }
            Files.move(temporary, file(directory), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException problem) {
            throw new UncheckedIOException("write " + file(directory), problem);
        }
    }

    ContainerState withKept(String name, int number) {
        Map<String, Integer> more = new TreeMap<>(kept);
        more.put(name, number);
        return new ContainerState(node, init, listener, pidFile, cgroup, Map.copyOf(more));
    }

    static void delete(Path directory) {
        try {
            Files.deleteIfExists(file(directory));
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + file(directory), problem);
        }
    }
}
