package org.linuxssi.linux;

import java.nio.file.Path;

/**
 * The exclusive lock of a directory ({@code flock(2)}): one thread of one process of the machine holds it. It leaves
 * nothing behind and ends with its process.
 */
public final class DirectoryLock implements AutoCloseable {

    private static final int LOCK_EX = 2;

    private final int descriptor;

    private DirectoryLock(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Waits until nobody else holds the lock, and takes it.
     *
     * @throws ErrnoException ENOENT or ENOTDIR when there is no such directory
     */
    public static DirectoryLock of(Path directory) {
        int descriptor = Fds.open(directory.toString(), Fds.O_RDONLY | Fds.O_DIRECTORY);
        try {
            Syscalls.check("flock " + directory, Syscalls.call(Nr.FLOCK, descriptor, LOCK_EX));
        } catch (ErrnoException failed) {
            Fds.close(descriptor);
            throw failed;
        }
        return new DirectoryLock(descriptor);
    }

    /** Gives the lock back. */
    @Override
    public void close() {
        Fds.close(descriptor);
    }
}
