package org.linuxssi.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.linuxssi.ghost.ProcessDeparture;

/** The two files of a process's image while they are written. */
final class ImageFiles implements AutoCloseable {

    private final Path memoryFile;
    private final Path taskFile;
    private final FileChannel memory;
    private final FileChannel task;

    private ImageFiles(Path memoryFile, Path taskFile) throws IOException {
        this.memoryFile = memoryFile;
        this.taskFile = taskFile;
        memory = create(memoryFile);
        task = create(taskFile);
    }

    static ImageFiles create(Versions.Draft draft, int pid) throws IOException {
        return new ImageFiles(draft.file(memory(pid)), draft.file(task(pid)));
    }

    /** Makes a file that is not there. */
    static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    private static String memory(int pid) {
        return "task_mm_" + pid + ".bin";
    }

    private static String task(int pid) {
        return "task_" + pid + ".bin";
    }

    /** Opens the files of a version for reading, that of the memory first. */
    static List<FileChannel> open(Path version, int pid) throws IOException {
        FileChannel memory = FileChannel.open(version.resolve(memory(pid)));
        try {
            return List.of(memory, FileChannel.open(version.resolve(task(pid))));
        } catch (IOException problem) {
            memory.close();
            throw problem;
        }
    }

    /** Writes memory while the process runs; returns the bytes. */
    long copyLive(ProcessDeparture image) throws IOException {
        return image.copyLive(memory, task).bytes();
    }

    /** Writes all that is left of a frozen process; returns the bytes of memory. */
    long copyRest(ProcessDeparture image) throws IOException {
        long bytes = image.copyRest(memory, task).bytes();
        image.end();
        return bytes;
    }

    /** Closes and removes the files. */
    void discard() throws IOException {
        close();
        Files.deleteIfExists(memoryFile);
        Files.deleteIfExists(taskFile);
    }

    @Override
    public void close() {
        try {
            memory.close();
            task.close();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }
}
