package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.linux.ProcFilesStat;
import org.linuxssi.linux.Syscalls;

/** Finds what a process holds that cannot move, without touching it. */
final class Preflight {

    private static final int KCMP_VM = 1;
    private static final int KCMP_FILES = 2;
    private static final int SIGTRAP_BIT = 1 << 4;
    private static final String DELETED = SharedObject.DELETED;
    private static final String SECRET = "/secretmem";

    private final int pid;
    private final RelayedFile relayed;
    private final List<String> obstacles = new ArrayList<>();

    private Preflight(int pid, RelayedFile relayed) {
        this.pid = pid;
        this.relayed = relayed;
    }

    /** Returns all that cannot move, each as {@code fd 7: io_uring}. */
    static List<String> obstacles(int pid, int init, RelayedFile relayed) {
        Preflight preflight = new Preflight(pid, relayed);
        preflight.status();
        preflight.filters(init);
        preflight.obstacles.addAll(Surroundings.obstacles(pid, init));
        preflight.files();
        preflight.memory();
        preflight.objects();
        preflight.threads();
        return List.copyOf(preflight.obstacles);
    }

    /** Returns the files that cannot be in an image. */
    static List<String> refusedFiles(int pid, RelayedFile relayed) {
        Preflight preflight = new Preflight(pid, relayed);
        preflight.files();
        return List.copyOf(preflight.obstacles);
    }

    private void status() {
        Map<String, String> status = ProcFiles.status(Integer.toString(pid));
        if (status.getOrDefault("State", "").startsWith("Z")) {
            obstacles.add("it is a zombie");
        }
        if (!status.getOrDefault("TracerPid", "0").equals("0")) {
            obstacles.add("it is traced by process "
                    + Surroundings.inside(Integer.parseInt(status.getOrDefault("TracerPid", "0"))));
        }
        long ignored = Long.parseUnsignedLong(status.getOrDefault("SigIgn", "0"), 16);
        if ((ignored & SIGTRAP_BIT) != 0) {
            obstacles.add("it ignores SIGTRAP");
        }
        sharedWithParent();
        deleted("program", ProcFiles.link(pid, "exe"));
        deleted("working directory", ProcFiles.link(pid, "cwd"));
    }

    private void filters(int init) {
        if (filtersOf(pid) != filtersOf(init)) {
            obstacles.add("it has a seccomp filter of its own");
        }
    }

    private static int filtersOf(int process) {
        return Credentials.of(Integer.toString(process)).seccompFilters();
    }

    private void sharedWithParent() {
        int parent = ProcFiles.stat(pid).parent();
        if (parent > 0 && Syscalls.call(Nr.KCMP, pid, parent, KCMP_VM, 0, 0) == 0) {
            obstacles.add("it shares memory with its parent (vfork), for now");
        } else if (parent > 0 && Syscalls.call(Nr.KCMP, pid, parent, KCMP_FILES, 0, 0) == 0) {
            obstacles.add("it shares its descriptors with its parent");
        }
    }

    private void deleted(String what, String path) {
        if (path.endsWith(DELETED)) {
            obstacles.add("its " + what + " is deleted: " + path);
        }
    }

    private void files() {
        if (relayed.leavesOutRefused()) {
            return;
        }
        List<OpenFile> files = OpenFiles.list(pid);
        try (InnerFiles inner = new InnerFiles(pid)) {
            if (!relayed.copies()) {
                inner.look(files, false);
            }
            AnonymousFiles anonymous = new AnonymousFiles(new Relatives(pid, AnonymousFiles::concerns));
            FileRules rules = new FileRules(relayed, anonymous, inner);
            for (OpenFile file : files) {
                refusal(rules, file).ifPresent(reason -> obstacles.add("fd " + file.fd() + ": " + reason));
            }
        }
    }

    /** The process runs: what it has closed meanwhile does not keep it. */
    private static Optional<String> refusal(FileRules rules, OpenFile file) {
        try {
            return rules.refusal(file);
        } catch (ErrnoException problem) {
            if (problem.errno() == Errno.EBADF) {
                return Optional.empty();
            }
            throw problem;
        }
    }

    private void memory() {
        List<Mapping> all = ProcFilesMaps.smaps(pid);
        for (Mapping mapping : all) {
            problem(mapping, all)
                    .ifPresent(problem ->
                            obstacles.add("memory at " + Long.toHexString(mapping.start()) + ": " + problem));
        }
    }

    private Optional<String> problem(Mapping mapping, List<Mapping> all) {
        Set<String> flags = mapping.flags();
        if (mapping.path().equals("[vsyscall]") || mapping.path().startsWith("[v")) {
            return Optional.empty();
        }
        if (MappingImage.isSegment(mapping)) {
            return relayed.copies() || Segments.destroyed(pid, mapping)
                    ? Segments.refusal(pid, mapping, all)
                    : Optional.of("SysV shared memory " + mapping.path());
        }
        if (mapping.path().equals("/[aio]") || mapping.path().startsWith("/[aio]")) {
            return Optional.of("asynchronous input and output (io_setup)");
        }
        if (mapping.path().startsWith("anon_inode:")) {
            return Optional.of(mapping.path());
        }
        if (mapping.path().startsWith(SECRET) && mapping.path().endsWith(DELETED)) {
            return Optional.of("secret memory (memfd_secret)");
        }
        if (mapping.shared() && mapping.inode() == 0) {
            return Optional.of("shared anonymous memory");
        }
        if (MappingImage.isObject(mapping) && !relayed.copies() && hasName(mapping)) {
            return Optional.of("deleted file " + mapping.path() + " that has another name");
        }
        if (mapping.path().equals("[uprobes]")) {
            return Optional.of("a probe of a tracer");
        }
        return special(mapping, flags);
    }

    private boolean hasName(Mapping mapping) {
        return ProcFilesStat.of(MappingImage.link(pid, mapping))
                .filter(stat -> stat.links() > 0)
                .isPresent();
    }

    /** What no directory has moves when nobody else has it. */
    private void objects() {
        if (relayed.copies()) {
            return;
        }
        Map<String, String> mine = new LinkedHashMap<>();
        for (OpenFile file : OpenFiles.list(pid)) {
            if (file.regular() && SavedFiles.deleted(file)) {
                SharedObject.key(pid, file.fd())
                        .ifPresent(key -> mine.putIfAbsent(key, "fd " + file.fd() + ": a deleted file " + file.link()));
            }
        }
        for (Mapping mapping : ProcFilesMaps.maps(pid)) {
            if (LeavingObjects.is(pid, mapping)) {
                String what = mapping.path().startsWith(SharedObject.ANONYMOUS)
                        ? "shared anonymous memory"
                        : "deleted file " + mapping.path();
                mine.putIfAbsent(
                        MappingImage.key(mapping), "memory at " + Long.toHexString(mapping.start()) + ": " + what);
            }
        }
        Holders.others(pid, mine.keySet())
                .forEach((key, other) ->
                        obstacles.add(mine.get(key) + ", which process " + Surroundings.inside(other) + " has, too"));
    }

    private static Optional<String> special(Mapping mapping, Set<String> flags) {
        if (flags.contains("io") || flags.contains("pf")) {
            return Optional.of("memory of a device " + mapping.path());
        }
        if (flags.contains("ht")) {
            return Optional.of("huge pages (hugetlbfs)");
        }
        if (flags.contains("um") || flags.contains("uw") || flags.contains("ui")) {
            return Optional.of("userfaultfd");
        }
        if (flags.contains("sl")) {
            return Optional.of("sealed memory (mseal)");
        }
        if (flags.contains("ss")) {
            return Optional.of("a shadow stack");
        }
        return Optional.empty();
    }

    private void threads() {
        Set<Credentials> kinds = new HashSet<>();
        for (int tid : ProcFiles.threads(pid)) {
            try {
                kinds.add(Credentials.of(pid + "/task/" + tid));
                char state = ProcFiles.stat(pid + "/task/" + tid).state();
                if (tid == pid && state == 'Z') {
                    obstacles.add("its first thread has ended");
                }
            } catch (ErrnoException _) {
                // ended meanwhile
            }
        }
        if (kinds.size() > 1) {
            obstacles.add("its threads have different users or capabilities");
        }
    }
}
