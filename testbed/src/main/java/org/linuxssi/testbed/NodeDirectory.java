package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.linuxssi.linux.DirectoryLock;
import org.linuxssi.linux.Mounts;

/**
 * The directory {@code /node}, on which each node has a file system of its own. When a test bed has to make it, it
 * gives nobody any right to it: so it is known later as something to be removed. Test beds side by side share it: one
 * at a time makes, uses or removes it.
 */
final class NodeDirectory {

    /** Its path. */
    static final Path PATH = Path.of("/node");

    private static final Path ROOT = Path.of("/");

    private NodeDirectory() {}

    /**
     * Mounts a node's file system, on the directory that is made if it is missing, and starts what holds it.
     *
     * @param name of the file system
     * @param start starts a process in the mount name space of the calling thread
     */
    static <T> T with(String name, Supplier<T> start) {
        try (DirectoryLock _ = DirectoryLock.of(ROOT)) {
            if (!Files.isDirectory(PATH)) {
                Files.createDirectory(PATH);
                Files.setPosixFilePermissions(PATH, Set.of());
            }
            Mounts.mount(name, PATH, "tmpfs", Mounts.NOSUID | Mounts.NODEV, "mode=1777");
            return start.get();
        } catch (IOException problem) {
            throw new UncheckedIOException("create " + PATH + " (it needs root)", problem);
        }
    }

    /** Removes the directory if a test bed made it and no process has anything mounted there. */
    static void remove() {
        try (DirectoryLock _ = DirectoryLock.of(ROOT)) {
            if (Files.isDirectory(PATH) && Files.getPosixFilePermissions(PATH).isEmpty() && !mountedAnywhere()) {
                Files.delete(PATH);
            }
        } catch (DirectoryNotEmptyException inUse) {
            throw new TestBedException("cannot remove " + PATH + ": something else put files there", inUse);
        } catch (IOException problem) {
            throw new UncheckedIOException("remove " + PATH, problem);
        }
    }

    /** Removing the directory would take the file system away from another test bed's nodes. */
    private static boolean mountedAnywhere() throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes.map(process -> process.resolve("mountinfo")).anyMatch(NodeDirectory::mentionsIt);
        }
    }

    private static boolean mentionsIt(Path mounts) {
        try {
            return Files.readString(mounts).contains(" " + PATH + " ");
        } catch (IOException noProcess) {
            return false;
        }
    }
}
