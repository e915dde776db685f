package org.linuxssi.ghost;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.tools.Codec;

/**
 * A file or directory that inotify(7) watches.
 *
 * @param number of the watch
 * @param mask events that are told
 * @param path of the file now
 */
record Watched(int number, int mask, String path) {

    static final Codec<Watched> CODEC = Codec.of(
            (w, out) -> out.i32(w.number).i32(w.mask).text(w.path),
            in -> new Watched(in.i32(), in.i32(), in.text(SharedFile.PATH)));

    private static final Pattern LINE = Pattern.compile("inotify wd:([0-9a-f]+) ino:([0-9a-f]+) sdev:([0-9a-f]+)"
            + " mask:([0-9a-f]+) ignored_mask:\\w+ fhandle-bytes:\\w+ fhandle-type:([0-9a-f]+) f_handle:([0-9a-f]+)");
    private static final int MINOR_BITS = 20;
    private static final int DEVICE = 2;
    private static final int MOUNT_POINT = 4;

    /**
     * Returns what a line of {@code fdinfo} tells; nothing for other lines.
     *
     * @throws ErrnoException ENOENT when the file has no path any more
     */
    static Optional<Watched> of(OpenFile file, String line) {
        Matcher matcher = LINE.matcher(line.strip());
        if (!matcher.matches()) {
            return line.startsWith("inotify ") ? Optional.of(unknown(line)) : Optional.empty();
        }
        long inode = Long.parseUnsignedLong(matcher.group(2), 16);
        long device = Long.parseUnsignedLong(matcher.group(3), 16);
        String path = path(
                file.pid(),
                device,
                inode,
                Integer.parseUnsignedInt(matcher.group(5), 16),
                HexFormat.of().parseHex(matcher.group(6)));
        return Optional.of(new Watched(
                Integer.parseInt(matcher.group(1), 16), Integer.parseUnsignedInt(matcher.group(4), 16), path));
    }

    private static Watched unknown(String line) {
        throw new ErrnoException("find what inotify watches by " + line, Errno.EPROTO);
    }

    private static String path(int pid, long device, long inode, int type, byte[] handle) {
        String name = (device >> MINOR_BITS) + ":" + (device & ((1 << MINOR_BITS) - 1));
        for (String line : mounts(pid)) {
            String[] fields = line.split(" ");
            if (fields.length > MOUNT_POINT && fields[DEVICE].equals(name)) {
                Optional<String> path = below(pid, unescaped(fields[MOUNT_POINT]), type, handle)
                        .filter(found -> ProcFilesStat.of("/proc/" + pid + "/root" + found)
                                .filter(status -> status.inode() == inode)
                                .isPresent());
                if (path.isPresent()) {
                    return path.get();
                }
            }
        }
        throw new ErrnoException("find the path of inode " + inode + ", which inotify watches", Errno.ENOENT);
    }

    private static List<String> mounts(int pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Integer.toString(pid), "mountinfo"));
        } catch (IOException problem) {
            throw new ErrnoException("read the mounts of process " + pid + ", " + problem.getMessage(), Errno.EIO);
        }
    }

    private static String unescaped(String text) {
        return text.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }

    private static Optional<String> below(int pid, String mount, int type, byte[] handle) {
        int directory;
        try {
            directory = Fds.open("/proc/" + pid + "/root" + mount, Descriptors.O_RDONLY);
        } catch (ErrnoException unreachable) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(8 + handle.length, 8);
            bytes.set(ValueLayout.JAVA_INT, 0, handle.length);
            bytes.set(ValueLayout.JAVA_INT, 4, type);
            MemorySegment.copy(handle, 0, bytes, ValueLayout.JAVA_BYTE, 8, handle.length);
            long found = Syscalls.call(Nr.OPEN_BY_HANDLE_AT, directory, bytes.address(), Fds.O_PATH);
            if (Syscalls.failed(found)) {
                return Optional.empty();
            }
            try {
                return Optional.of(ProcFiles.link((int) ProcessHandle.current().pid(), "fd/" + found))
                        .filter(path -> path.startsWith("/") && !path.endsWith(SharedObject.DELETED));
            } finally {
                Descriptors.close((int) found);
            }
        } finally {
            Descriptors.close(directory);
        }
    }
}
