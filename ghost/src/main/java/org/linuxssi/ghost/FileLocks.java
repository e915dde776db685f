package org.linuxssi.ghost;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.PtraceCall;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceScratch;

/**
 * Locks of flock(2), which belong to open files. They are handed over: the frozen process lets go and the one that is built
 * takes them, or takes them again when it stays. So a lock for which somebody waits can't move.
 */
final class FileLocks {

    static final int SHARED = 1;
    static final int EXCLUSIVE = 2;
    private static final int WITHOUT_WAITING = 4;
    private static final int UNLOCK = 8;

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
                == RecordLock.of(file).size();
        return simple ? Optional.empty() : Optional.of("a lease on " + file.link());
    }

    /** Returns why the locks of the file can't move. */
    static Optional<String> refusal(OpenFile file) {
        List<String> lines = lines(file);
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        boolean simple = lines.size() == 1
                && whole(lines.getFirst())
                && !lines.getFirst().contains("MANDATORY");
        if (!simple) {
            return Optional.of("a lock on a part of " + file.link() + ", or a lease");
        }
        String inode = ":" + file.inode() + " ";
        boolean wanted =
                ProcFiles.kernelText("locks").lines().anyMatch(line -> line.contains("->") && line.contains(inode));
        return wanted ? Optional.of("a lock on " + file.link() + " for which another process waits") : Optional.empty();
    }

    /** Lets go of the locks. */
    static void release(PtraceProcess process, Map<Integer, Integer> locks) {
        change(process, locks, true);
    }

    /** Takes the locks again. */
    static void take(PtraceProcess process, Map<Integer, Integer> locks) {
        change(process, locks, false);
    }

    private static void change(PtraceProcess process, Map<Integer, Integer> locks, boolean release) {
        if (locks.isEmpty()) {
            return;
        }
        PtraceCall call = process.leader().call();
        long instruction = PtraceCall.findInstruction(ProcFilesMaps.maps(process.pid()), process.memory());
        PtraceScratch scratch = PtraceScratch.map(call, instruction, 0);
        PtraceScratch.Table table = scratch.table();
        locks.forEach((fd, lock) -> table.add(Nr.FLOCK, fd, release ? UNLOCK : lock | WITHOUT_WAITING));
        table.run(call);
        for (int i = 0; i < table.size(); i++) {
            if (table.result(i) < 0) {
                System.getLogger(FileLocks.class.getName())
                        .log(System.Logger.Level.WARNING, "process {0} lost a file lock", process.pid());
            }
        }
        scratch.unmap(call, instruction);
    }
}
