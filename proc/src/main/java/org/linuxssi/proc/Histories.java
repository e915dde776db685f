package org.linuxssi.proc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.TimeSource;

/**
 * The past of processes that came from other nodes, by pid. It is kept in a file too, for the daemon that takes the
 * container over.
 */
final class Histories implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Histories.class.getName());
    private static final int START = 22;
    private static final int TICK_MILLIS = 10;
    private static final int NUMBERS = 8;
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** The past of a process: its start by the calendar, and what that means for the numbers of this node's kernel. */
    private record Past(long startMillis, TimeShift shift) {

        String line(int pid) {
            CpuTimes more = shift.more();
            return String.join(
                    " ",
                    Integer.toString(pid),
                    Long.toString(startMillis),
                    Long.toString(shift.nativeStart()),
                    Long.toString(shift.start()),
                    Long.toString(more.user()),
                    Long.toString(more.system()),
                    Long.toString(more.childrenUser()),
                    Long.toString(more.childrenSystem()));
        }
    }

    private final Path file;
    private final LongSupplier bootMillis;
    private final Map<Integer, Past> byPid = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * Reads what a former daemon left.
     *
     * @param directory where the file is
     * @param bootMillis tells when this node was started, in milliseconds since 1970
     */
    Histories(Path directory, LongSupplier bootMillis) {
        file = file(directory);
        this.bootMillis = bootMillis;
        load();
    }

    private static Path file(Path directory) {
        return directory.resolve("histories");
    }

    /** Tells when this node was started, by its clock of now. */
    static long bootMillis() {
        String uptime = ProcFiles.kernelText("uptime");
        double seconds = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
        return System.currentTimeMillis() - Math.round(seconds * 1000);
    }

    /**
     * Returns the past of a process of this node, up to now.
     *
     * @throws ErrnoException ESRCH when it does not exist
     */
    History of(int pid, int hostPid) {
        ProcFiles.Stat stat = ProcFiles.stat(hostPid);
        long start = stat.field(START);
        CpuTimes here = CpuTimes.of(stat);
        return find(pid, start)
                .map(past -> new History(here.plus(past.shift().more()), past.startMillis(), List.of()))
                .orElseGet(() -> new History(here, bootMillis.getAsLong() + start * TICK_MILLIS, List.of()));
    }

    private Optional<Past> find(int pid, long start) {
        return Optional.ofNullable(byPid.get(pid)).filter(past -> past.shift().nativeStart() == start);
    }

    /**
     * A process with this past goes on here; what the kernel counted of the agent in its place does not count. It is not
     * in the file before {@link #save}.
     */
    void put(int pid, int hostPid, History history) {
        try {
            ProcFiles.Stat stat = ProcFiles.stat(hostPid);
            CpuTimes more = history.used().minus(CpuTimes.of(stat));
            long start = Math.max(0, (history.startMillis() - bootMillis.getAsLong()) / TICK_MILLIS);
            TimeShift shift = new TimeShift(stat.field(START), more, start);
            byPid.put(pid, new Past(history.startMillis(), shift));
        } catch (ErrnoException killed) {
            LOG.log(Level.DEBUG, "pid {0} was killed while it arrived: {1}", pid, killed.getMessage());
        }
    }

    /** The process is not here any more. */
    void remove(int pid) {
        if (byPid.remove(pid) != null) {
            save();
        }
    }

    /**
     * The process has ended; its past is dropped when it is no zombie any more.
     *
     * @param hostPids finds the process that has a pid now
     */
    void ended(int pid, TimeSource time, IntFunction<Optional<Integer>> hostPids) {
        Optional<TimeShift> shift = shift(pid);
        if (closed || shift.isEmpty()) {
            return;
        }
        if (hostPids.apply(pid).filter(hostPid -> began(hostPid, shift.get())).isPresent()) {
            time.after(LOOK, () -> ended(pid, time, hostPids));
        } else {
            remove(pid);
        }
    }

    private static boolean began(int hostPid, TimeShift shift) {
        try {
            return ProcFiles.stat(hostPid).field(START) == shift.nativeStart();
        } catch (ErrnoException gone) {
            return false;
        }
    }

    Optional<TimeShift> shift(int pid) {
        return Optional.ofNullable(byPid.get(pid)).map(Past::shift);
    }

    /** Nothing is written any more: the next daemon does. */
    @Override
    public void close() {
        closed = true;
    }

    /** Writes down all for the next daemon. */
    synchronized void save() {
        if (closed) {
            return;
        }
        List<String> lines = byPid.entrySet().stream()
                .map(e -> e.getValue().line(e.getKey()))
                .toList();
        Path fresh = file.resolveSibling("histories.new");
        try {
            Files.write(fresh, lines);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "the next daemon will not know the past of moved processes", problem);
        }
    }

    private void load() {
        if (!Files.exists(file)) {
            return;
        }
        try {
            Files.readAllLines(file).forEach(this::load);
        } catch (IOException | NumberFormatException problem) {
            LOG.log(Level.WARNING, "the past of moved processes is lost", problem);
        }
    }

    private void load(String line) {
        long[] n = Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
        if (n.length == NUMBERS) {
            TimeShift shift = new TimeShift(n[2], new CpuTimes(n[4], n[5], n[6], n[7]), n[3]);
            byPid.put((int) n[0], new Past(n[1], shift));
        }
    }

    static void delete(Path directory) {
        try {
            Files.deleteIfExists(file(directory));
        } catch (IOException problem) {
            throw new UncheckedIOException("delete " + file(directory), problem);
        }
    }
}
