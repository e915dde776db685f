package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.MemoryFiles;
import org.linuxssi.linux.MemoryFiles.Access;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.tools.Codec;

/**
 * What only processes keep and no directory has: shared anonymous memory, memory files, deleted files that are mapped or
 * open.
 *
 * @param key device and inode, as {@code /proc/PID/maps} tells them: names it within an image
 * @param name of a memory file, for those who look; empty for shared anonymous memory
 * @param size in bytes
 * @param seals of fcntl(F_GET_SEALS); negative for none
 * @param access who owns it, and may do what with it
 */
record SharedObject(String key, String name, long size, int seals, Access access) {

    /** How the paths of mapped and open files end that no directory has. */
    static final String DELETED = " (deleted)";

    static final String ANONYMOUS = "/dev/zero";
    private static final String MEMORY_FILE = "/memfd:";
    private static final int KEY = 64;
    private static final int NAME = 4096;
    private static final int NAME_SHOWN = 200;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    private static final Codec<Access> ACCESS = Codec.of(
            (access, out) -> out.i32(access.mode()).i32(access.user()).i32(access.group()),
            in -> new Access(in.i32(), in.i32(), in.i32()));

    static final Codec<SharedObject> CODEC = Codec.of(
            (object, out) -> out.text(object.key)
                    .text(object.name)
                    .i64(object.size)
                    .i32(object.seals)
                    .value(object.access, ACCESS),
            in -> new SharedObject(in.text(KEY), in.text(NAME), in.i64(), in.i32(), in.value(ACCESS)));

    /** Returns the key of what is behind a descriptor of a process; nothing when that is closed. */
    static Optional<String> key(int pid, int fd) {
        return ProcFilesStat.of("/proc/" + pid + "/fd/" + fd)
                .map(stat -> String.format(
                        Locale.ROOT, "%02x:%02x:%d", stat.device() >>> 32, stat.device() & 0xffff_ffffL, stat.inode()));
    }

    /** Returns what is behind a descriptor of ours. */
    static SharedObject of(String key, String path, int descriptor) {
        String plain = path.endsWith(DELETED) ? path.substring(0, path.length() - DELETED.length()) : path;
        String name = plain.equals(ANONYMOUS) || plain.startsWith(MappingImage.SYSTEM_V)
                ? ""
                : plain.substring(plain.startsWith(MEMORY_FILE) ? MEMORY_FILE.length() : plain.lastIndexOf('/') + 1);
        try (FileChannel file = FileChannel.open(path(descriptor))) {
            return new SharedObject(
                    key,
                    name.substring(0, Math.min(name.length(), NAME_SHOWN)),
                    file.size(),
                    MemoryFiles.seals(descriptor),
                    MemoryFiles.access(descriptor));
        } catch (IOException problem) {
            throw new ErrnoException("look at " + path + ": " + problem.getMessage(), Errno.EIO);
        }
    }

    private static Path path(int descriptor) {
        return Path.of("/proc/self/fd/" + descriptor);
    }

    /** Returns what it is, for people. */
    String describe() {
        return name.isEmpty() ? "shared anonymous memory" : "a deleted file " + name;
    }

    /** Takes parts of the content. */
    @FunctionalInterface
    interface Sink {
        /** Takes bytes, valid until this returns, that begin at an offset. */
        void part(long offset, MemorySegment bytes) throws IOException;
    }

    /** Writes its content as an image: all but holes; returns the bytes. */
    long write(int descriptor, WritableByteChannel channel) throws IOException {
        ImageWriter out = new ImageWriter(channel);
        out.begin(new ImageHeader(ImageHeader.MAGIC, 0, 0));
        long bytes = read(descriptor, (offset, part) -> out.pages(List.of(new Run(offset, part.byteSize())), part));
        out.end();
        return bytes;
    }

    /** Reads its content: all but holes; returns the bytes. */
    long read(int descriptor, Sink sink) throws IOException {
        int own = Descriptors.reopen(descriptor, Descriptors.O_RDONLY);
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(path(own))) {
            MemorySegment buffer = arena.allocate(ImageWriter.PAGES_LIMIT, 4096);
            long bytes = 0;
            long at = 0;
            while (at < size) {
                OptionalLong data = seek(own, at, SEEK_DATA);
                if (data.isEmpty()) {
                    break;
                }
                long end = Math.min(size, seek(own, data.getAsLong(), SEEK_HOLE).orElse(size));
                at = data.getAsLong();
                while (at < end) {
                    MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), end - at));
                    readAll(file, part.asByteBuffer(), at);
                    sink.part(at, part);
                    at += part.byteSize();
                    bytes += part.byteSize();
                }
            }
            return bytes;
        } finally {
            Descriptors.close(own);
        }
    }

    private static OptionalLong seek(int descriptor, long offset, int whence) {
        try {
            return OptionalLong.of(Descriptors.seek(descriptor, offset, whence));
        } catch (ErrnoException none) {
            return OptionalLong.empty();
        }
    }

    private static void readAll(FileChannel file, ByteBuffer into, long offset) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int count = file.read(into, at);
            if (count < 0) {
                throw new IOException("shared memory became shorter while it was saved");
            }
            at += count;
        }
    }

    /**
     * Makes it.
     *
     * @param image what {@link #write} wrote
     * @return a descriptor of our own
     */
    int make(ReadableByteChannel image) throws IOException {
        int descriptor = empty();
        boolean made = false;
        try {
            fill(descriptor, new ImageReader(image));
            finish(descriptor);
            made = true;
            return descriptor;
        } finally {
            if (!made) {
                Descriptors.close(descriptor);
            }
        }
    }

    /** Makes it without its content; returns a descriptor of our own. */
    int empty() {
        return name.isEmpty() ? MemoryFiles.shared(size) : MemoryFiles.named(name, size);
    }

    /** Gives it what comes after its content: its owner, and seals that would keep it from being written. */
    void finish(int descriptor) {
        if (!name.isEmpty()) {
            MemoryFiles.setAccess(descriptor, access);
            if (seals > 0) {
                MemoryFiles.seal(descriptor, seals);
            }
        }
    }

    void fill(int descriptor, ImageReader reader) throws IOException {
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(path(descriptor), StandardOpenOption.WRITE)) {
            MemorySegment buffer = arena.allocate(ImageReader.BUFFER, 4096);
            while (true) {
                ImageReader.Section section = reader.next(buffer);
                switch (section.type()) {
                    case HEADER -> section.decode(ImageHeader.CODEC);
                    case PAGES -> write(section.pages(), file);
                    case END -> {
                        return;
                    }
                    default -> throw new IOException("section " + section.type() + " in the image of shared memory");
                }
            }
        }
    }

    private void write(ImageReader.Pages pages, FileChannel file) throws IOException {
        long at = 0;
        for (Run run : pages.runs()) {
            if (run.address() < 0 || run.address() > size - run.length()) {
                throw new IOException("the image has bytes at " + run.address() + " of shared memory of " + size);
            }
            ByteBuffer bytes = pages.bytes().asSlice(at, run.length()).asByteBuffer();
            for (long to = run.address(); bytes.hasRemaining(); ) {
                to += file.write(bytes, to);
            }
            at += run.length();
        }
    }
}
