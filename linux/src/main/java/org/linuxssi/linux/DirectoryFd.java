package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open directory and small files below it, by openat(2): as quick as C, and it works for directories that have no
 * path here, such as the procfs of another pid name space taken by pidfd_getfd(2).
 *
 * <p>Paths are relative, names are byte strings (one char a byte). Errors are {@link ErrnoException}.
 */
public final class DirectoryFd implements AutoCloseable {

    private static final int CHUNK = 32 << 10;
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int O_WRONLY = 1;
    private static final int O_DIRECTORY = 0x10000;
    private static final int O_CLOEXEC = 0x80000;
    private static final ThreadLocal<MemorySegment> BUFFER =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CHUNK, 8));

    private final int fd;
    private final AtomicBoolean closed = new AtomicBoolean();

    private DirectoryFd(int fd) {
        this.fd = fd;
    }

    /** Opens the directory at the path. */
    public static DirectoryFd open(String path) {
        return new DirectoryFd(openAt(AT_FDCWD, path, O_DIRECTORY));
    }

    /** Takes over a descriptor of this process. */
    public static DirectoryFd adopt(int fd) {
        return new DirectoryFd(fd);
    }

    /** Returns the descriptor. */
    public int fd() {
        return fd;
    }

    /**
     * A name in a listing.
     *
     * @param name one char a byte
     * @param type as {@link FuseAttr#direntType()}
     */
    public record Entry(String name, int type) {}

    /**
     * Type and owner of a file.
     *
     * @param mode as in stat(2)
     * @param uid owner
     * @param gid group
     */
    public record Status(int mode, int uid, int gid) {}

    /** Reads a file up to the limit; what is beyond is not read. */
    public byte[] read(String path, int limit) {
        int file = openAt(fd, path, 0);
        try {
            return readAll(file, path, limit);
        } finally {
            Syscalls.call(Nr.CLOSE, file);
        }
    }

    private static byte[] readAll(int file, String path, int limit) {
        MemorySegment buffer = BUFFER.get();
        ByteArrayOutputStream all = new ByteArrayOutputStream(0);
        while (all.size() < limit) {
            long wanted = Math.min(CHUNK, limit - all.size());
            long count = Syscalls.call(Nr.READ, file, buffer.address(), wanted);
            if (count == 0) {
                break;
            }
            if (count != -Errno.EINTR.number()) {
                Syscalls.check("read " + path, count);
                all.writeBytes(buffer.asSlice(0, count).toArray(JAVA_BYTE));
            }
        }
        return all.toByteArray();
    }

    /** Writes the bytes by one write(2); returns how many were taken. */
    public int write(String path, byte[] bytes) {
        int file = openAt(fd, path, O_WRONLY);
        try (Arena arena = Arena.ofConfined()) {
            long data = Syscalls.bytes(arena, bytes).address();
            return (int) Syscalls.check("write " + path, Syscalls.call(Nr.WRITE, file, data, bytes.length));
        } finally {
            Syscalls.call(Nr.CLOSE, file);
        }
    }

    /** Returns the text of a symbolic link. */
    public String readLink(String path) {
        MemorySegment buffer = BUFFER.get();
        MemorySegment target = buffer.asSlice(CHUNK / 2);
        long name = put(buffer, path);
        long length = Syscalls.check(
                "readlink " + path, Syscalls.call(Nr.READLINKAT, fd, name, target.address(), target.byteSize()));
        return new String(target.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    /** Returns type and owner, of a symbolic link itself. */
    public Status status(String path) {
        MemorySegment buffer = BUFFER.get();
        Syscalls.check("stat " + path, statAt(path, buffer));
        MemorySegment stat = buffer.asSlice(CHUNK / 2);
        // struct stat of arch/x86/include/uapi/asm/stat.h
        return new Status(stat.get(JAVA_INT, 24), stat.get(JAVA_INT, 28), stat.get(JAVA_INT, 32));
    }

    private long statAt(String path, MemorySegment buffer) {
        long name = put(buffer, path);
        long stat = buffer.address() + CHUNK / 2;
        return Syscalls.call(Nr.NEWFSTATAT, fd, name, stat, AT_SYMLINK_NOFOLLOW);
    }

    /** Tells whether there is something at the path, if only a symbolic link that leads nowhere. */
    public boolean exists(String path) {
        return !Syscalls.failed(statAt(path, BUFFER.get()));
    }

    /** Lists a directory, without "." and "..". */
    public List<Entry> list(String path) {
        int directory = openAt(fd, path, O_DIRECTORY);
        try {
            MemorySegment buffer = BUFFER.get();
            List<Entry> entries = new ArrayList<>();
            long count;
            do {
                count = Syscalls.check(
                        "list " + path, Syscalls.call(Nr.GETDENTS64, directory, buffer.address(), CHUNK));
                entries(buffer.asSlice(0, count), entries);
            } while (count > 0);
            return entries;
        } finally {
            Syscalls.call(Nr.CLOSE, directory);
        }
    }

    /** {@code struct linux_dirent64}: ino, offset, record length, type, name. */
    private static void entries(MemorySegment records, List<Entry> entries) {
        long at = 0;
        while (at < records.byteSize()) {
            int length = records.get(JAVA_SHORT_UNALIGNED, at + 2 * JAVA_LONG_UNALIGNED.byteSize()) & 0xffff;
            String name = records.getString(at + 19, StandardCharsets.ISO_8859_1);
            if (!name.equals(".") && !name.equals("..")) {
                entries.add(new Entry(name, records.get(JAVA_BYTE, at + 18)));
            }
            at += length;
        }
    }

    private static int openAt(int directory, String path, int flags) {
        long name = put(BUFFER.get(), path);
        return (int) Syscalls.check("open " + path, Syscalls.call(Nr.OPENAT, directory, name, flags | O_CLOEXEC, 0));
    }

    private static long put(MemorySegment buffer, String path) {
        if (path.length() >= CHUNK / 2) {
            throw new ErrnoException("open a path of " + path.length() + " bytes", Errno.ENAMETOOLONG);
        }
        buffer.setString(0, path, StandardCharsets.ISO_8859_1);
        return buffer.address();
    }

    /** Closes the directory. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Syscalls.call(Nr.CLOSE, fd);
        }
    }
}
