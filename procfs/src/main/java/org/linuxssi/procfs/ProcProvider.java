package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseAttr;
import org.linuxssi.procfs.ProcServices.Batch;
import org.linuxssi.procfs.ProcServices.Listed;
import org.linuxssi.procfs.ProcServices.Question;
import org.linuxssi.procfs.ProcServices.Reply;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Registration;

/** Shows the processes and numbers of this node to the others, from its real procfs. */
public final class ProcProvider implements AutoCloseable {

    private static final int SMALL = 16 << 10;

    /** Bytes of files after which a batch ends; a message takes 16 MiB. */
    private static final int BATCH_LIMIT = 8 << 20;

    /** Files that a process's owner may write from another node. */
    private static final Set<String> WRITABLE = Set.of("oom_score_adj", "oom_adj", "coredump_filter", "autogroup");

    private final DirectoryFd proc;
    private final LocalProcesses processes;
    private final int batchLimit;
    private final List<Registration> services = new ArrayList<>();

    /**
     * Makes a provider.
     *
     * @param proc the procfs of this node's container, mounted anywhere but below a mount of {@link ClusterProcFs}
     */
    public ProcProvider(DirectoryFd proc, LocalProcesses processes) {
        this(proc, processes, BATCH_LIMIT);
    }

    ProcProvider(DirectoryFd proc, LocalProcesses processes, int batchLimit) {
        this.batchLimit = batchLimit;
        this.proc = proc;
        this.processes = processes;
    }

    /** Begins to answer the other nodes. */
    public void serve(Rpc rpc) {
        services.add(rpc.serve(ProcServices.NODE_FILE, (from, name) -> nodeFile(name)));
        services.add(rpc.serve(ProcServices.BATCH, (from, pids) -> batch(pids)));
        services.add(rpc.serve(ProcServices.PROCESS, (from, question) -> answer(question)));
    }

    @Override
    public void close() {
        services.forEach(Registration::close);
    }

    DirectoryFd proc() {
        return proc;
    }

    LocalProcesses processes() {
        return processes;
    }

    Reply nodeFile(String name) {
        if (!NodeFile.find(name).isPresent()) {
            return Reply.of(new ErrnoException("read " + name, Errno.ENOENT));
        }
        try {
            return Reply.of(proc.read(name, ProcServices.FILE_LIMIT));
        } catch (ErrnoException problem) {
            return Reply.of(problem);
        }
    }

    Batch batch(List<Integer> pids) {
        List<ProcessEntry> entries = new ArrayList<>();
        int bytes = 0;
        for (int pid : wanted(pids)) {
            if (bytes > batchLimit) {
                return new Batch(uptime(), true, entries);
            }
            bytes += add(pid, entries);
        }
        return new Batch(uptime(), false, entries);
    }

    private int[] wanted(List<Integer> pids) {
        if (pids.isEmpty()) {
            return processes.pids();
        }
        int first = pids.getFirst();
        return first < 0
                ? Arrays.stream(processes.pids()).filter(pid -> pid > -first).toArray()
                : pids.stream()
                        .mapToInt(Integer::intValue)
                        .filter(processes::isHere)
                        .toArray();
    }

    /** Returns the node's uptime in hundredths of a second. */
    long uptime() {
        String text = new String(proc.read("uptime", 200), StandardCharsets.ISO_8859_1);
        return Uptime.parse(text).up();
    }

    /** Returns the size of what was added. */
    private int add(int pid, List<ProcessEntry> entries) {
        try {
            DirectoryFd.Status owner = proc.status(Integer.toString(pid));
            byte[] stat = stat(pid);
            byte[] statm = proc.read(pid + "/statm", SMALL);
            byte[] status = proc.read(pid + "/status", SMALL);
            byte[] cmdline = proc.read(pid + "/cmdline", ProcessEntry.CMDLINE_LIMIT);
            entries.add(new ProcessEntry(pid, owner.uid(), owner.gid(), stat, statm, status, cmdline));
            return stat.length + statm.length + status.length + cmdline.length;
        } catch (ErrnoException _) {
            return 0;
        }
    }

    /** Returns the file {@code stat} of a process of this node, with the times of its whole life. */
    byte[] stat(int pid) {
        byte[] stat = proc.read(pid + "/stat", SMALL);
        return processes
                .timeShift(pid)
                .map(shift -> StatLine.shift(stat, shift))
                .orElse(stat);
    }

    Reply answer(Question question) {
        try {
            if (!processes.isHere(question.pid())) {
                throw new ErrnoException("find process " + question.pid(), Errno.ESRCH);
            }
            return carryOut(question);
        } catch (ErrnoException problem) {
            return Reply.of(problem);
        }
    }

    private Reply carryOut(Question question) {
        PidItem item = permitted(question);
        String path = question.pid() + "/" + question.path();
        return switch (question.action()) {
            case READ -> Reply.of(proc.read(path, ProcServices.FILE_LIMIT));
            case LINK -> Reply.of(proc.readLink(path).getBytes(StandardCharsets.ISO_8859_1));
            case LIST -> new Reply(0, new byte[0], list(path));
            case WRITE -> write(question, item, path);
        };
    }

    private List<Listed> list(String path) {
        return proc.list(path).stream()
                .map(entry -> new Listed(entry.name(), entry.type()))
                .toList();
    }

    private Reply write(Question question, PidItem item, String path) {
        if (!WRITABLE.contains(item.name()) || !owns(question)) {
            throw new ErrnoException("write " + path, Errno.EACCES);
        }
        if (item.name().startsWith("oom_") && question.uid() != 0 && lowers(question, path)) {
            throw new ErrnoException("write " + path, Errno.EACCES);
        }
        proc.write(path, question.data());
        return Reply.of(new byte[0]);
    }

    private boolean lowers(Question question, String path) {
        return number(question.data()) < number(proc.read(path, 32));
    }

    private static int number(byte[] text) {
        try {
            return Integer.parseInt(new String(text, StandardCharsets.ISO_8859_1).strip());
        } catch (NumberFormatException _) {
            throw new ErrnoException("read a number", Errno.EINVAL);
        }
    }

    /** Returns the item that a path means, when the path is one that we show and the caller may. */
    private PidItem permitted(Question question) {
        String[] parts = question.path().split("/", -1);
        boolean task = parts.length >= 3 && parts[0].equals("task") && ProcNames.pid(parts[1]) > 0;
        int first = task ? 2 : 0;
        PidItem item = PidItem.find(parts[first], task)
                .orElseThrow(() -> new ErrnoException("find " + question.path(), Errno.ENOENT));
        boolean below = parts.length == first + 2 && item.type() == FuseAttr.DIRECTORY && isPlain(parts[first + 1]);
        if (parts.length != first + 1 && !below) {
            throw new ErrnoException("find " + question.path(), Errno.ENOENT);
        }
        if (item.guarded() && !owns(question)) {
            throw new ErrnoException("look at " + question.path(), Errno.EACCES);
        }
        return item;
    }

    private static boolean isPlain(String name) {
        return !name.isEmpty() && !name.startsWith(".");
    }

    private boolean owns(Question question) {
        return question.uid() == 0
                || question.uid()
                        == proc.status(Integer.toString(question.pid())).uid();
    }
}
