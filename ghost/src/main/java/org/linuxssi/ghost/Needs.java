package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.tools.Codec;

/**
 * What a process needs to find on another machine.
 *
 * @param vdso digest of the kernel's code in all processes
 * @param cpu features of the CPU, the flags of {@code /proc/cpuinfo}
 * @param filters seccomp filters it runs under
 * @param timers whether it has timers of timer_create(2)
 * @param files what it maps or has open
 * @param segments System V shared memory that it has attached
 */
record Needs(
        String vdso, String cpu, int filters, boolean timers, List<NeededFile> files, List<Segments.Needed> segments) {

    private static final String MEMORY = "memory at ";
    private static final int USE = 64;
    private static final int PATH = 8192;
    private static final int LIMIT = 100_000;

    static final Codec<Needs> CODEC = Codec.of(
            (needs, out) -> out.text(needs.vdso)
                    .text(needs.cpu)
                    .i32(needs.filters)
                    .bool(needs.timers)
                    .list(needs.files, NeededFile.CODEC)
                    .list(needs.segments, Segments.Needed.CODEC),
            in -> new Needs(
                    in.text(200),
                    in.text(16384),
                    in.i32(),
                    in.bool(),
                    in.list(LIMIT, NeededFile.CODEC),
                    in.list(LIMIT, Segments.Needed.CODEC)));

    /**
     * A file or directory.
     *
     * @param use what it is for the process, as {@code fd 7}
     * @param path its name
     * @param written whether the process may write to it, so that it has to be the very same file
     * @param inode its number
     * @param born time of creation, 0 when the file system does not tell
     * @param size in bytes
     * @param modified time of the last change of content
     */
    record NeededFile(String use, String path, boolean written, long inode, long born, long size, long modified) {
        private static final Codec<NeededFile> CODEC = Codec.of(
                (file, out) -> out.text(file.use)
                        .text(file.path)
                        .bool(file.written)
                        .i64(file.inode)
                        .i64(file.born)
                        .i64(file.size)
                        .i64(file.modified),
                in -> new NeededFile(in.text(USE), in.text(PATH), in.bool(), in.i64(), in.i64(), in.i64(), in.i64()));

        static NeededFile of(String use, String path, boolean written, ProcFilesStat stat) {
            return new NeededFile(use, path, written, stat.inode(), stat.born(), stat.size(), stat.modified());
        }

        /** Tells whether a file of another node serves: it is the same one, or, for reading, an equal one. */
        boolean servedBy(NeededFile there) {
            boolean same = inode == there.inode && born == there.born;
            if (same && (born != 0 || written)) {
                return true;
            }
            return !written && size == there.size && modified == there.modified;
        }
    }

    /**
     * Returns what a process needs; the root directory, which each node has, is not among it. A descriptor that becomes another file's
     * meanwhile, as a shell's that redirects, is left out.
     */
    static Needs of(int pid) {
        Map<String, NeededFile> files = new LinkedHashMap<>();
        for (Mapping mapping : ProcFilesMaps.maps(pid)) {
            if (mapping.inode() != 0 && mapping.path().startsWith("/")) {
                String use = MEMORY + Long.toHexString(mapping.start());
                boolean written = mapping.shared() && mapping.writable();
                stat(pid, "root" + mapping.path()).ifPresent(stat -> add(files, use, mapping.path(), written, stat));
            }
        }
        for (OpenFile file : OpenFiles.list(pid)) {
            if ((file.regular() || file.directory()) && file.link().startsWith("/") && !SavedFiles.deleted(file)) {
                boolean itself = file.directory() || (file.flags() & 3) != 0;
                stat(pid, "fd/" + file.fd())
                        .filter(stat -> stat.inode() == file.inode())
                        .ifPresent(stat -> add(files, "fd " + file.fd(), file.link(), itself, stat));
            }
        }
        stat(pid, "cwd").ifPresent(stat -> add(files, "working directory", ProcFiles.link(pid, "cwd"), true, stat));
        stat(pid, "root").ifPresent(stat -> add(files, "root directory", ProcFiles.link(pid, "root"), true, stat));
        files.remove("/");
        return new Needs(
                Machine.vdso(),
                Machine.cpuFlags(),
                Credentials.of(Integer.toString(pid)).seccompFilters(),
                PosixTimer.any(pid),
                List.copyOf(files.values()),
                Segments.needed(pid));
    }

    private static Optional<ProcFilesStat> stat(int pid, String name) {
        return ProcFilesStat.of("/proc/" + pid + "/" + name);
    }

    private static void add(
            Map<String, NeededFile> files, String use, String path, boolean written, ProcFilesStat stat) {
        files.merge(path, NeededFile.of(use, path, written, stat), (old, now) -> now.written() ? now : old);
    }

    /** Returns what this machine lacks; paths are looked up from the root of the process {@code root}. */
    List<String> lacking(int root) {
        return lacking(root, NeededFile::servedBy);
    }

    /**
     * The same for a process that has ended since: what it had open may have been changed, or be a copy that somebody put
     * there again; what it maps has to be as it was, unless it writes there.
     */
    List<String> lackingLater(int root) {
        return lacking(root, (was, now) -> was.written() || !was.use().startsWith(MEMORY) || was.servedBy(now));
    }

    private List<String> lacking(int root, BiPredicate<NeededFile, NeededFile> served) {
        List<String> lacking = new ArrayList<>();
        if (!vdso.equals(Machine.vdso())) {
            lacking.add("the kernel is another one (its vdso differs)");
        }
        if (!cpu.equals(Machine.cpuFlags())) {
            lacking.add("the CPU has other features");
        }
        if (filters != Credentials.of(Integer.toString(root)).seccompFilters()) {
            lacking.add("the process has a seccomp filter of its own, which can't move");
        }
        if (timers && !PosixTimer.restorable()) {
            lacking.add("POSIX timers (timer_create), which only Linux 6.15 and later can give their numbers");
        }
        for (NeededFile file : files) {
            Optional<ProcFilesStat> here = ProcFilesStat.of("/proc/" + root + "/root" + file.path());
            if (here.isEmpty()) {
                lacking.add(file.use() + ": " + file.path() + " is not there");
            } else if (!served.test(file, NeededFile.of(file.use(), file.path(), file.written(), here.get()))) {
                lacking.add(file.use() + ": " + file.path() + " is another file there");
            }
        }
        segments.forEach(segment -> segment.lacking(root).ifPresent(lacking::add));
        return List.copyOf(lacking);
    }
}
