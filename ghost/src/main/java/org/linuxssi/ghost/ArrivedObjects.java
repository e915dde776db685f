package org.linuxssi.ghost;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;

/** Memory and files that no directory has, made anew for a process: those that came with it, and those of a service. */
final class ArrivedObjects implements AutoCloseable {

    private final RelayedFile others;
    private final String root;
    private final Map<String, Made> made = new ConcurrentHashMap<>();
    private final Map<String, Integer> readOnly = new ConcurrentHashMap<>();

    private @Nullable RestoredFiles inner;

    private record Made(SharedObject object, int descriptor) {}

    /**
     * Makes some.
     *
     * @param root path of the root directory that the process sees
     */
    ArrivedObjects(RelayedFile others, String root) {
        this.others = others;
        this.root = root;
    }

    /** Makes one whose content comes later. */
    void make(SharedObject object) throws IOException {
        if (made.containsKey(object.key())) {
            throw new IOException("the image has the memory or file " + object.key() + " twice");
        }
        made.put(object.key(), new Made(object, object.empty()));
    }

    /** Writes a part of the content. */
    void fill(ObjectPart part) throws IOException {
        Made one = made.get(part.key());
        if (one == null || part.offset() < 0 || part.offset() > one.object().size() - part.bytes().length) {
            throw new IOException("the image has content of " + part.key() + " at " + part.offset()
                    + ", where the process has no such memory or file");
        }
        Path path = Path.of("/proc/self/fd/" + one.descriptor());
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(part.bytes());
            for (long at = part.offset(); bytes.hasRemaining(); ) {
                at += file.write(bytes, at);
            }
        }
    }

    /** Takes the pipes and sockets that the process has alone; they are made when they are wanted. */
    void inner(SharedFiles files) throws IOException {
        if (inner != null) {
            throw new IOException("the image has pipes and sockets of its own twice");
        }
        inner = new RestoredFiles(files, root, ArrivedObjects::none, Map.of());
    }

    private static FileChannel none(int number) throws IOException {
        throw new IOException("the image has content " + number + " of memory among pipes and sockets");
    }

    /** Returns one of these; the descriptor is the caller's. */
    int inner(byte[] number) {
        RestoredFiles files = inner;
        if (files == null) {
            throw new ErrnoException("find a pipe or socket in the image", Errno.EPROTO);
        }
        return files.restore(number);
    }

    /** All content has come. */
    void finish() {
        made.values().forEach(one -> one.object().finish(one.descriptor()));
    }

    /** Tells whether there is one with this key. */
    boolean has(String key) {
        return made.containsKey(key) || others.hasObject(key);
    }

    /** Returns a descriptor of ours to map it: a mapping that can't become writable leaves room for seals. */
    int descriptor(String key, boolean writable) {
        return writable
                ? writable(key)
                : readOnly.computeIfAbsent(key, _ -> Descriptors.reopen(writable(key), Descriptors.O_RDONLY));
    }

    private int writable(String key) {
        Made one = made.get(key);
        return one == null ? others.object(key) : one.descriptor();
    }

    /** Opens it once more; the descriptor is the caller's. */
    int open(String key, int flags) {
        return Descriptors.reopen(writable(key), flags);
    }

    @Override
    public void close() {
        readOnly.values().forEach(Descriptors::close);
        readOnly.clear();
        made.values().forEach(one -> Descriptors.close(one.descriptor()));
        made.clear();
        RestoredFiles files = inner;
        if (files != null) {
            files.close();
            inner = null;
        }
    }
}
