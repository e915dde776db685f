package org.linuxssi.ghost;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.linuxssi.ghost.MappingImage.Kind;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;
import org.linuxssi.linux.ProcessMemory.Run;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceScratch;

/** Gives a traced process other mappings. Runs on the tracer's thread. */
final class SpaceBuilder {

    private static final long LOWEST = 0x10000;
    private static final long HIGHEST = 0x7fff_0000_0000L;
    private static final int PROT_EXEC = 4;
    private static final int SHM_RDONLY = 010000;
    private static final int SHM_EXEC = 0100000;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_GROWSDOWN = 0x100;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int ARCH_MAP_VDSO_64 = 0x2003;
    private static final int PR_SET_VMA = 0x53564d41;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_POPULATE_WRITE = 23;
    private static final int MADV_GUARD_INSTALL = 102;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 02000000;
    private static final int AT_FDCWD = -100;

    private final PtraceProcess process;
    private final PtraceCall call;
    private final ArrivedObjects objects;
    private final int doorway;
    private PtraceScratch scratch;
    private List<MappingImage> layout = List.of();

    /** Leaves of the process's mappings nothing but a scratch area that the new ones do not need. */
    SpaceBuilder(PtraceProcess process, List<MappingImage> planned, ArrivedObjects objects, int doorway) {
        this.process = process;
        this.objects = objects;
        this.doorway = doorway;
        call = process.leader().call();
        List<Mapping> old = ProcFilesMaps.maps(process.pid());
        long instruction = PtraceCall.findInstruction(old, process.memory());
        scratch = PtraceScratch.map(call, instruction, hole(ranges(old, planned)));
        PtraceScratch.Table table = scratch.table();
        for (Mapping mapping : old) {
            if (!mapping.path().equals("[vsyscall]")) {
                table.add(Nr.MUNMAP, mapping.start(), mapping.length());
            }
        }
        table.run(call);
        for (int i = 0; i < table.size(); i++) {
            table.check(i, "unmap the agent");
        }
    }

    PtraceScratch scratch() {
        return scratch;
    }

    private static List<Run> ranges(List<Mapping> maps, List<MappingImage> images) {
        List<Run> ranges = new ArrayList<>();
        maps.forEach(mapping -> ranges.add(new Run(mapping.start(), mapping.length())));
        images.forEach(mapping -> ranges.add(new Run(mapping.start(), mapping.length())));
        ranges.sort((a, b) -> Long.compareUnsigned(a.address(), b.address()));
        return ranges;
    }

    /** Returns the lowest address with room for the scratch area between the ranges. */
    private static long hole(List<Run> ranges) {
        long at = LOWEST;
        for (Run range : ranges) {
            if (Long.compareUnsigned(range.address() - at, PtraceScratch.BYTES) >= 0
                    && Long.compareUnsigned(range.address(), at) > 0) {
                return at;
            }
            long end = range.address() + range.length();
            at = Long.compareUnsigned(end, at) > 0 ? end : at;
        }
        if (Long.compareUnsigned(at, HIGHEST) > 0) {
            throw new IllegalStateException("no address is free for the scratch area");
        }
        return at;
    }

    /** Makes these the mappings; pages of mappings that stay are kept. */
    void apply(List<MappingImage> now) throws IOException {
        avoid(now);
        AddressSpace.Plan plan = AddressSpace.plan(layout, now);
        Batch batch = new Batch();
        for (MappingImage mapping : plan.gone()) {
            batch.add("unmap", mapping, Nr.MUNMAP, mapping.start(), mapping.length());
        }
        plan.kept().forEach((before, after) -> shrink(batch, before, after));
        batch.run();
        kernelPages(plan.fresh());
        Map<String, Long> files = open(plan.fresh());
        for (MappingImage mapping : plan.fresh()) {
            if (attached(mapping)) {
                attach(batch, mapping);
            } else if (mapping.kind() != Kind.KERNEL) {
                map(batch, mapping, files);
            }
        }
        plan.kept().forEach((before, after) -> grow(batch, before, after));
        batch.run();
        PtraceScratch.Table closing = scratch.table();
        files.values().forEach(fd -> closing.add(Nr.CLOSE, fd));
        closing.run(call);
        layout = List.copyOf(now);
    }

    /** Moves the scratch area when a new mapping wants its place. */
    private void avoid(List<MappingImage> now) {
        long base = scratch.base();
        boolean hit = now.stream()
                .anyMatch(mapping -> Long.compareUnsigned(mapping.start(), base + PtraceScratch.BYTES) < 0
                        && Long.compareUnsigned(base, mapping.end()) < 0);
        if (hit) {
            PtraceScratch old = scratch;
            scratch = PtraceScratch.map(call, old.instruction(), hole(ranges(ProcFilesMaps.maps(process.pid()), now)));
            old.unmap(call, scratch.instruction());
        }
    }

    private static void shrink(Batch batch, MappingImage before, MappingImage after) {
        if (after.end() < before.end()) {
            batch.add("shrink", before, Nr.MUNMAP, after.end(), before.end() - after.end());
        }
    }

    /** What is added is a mapping of its own, which the kernel joins to the one before: mremap(2) wants it to be one already. */
    private static void grow(Batch batch, MappingImage before, MappingImage after) {
        if (after.end() > before.end()) {
            map(batch, after.from(before.end()), Map.of());
        }
        if (after.protection() != before.protection()) {
            batch.add("protect", after, Nr.MPROTECT, after.start(), after.length(), after.protection());
        }
    }

    private void kernelPages(List<MappingImage> fresh) throws IOException {
        List<MappingImage> kernel =
                fresh.stream().filter(mapping -> mapping.kind() == Kind.KERNEL).toList();
        if (kernel.isEmpty()) {
            return;
        }
        PtraceScratch.Table table = scratch.table();
        int place = table.add(Nr.ARCH_PRCTL, ARCH_MAP_VDSO_64, kernel.getFirst().start());
        table.run(call);
        table.check(place, "map the vdso");
        long end = kernel.getLast().end();
        boolean right = ProcFilesMaps.maps(process.pid()).stream()
                .anyMatch(mapping -> mapping.path().equals("[vdso]") && mapping.end() == end);
        if (!right) {
            throw new IOException("the kernel's vdso does not fit where the process has it: another kernel?");
        }
    }

    private static String key(MappingImage mapping) {
        String how = mapping.writableFile() ? "w" : "r";
        return how + mapping.path();
    }

    private Map<String, Long> open(List<MappingImage> fresh) {
        Map<String, Integer> calls = new HashMap<>();
        Map<String, Long> files = new HashMap<>();
        PtraceScratch.Table table = scratch.table();
        for (MappingImage mapping : fresh) {
            boolean file = mapping.kind() != Kind.ANONYMOUS && mapping.kind() != Kind.KERNEL && !attached(mapping);
            if (file && !calls.containsKey(key(mapping))) {
                if (table.full(1)) {
                    collect(table, calls, files);
                    table = scratch.table();
                }
                calls.put(key(mapping), open(table, mapping));
            }
        }
        collect(table, calls, files);
        return files;
    }

    /** Tells whether it is there already; what goes with its last user is in the image. */
    private boolean attached(MappingImage mapping) {
        return mapping.kind() == Kind.SEGMENT && !objects.has(mapping.path());
    }

    private int open(PtraceScratch.Table table, MappingImage mapping) {
        if (mapping.isObject()) {
            int descriptor = objects.descriptor(mapping.path(), mapping.writableFile());
            return table.add(Nr.PIDFD_GETFD, doorway, descriptor, 0);
        }
        int flags = O_CLOEXEC | (mapping.writableFile() ? O_RDWR : 0);
        return table.add(Nr.OPENAT, AT_FDCWD, table.text(mapping.path()), flags, 0);
    }

    private void collect(PtraceScratch.Table table, Map<String, Integer> calls, Map<String, Long> files) {
        table.run(call);
        calls.forEach((key, index) -> {
            if (!files.containsKey(key)) {
                files.put(key, table.check(index, "open " + key.substring(1)));
            }
        });
    }

    /** Memory that is in several mappings is attached with the first; each has its protection. */
    private static void attach(Batch batch, MappingImage mapping) {
        boolean executed = (mapping.protection() & PROT_EXEC) != 0;
        if (mapping.offset() == 0) {
            int flags = (mapping.writableFile() ? 0 : SHM_RDONLY) | (executed ? SHM_EXEC : 0);
            batch.add("attach", mapping, Nr.SHMAT, mapping.segment(), mapping.start(), flags);
        }
        batch.add("protect", mapping, Nr.MPROTECT, mapping.start(), mapping.length(), mapping.protection());
        advise(batch, mapping);
    }

    private static void map(Batch batch, MappingImage mapping, Map<String, Long> files) {
        boolean anonymous = mapping.kind() == Kind.ANONYMOUS;
        boolean own = anonymous || mapping.kind() == Kind.PRIVATE_FILE || mapping.kind() == Kind.PRIVATE_OBJECT;
        long flags = MAP_FIXED
                | (own ? MAP_PRIVATE : MAP_SHARED)
                | (anonymous ? MAP_ANONYMOUS : 0)
                | ((mapping.advice() & MappingImage.GROWS_DOWN) != 0 ? MAP_GROWSDOWN : 0)
                | ((mapping.advice() & MappingImage.NO_RESERVE) != 0 ? MAP_NORESERVE : 0);
        long fd = anonymous ? -1 : files.getOrDefault(key(mapping), -1L);
        batch.add(
                "map",
                mapping,
                Nr.MMAP,
                mapping.start(),
                mapping.length(),
                mapping.protection(),
                flags,
                fd,
                mapping.offset());
        advise(batch, mapping);
        if (!mapping.anonymousName().isEmpty()) {
            batch.name(mapping);
        }
    }

    private static void advise(Batch batch, MappingImage mapping) {
        for (int i = 0; i < MappingImage.ADVICE.size(); i++) {
            int advice = MappingImage.ADVICE.get(i).number();
            if ((mapping.advice() & (1 << i)) != 0 && advice != 0) {
                batch.add("advise", mapping, Nr.MADVISE, mapping.start(), mapping.length(), advice);
            }
        }
    }

    /** Tells whether pages may be written there. */
    boolean accepts(Run run) {
        for (MappingImage mapping : layout) {
            if (mapping.hasPages()
                    && Long.compareUnsigned(mapping.start(), run.address()) <= 0
                    && Long.compareUnsigned(run.address() + run.length(), mapping.end()) <= 0) {
                return true;
            }
        }
        return false;
    }

    /** Empties pages again. */
    void drop(List<Run> runs) {
        Batch batch = new Batch();
        for (Run run : runs) {
            batch.add("empty", null, Nr.MADVISE, run.address(), run.length(), MADV_DONTNEED);
        }
        batch.run();
    }

    /**
     * Has the process take memory for pages itself, where it can write. When there is none the kernel ends this process;
     * while the daemon takes it for the process, the kernel goes on to end others of the container in vain.
     */
    void populate(List<Run> runs) {
        PtraceScratch.Table table = scratch.table();
        for (Run run : runs) {
            if (table.full(1)) {
                table.run(call);
                table = scratch.table();
            }
            table.add(Nr.MADVISE, run.address(), run.length(), MADV_POPULATE_WRITE);
        }
        table.run(call);
    }

    /** Locks what is to stay in memory, after all pages have come. */
    void lock() {
        Batch batch = new Batch();
        for (MappingImage mapping : layout) {
            if ((mapping.advice() & MappingImage.LOCKED) != 0) {
                batch.add("lock", mapping, Nr.MLOCK, mapping.start(), mapping.length());
            }
        }
        batch.run();
    }

    /** Makes accesses to pages faults, after what locks and fills memory. */
    void guard(List<Run> runs) {
        Batch batch = new Batch();
        for (Run run : runs) {
            batch.add("guard", null, Nr.MADVISE, run.address(), run.length(), MADV_GUARD_INSTALL);
        }
        batch.run();
    }

    /** Calls that all have to succeed, in tables of bounded size. */
    private final class Batch {
        private final List<String> names = new ArrayList<>();
        private PtraceScratch.@org.jspecify.annotations.Nullable Table table;

        void add(String verb, @org.jspecify.annotations.Nullable MappingImage mapping, long number, long... arguments) {
            room().add(number, arguments);
            names.add(
                    mapping == null
                            ? verb + " pages"
                            : verb + " " + Long.toHexString(mapping.start()) + "-" + Long.toHexString(mapping.end())
                                    + " " + mapping.path());
        }

        void name(MappingImage mapping) {
            PtraceScratch.Table current = room();
            long name = current.text(mapping.anonymousName());
            current.add(Nr.PRCTL, PR_SET_VMA, 0, mapping.start(), mapping.length(), name);
            names.add("name");
        }

        private PtraceScratch.Table room() {
            PtraceScratch.Table current = table;
            if (current == null || current.full(1)) {
                run();
                current = scratch.table();
                table = current;
            }
            return current;
        }

        void run() {
            PtraceScratch.Table current = table;
            if (current != null) {
                current.run(call);
                for (int i = 0; i < current.size(); i++) {
                    check(current, i);
                }
            }
            names.clear();
            table = null;
        }

        private void check(PtraceScratch.Table current, int i) throws ErrnoException {
            if (!names.get(i).equals("name")) {
                current.check(i, names.get(i));
            }
        }
    }
}
