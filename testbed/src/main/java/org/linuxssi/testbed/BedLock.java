package org.linuxssi.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Lets only one command at a time change a test bed, in this process and among processes. */
final class BedLock {

    private static final ReentrantLock INSIDE = new ReentrantLock();

    private BedLock() {}

    /** Does something while holding the lock of a run directory, which is made if missing. */
    static <T> T with(RunDirectory directory, Supplier<T> action) {
        INSIDE.lock();
        try {
            while (true) {
                directory.create();
                try (FileChannel channel = FileChannel.open(
                                directory.lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock _ = channel.lock()) {
                    if (Files.exists(directory.lockFile())) {
                        return action.get();
                    }
                }
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("lock " + directory.lockFile(), problem);
        } finally {
            INSIDE.unlock();
        }
    }
}
