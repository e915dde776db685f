package org.linuxssi.procfs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.linux.FuseAttr;
import org.linuxssi.linux.FuseDirectory;
import org.linuxssi.linux.FuseEntry;
import org.linuxssi.linux.FuseRequest;

/** The names of a directory in a stable order, so that reading goes on right after a process came or went. */
final class ProcListing {

    static final ProcListing EMPTY = new ProcListing();

    /** Offset of a process: behind all other names. */
    private static final long PIDS = 1L << 32;

    /** {@code DT_UNKNOWN} of {@code linux/fs_types.h}. */
    private static final int UNKNOWN = 0;

    private final List<Line> lines = new ArrayList<>();

    /**
     * A name.
     *
     * @param entry what a lookup would answer, where it may be cached
     * @param offset where the listing goes on behind it
     */
    private record Line(String name, int type, long ino, Optional<FuseEntry> entry, long offset) {}

    ProcListing() {
        add(".", FuseAttr.DIRECTORY, 1);
        add("..", FuseAttr.DIRECTORY, 1);
    }

    void add(String name, int fileType, long ino) {
        lines.add(new Line(name, fileType >> 12, ino, Optional.empty(), lines.size() + 1L));
    }

    void add(String name, FuseEntry entry) {
        lines.add(new Line(name, entry.attr().direntType(), entry.attr().ino(), Optional.of(entry), lines.size() + 1L));
    }

    /**
     * Adds a process; they come last and in ascending order. That some are links is not told: programs that look for
     * directories ({@code lsns}) would leave them out, though what they do with a directory works with a link, too.
     */
    void addProcess(int pid, FuseEntry entry) {
        int type = entry.attr().direntType() == FuseAttr.SYMLINK >> 12
                ? UNKNOWN
                : entry.attr().direntType();
        lines.add(new Line(Integer.toString(pid), type, entry.attr().ino(), Optional.of(entry), PIDS + pid));
    }

    FuseDirectory part(FuseRequest.ReadDir request) {
        FuseDirectory out = FuseDirectory.of(request);
        for (Line line : lines) {
            if (line.offset > request.offset() && !add(out, line)) {
                break;
            }
        }
        return out;
    }

    private static boolean add(FuseDirectory out, Line line) {
        return line.entry.isPresent()
                ? out.add(line.name, line.type, line.entry.get(), line.offset)
                : out.add(line.name, line.type, line.ino, line.offset);
    }
}
