package org.linuxssi.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.linuxssi.linux.ProcessIdentity;

/**
 * A cgroup whose processes can have only so much memory: the kernel kills one of them when they want more.
 *
 * @param parent the cgroup above
 * @param group its own directory
 */
record MemoryLimit(Path parent, Path group) implements AutoCloseable {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    /** Puts processes below a limit, and all that they will start; nothing where this machine has no such control. */
    static Optional<MemoryLimit> of(List<ProcessIdentity> processes, long bytes) throws IOException {
        Path first = ROOT.resolve("memory");
        boolean versionOne = Files.exists(first.resolve("memory.limit_in_bytes"));
        Path parent = versionOne ? first : ROOT;
        Path group = parent.resolve("linuxssi-test-" + ProcessHandle.current().pid());
        Path limit = group.resolve(versionOne ? "memory.limit_in_bytes" : "memory.max");
        if (!Files.isWritable(parent)) {
            return Optional.empty();
        }
        Files.createDirectory(group);
        MemoryLimit made = new MemoryLimit(parent, group);
        if (!Files.exists(limit)) {
            made.close();
            return Optional.empty();
        }
        Files.writeString(limit, Long.toString(bytes));
        for (ProcessIdentity process : processes) {
            move(process.pid(), group);
        }
        return Optional.of(made);
    }

    /** Processes that ended meanwhile are left out. */
    private static void move(int pid, Path group) throws IOException {
        try {
            Files.writeString(group.resolve("cgroup.procs"), Integer.toString(pid));
        } catch (IOException e) {
            if (Files.exists(Path.of("/proc", Integer.toString(pid), "exe"))) {
                throw e;
            }
        }
    }

    /** Lifts the limit; waits for processes that were killed by it to be gone. */
    @Override
    public void close() {
        Awaitility.await().ignoreExceptions().until(() -> {
            for (String pid : Files.readAllLines(group.resolve("cgroup.procs"))) {
                move(Integer.parseInt(pid), parent);
            }
            Files.delete(group);
            return true;
        });
    }
}
