package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFiles.FdInfo;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.Syscalls;

/** The open files of a process, seen from outside. */
final class OpenFiles {

    static final int O_CLOEXEC = 02000000;

    /** {@code O_CREAT}, {@code O_EXCL}, {@code O_NOCTTY}, {@code O_TRUNC}. */
    static final int ONLY_AT_CREATION = 0100 | 0200 | 0400 | 01000;

    /** {@code O_NOFOLLOW}, {@code O_TMPFILE} with {@code O_DIRECTORY}. */
    private static final int ONLY_BY_PATH = 0400000 | 020000000 | 0200000;

    private static final ProcFilesStat UNKNOWN = new ProcFilesStat(0, 0, 0, 0, 0, 0, 0, 0);
    private static final int KCMP_FILE = 0;
    private static final int MEMORY_MAJOR = 1;
    private static final List<Integer> SIMPLE = List.of(3, 5, 7, 8, 9);

    private OpenFiles() {}

    /** Returns the flags by which a file is opened once more that has no path. */
    static int reopening(int flags) {
        return flags & ~(ONLY_AT_CREATION | ONLY_BY_PATH);
    }

    /** Returns all descriptors, each as if it were the only one of its open file. */
    static List<OpenFile> list(int pid) {
        List<OpenFile> files = new ArrayList<>();
        for (int fd : ProcFiles.descriptors(pid)) {
            try {
                files.add(of(pid, fd));
            } catch (ErrnoException _) {
                // closed meanwhile
            }
        }
        return files;
    }

    /**
     * Returns what is behind a descriptor. A process that runs may close it, or open another with its number, between the looks at it.
     *
     * @throws ErrnoException ENOENT when it is closed
     */
    static OpenFile of(int pid, int fd) {
        FdInfo info = ProcFiles.fdinfo(pid, fd);
        String link = ProcFiles.link(pid, "fd/" + fd);
        ProcFilesStat stat = ProcFilesStat.of("/proc/" + pid + "/fd/" + fd).orElse(UNKNOWN);
        boolean other = !ProcFiles.link(pid, "fd/" + fd).equals(link);
        return other ? of(pid, fd) : of(pid, fd, info, link, stat);
    }

    private static OpenFile of(int pid, int fd, FdInfo info, String link, ProcFilesStat stat) {
        return new OpenFile(
                pid,
                fd,
                link,
                stat.mode(),
                stat.special(),
                stat.inode(),
                stat.links(),
                info.flags() & ~O_CLOEXEC,
                info.position(),
                info.extra());
    }

    /** Returns the size of an open file now, in bytes; -1 when it can't be told. */
    static long size(OpenFile file) {
        return ProcFilesStat.of("/proc/" + file.pid() + "/fd/" + file.fd())
                .map(ProcFilesStat::size)
                .orElse(-1L);
    }

    /** Tells whether what is written next lengthens the file, also while others who share the offset write at the end. */
    static boolean atEnd(OpenFile file) {
        long size = size(file);
        return file.position() <= size
                && ProcFiles.fdinfo(file.pid(), file.fd()).position() >= size;
    }

    /** Tells whether it is /dev/null, zero, full, random or urandom. */
    static boolean simpleDevice(OpenFile file) {
        return file.characterDevice()
                && file.major() == MEMORY_MAJOR
                && SIMPLE.contains(file.minor())
                && file.link().startsWith("/");
    }

    /** Tells whether two descriptors stand for the same open file. */
    static boolean same(OpenFile one, OpenFile other) {
        return one.inode() == other.inode()
                && one.without(Notice.O_ASYNC).flags()
                        == other.without(Notice.O_ASYNC).flags()
                && one.link().equals(other.link())
                && Syscalls.call(Nr.KCMP, one.pid(), other.pid(), KCMP_FILE, one.fd(), other.fd()) == 0;
    }
}
