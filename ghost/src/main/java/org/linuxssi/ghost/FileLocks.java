package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceScratch;

/**
 * Locks of flock(2), which belong to open files, and on parts of files. They are handed over: the frozen process lets go and the one that is built
 * takes them, or takes them again when it stays. So a lock for which somebody waits can't move.
 */
final class FileLocks {

    static final int SHARED = 1;
    static final int EXCLUSIVE = 2;
    private static final int WITHOUT_WAITING = 4;
    private static final int UNLOCK = 8;
    private static final long PATIENCE = 2_000_000_000;
    private static final long PAUSE = 5_000_000;

    private FileLocks() {}

    private static List<String> lines(OpenFile file) {
        return file.extra().stream().filter(line -> line.startsWith("lock:")).toList();
    }

    private static boolean whole(String line) {
        return line.contains("FLOCK");
    }

    /** Returns LOCK_SH, LOCK_EX, or 0 when the file holds no lock. */
    static int of(OpenFile file) {
        return lines(file).stream()
                .filter(FileLocks::whole)
                .findFirst()
                .map(line -> line.contains(" WRITE ") ? EXCLUSIVE : SHARED)
                .orElse(0);
    }

    /** Returns why the locks of the file can't be saved. */
    static Optional<String> refusalOfCopy(OpenFile file) {
        boolean simple = lines(file).stream().filter(line -> !whole(line)).count()
                == RecordLock.all(file).size();
        return simple ? Optional.empty() : Optional.of("a lease on " + file.link());
    }

    /** Returns why the locks of the file can't move. */
    static Optional<String> refusal(OpenFile file) {
        if (lines(file).isEmpty()) {
            return Optional.empty();
        }
        Optional<String> kind = refusalOfCopy(file);
        if (kind.isPresent()) {
            return kind;
        }
        String inode = ":" + file.inode() + " ";
        boolean wanted =
                ProcFiles.kernelText("locks").lines().anyMatch(line -> line.contains("->") && line.contains(inode));
        return wanted ? Optional.of("a lock on " + file.link() + " for which another process waits") : Optional.empty();
    }

    /**
     * The locks of a process.
     *
     * @param whole those of flock(2), by descriptor: LOCK_SH or LOCK_EX
     * @param parts those on parts of files
     */
    record Held(Map<Integer, Integer> whole, List<RecordLock> parts) {
        static final Held NONE = new Held(Map.of(), List.of());

        Held {
            whole = Map.copyOf(whole);
            parts = List.copyOf(parts);
        }

        boolean isEmpty() {
            return whole.isEmpty() && parts.isEmpty();
        }
    }

    /** Lets go of the locks. */
    static void release(PtraceProcess process, Held locks) {
        change(process, locks, true);
    }

    /** Takes the locks again. What was built where it was to go may have them for a moment longer. */
    static void take(PtraceProcess process, Held locks) {
        change(process, locks, false);
    }

    private static void change(PtraceProcess process, Held locks, boolean release) {
        if (locks.isEmpty()) {
            return;
        }
        PtraceCall call = process.leader().call();
        long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(process.pid()), process.memory());
        PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
        List<Consumer<PtraceScratch.Table>> left = failed(calls(locks, release), scratch, call);
        for (long end = System.nanoTime() + PATIENCE; !left.isEmpty() && System.nanoTime() < end; ) {
            LockSupport.parkNanos(PAUSE);
            left = failed(left, scratch, call);
        }
        if (!left.isEmpty()) {
            System.getLogger(FileLocks.class.getName())
                    .log(System.Logger.Level.WARNING, "process {0} lost {1} locks", process.pid(), left.size());
        }
        scratch.unmap(call, instruction);
    }

    private static List<Consumer<PtraceScratch.Table>> calls(Held locks, boolean release) {
        List<Consumer<PtraceScratch.Table>> calls = new ArrayList<>();
        locks.whole()
                .forEach((fd, lock) ->
                        calls.add(table -> table.add(Nr.FLOCK, fd, release ? UNLOCK : lock | WITHOUT_WAITING)));
        locks.parts().forEach(lock -> calls.add(table -> lock.add(table, release)));
        return calls;
    }

    /** Has the process make calls; returns those that failed. */
    private static List<Consumer<PtraceScratch.Table>> failed(
            List<Consumer<PtraceScratch.Table>> calls, PtraceScratch scratch, PtraceCall call) {
        List<Consumer<PtraceScratch.Table>> failed = new ArrayList<>();
        for (int at = 0; at < calls.size(); ) {
            PtraceScratch.Table table = scratch.table();
            int first = at;
            while (at < calls.size() && !table.full(1)) {
                calls.get(at++).accept(table);
            }
            table.run(call);
            for (int i = first; i < at; i++) {
                if (table.result(i - first) < 0) {
                    failed.add(calls.get(i));
                }
            }
        }
        return failed;
    }
}
