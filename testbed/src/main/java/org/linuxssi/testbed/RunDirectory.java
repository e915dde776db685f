package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where a test bed keeps everything that a later command needs.
 *
 * <pre>
 * testbed/state      what runs, see {@link BedState}
 * testbed/lock       held by the command that changes it
 * testbed/net/       one network name space a file: hub, node0, node1, …
 * testbed/mounts/    one mount name space a file: node0, node1, …
 * node0/, node1/, …  configuration, control socket and logs of a node
 * </pre>
 *
 * @param root its path
 */
public record RunDirectory(Path root) {

    private static final int LOG_LINES = 20;

    /** Returns the directory that {@code LINUXSSI_RUN} names, else {@code /run/linuxssi}. */
    public static RunDirectory of(Map<String, String> environment) {
        return new RunDirectory(Path.of(environment.getOrDefault("LINUXSSI_RUN", "/run/linuxssi")));
    }

    /** Returns the file of the test bed's state. */
    public Path stateFile() {
        return own().resolve("state");
    }

    /** Returns the file whose lock serialises commands. */
    public Path lockFile() {
        return own().resolve("lock");
    }

    /** Returns the directory of network name spaces. */
    public Path net() {
        return own().resolve("net");
    }

    /** Returns the file of the switch's name space. */
    public Path hub() {
        return net().resolve("hub");
    }

    /** Returns the file of a node's network name space. */
    public Path network(int node) {
        return net().resolve("node" + node);
    }

    /** Returns the file that keeps a node's mount name space. */
    public Path mounts(int node) {
        return own().resolve("mounts").resolve("node" + node);
    }

    /** Returns a node's own directory. */
    public Path node(int node) {
        return root.resolve("node" + node);
    }

    /** Returns a node's configuration file. */
    public Path config(int node) {
        return node(node).resolve("krgd.toml");
    }

    /** Returns the file a node's daemon writes its output and messages to. */
    public Path log(int node) {
        return node(node).resolve("krgd.log");
    }

    /** Returns the directory of the cluster's keys. */
    public Path keys() {
        return own().resolve("keys");
    }

    /** Returns the directory of saved applications, which all nodes see. */
    public Path checkpoints() {
        return own().resolve("checkpoints");
    }

    /** Returns the log of the process that delays frames. */
    public Path relayLog() {
        return own().resolve("relay.log");
    }

    /** Returns the file the delaying process makes when it is ready. */
    public Path relayReady() {
        return own().resolve("relay.ready");
    }

    /** Makes the directories that every command needs. */
    void create() {
        try {
            Files.createDirectories(net());
            Files.createDirectories(mounts(0).getParent());
        } catch (IOException problem) {
            throw new UncheckedIOException("create directories in " + own(), problem);
        }
    }

    /** Returns the files of all network name spaces, the switch's last. */
    List<Path> networks() {
        if (!Files.isDirectory(net())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(net())) {
            return files.sorted(Comparator.reverseOrder())
                    .sorted(Comparator.comparing(file -> file.equals(hub())))
                    .toList();
        } catch (IOException problem) {
            throw new UncheckedIOException("list " + net(), problem);
        }
    }

    /** Returns the last lines that a node's daemon wrote. */
    String endOfLog(int node) {
        try (Stream<String> lines = Files.lines(log(node), StandardCharsets.ISO_8859_1)) {
            List<String> all = lines.toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - LOG_LINES), all.size()));
        } catch (IOException | UncheckedIOException problem) {
            return "(no log: " + problem.getMessage() + ")";
        }
    }

    /** Removes the nodes' directories and the test bed's own, but for the lock. */
    void delete() {
        for (Path parent : List.of(root, own())) {
            try (Stream<Path> children = Files.isDirectory(parent) ? Files.list(parent) : Stream.of()) {
                children.filter(child -> parent.equals(own()) || isNode(child))
                        .filter(child -> !child.equals(lockFile()))
                        .forEach(RunDirectory::deleteTree);
            } catch (IOException problem) {
                throw new UncheckedIOException("delete " + parent, problem);
            }
        }
    }

    /** Removes the lock, last of all, and the root if nothing else is in it. */
    void deleteLock() {
        try {
            deleteTree(own());
            try (Stream<Path> rest = Files.list(root)) {
                if (rest.findAny().isPresent()) {
                    return;
                }
            }
            Files.delete(root);
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + root, problem);
        }
    }

    private Path own() {
        return root.resolve("testbed");
    }

    private static boolean isNode(Path child) {
        return child.getFileName().toString().matches("node\\d+");
    }

    /** Deletes a directory and all below, without following symbolic links. */
    static void deleteTree(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + directory, problem);
        }
    }
}
