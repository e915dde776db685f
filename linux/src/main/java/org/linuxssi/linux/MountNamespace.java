package org.linuxssi.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;

/**
 * A mount name space kept alive by a bind mount on a file ({@code mount_namespaces(7)}), with or without processes in it.
 *
 * @param file the file it is mounted on, in a name space that is older
 */
public record MountNamespace(Path file) {

    private static final int CLONE_FS = 0x200;
    private static final int CLONE_NEWNS = 0x20000;

    /**
     * Makes a copy of the caller's, where mounts neither reach the rest of the machine nor are changed by it.
     *
     * @param file a path where nothing is; its directory must exist
     * @throws ErrnoException EPERM without CAP_SYS_ADMIN
     */
    public static MountNamespace create(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException problem) {
            throw new UncheckedIOException("create name space file " + file, problem);
        }
        CompletableFuture<Path> made = new CompletableFuture<>();
        CountDownLatch kept = new CountDownLatch(1);
        Thread.ofPlatform().name("mountns").start(() -> {
            try {
                made.complete(unshare());
                kept.await();
            } catch (ErrnoException | IOException problem) {
                made.completeExceptionally(problem);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            Mounts.bind(made.join().resolve("ns/mnt"), file);
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof ErrnoException refused ? refused : failed;
        } finally {
            kept.countDown();
        }
        return new MountNamespace(file);
    }

    /** Returns the directory of the calling thread below {@code /proc}. */
    private static Path unshare() throws IOException {
        Path thread = Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")));
        Syscalls.check("unshare CLONE_NEWNS", Syscalls.call(Nr.UNSHARE, CLONE_NEWNS));
        Mounts.mount("none", Path.of("/"), "", Mounts.RECURSIVE | Mounts.PRIVATE, "");
        return thread;
    }

    /** Returns the name space mounted on a file, if one is. */
    public static Optional<MountNamespace> find(Path file) {
        return NetNamespace.find(file).map(some -> new MountNamespace(file));
    }

    /** Puts the calling thread in it for the rest of its life. */
    void enter() {
        Syscalls.check("unshare CLONE_FS", Syscalls.call(Nr.UNSHARE, CLONE_FS));
        int descriptor = Fds.open(file.toString(), Fds.O_RDONLY);
        try {
            Syscalls.check("setns " + file, Syscalls.call(Nr.SETNS, descriptor, CLONE_NEWNS));
        } finally {
            Fds.close(descriptor);
        }
    }

    /** Unmounts and deletes the file; the name space goes when its last process does. */
    public void delete() {
        new NetNamespace(file).delete();
    }
}
