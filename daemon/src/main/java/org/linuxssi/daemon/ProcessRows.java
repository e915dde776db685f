package org.linuxssi.daemon;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.proc.CpuTimes;
import org.linuxssi.proc.PidRange;
import org.linuxssi.proc.TimeShift;
import org.linuxssi.procfs.LocalProcesses;
import org.linuxssi.tools.NodeId;

/** The processes of this node as {@code krg ps} shows them, read from the container's real procfs (proc(5)). */
final class ProcessRows {

    private static final int LIMIT = 1 << 14;
    private static final int PAGE = 4096;
    private static final int TICK_MILLIS = 10;

    /** Stopped by a tracer, as the source's copy of a process that runs at its target already. */
    private static final char FROZEN = 't';

    private final NodeId self;
    private final DirectoryFd procfs;
    private final LocalProcesses processes;

    ProcessRows(NodeId self, DirectoryFd procfs, LocalProcesses processes) {
        this.self = self;
        this.procfs = procfs;
        this.processes = processes;
    }

    /** Returns a row for each process; those that end meanwhile are left out. */
    List<ProcessRow> all() {
        long boot = bootMillis();
        return Arrays.stream(processes.pids())
                .mapToObj(pid -> row(pid, boot))
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<ProcessRow> row(int pid, long boot) {
        try {
            String stat = text(pid + "/stat");
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            Times times = times(pid, fields);
            return Optional.of(new ProcessRow(
                    pid,
                    Integer.parseInt(fields[1]),
                    Integer.parseInt(fields[2]),
                    Integer.parseInt(fields[3]),
                    procfs.status(Integer.toString(pid)).uid(),
                    self,
                    PidRange.homeOf(pid),
                    fields[0].charAt(0),
                    times.used() * TICK_MILLIS,
                    Long.parseLong(fields[21]) * PAGE,
                    Integer.parseInt(fields[17]),
                    boot + times.start() * TICK_MILLIS,
                    command(pid, stat)));
        } catch (ErrnoException _) {
            return Optional.empty();
        }
    }

    /**
     * Times in clock ticks.
     *
     * @param used processor time
     * @param start since boot
     */
    private record Times(long used, long start) {}

    private Times times(int pid, String[] fields) {
        CpuTimes here = new CpuTimes(Long.parseLong(fields[11]), Long.parseLong(fields[12]), 0, 0);
        long start = Long.parseLong(fields[19]);
        Optional<TimeShift> shift = processes.timeShift(pid).filter(known -> known.nativeStart() == start);
        CpuTimes all = shift.map(known -> here.plus(known.more())).orElse(here);
        return new Times(all.user() + all.system(), shift.map(TimeShift::start).orElse(start));
    }

    private String command(int pid, String stat) {
        String line = text(pid + "/cmdline").replace('\0', ' ').strip();
        return line.isEmpty() ? '[' + stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')')) + ']' : line;
    }

    private long bootMillis() {
        String uptime = text("uptime");
        double seconds = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
        return System.currentTimeMillis() - (long) (seconds * 1000);
    }

    private String text(String path) {
        return new String(procfs.read(path, LIMIT), StandardCharsets.UTF_8);
    }

    /**
     * Returns these rows and those, by pid; a process that moves right now is listed where it runs, and init, which each node
     * has, once.
     */
    static List<ProcessRow> merge(Collection<List<ProcessRow>> parts) {
        Map<Integer, ProcessRow> all = new TreeMap<>();
        parts.forEach(rows ->
                rows.forEach(row -> all.merge(row.pid(), row, (one, other) -> one.state() == FROZEN ? other : one)));
        return List.copyOf(all.values());
    }
}
