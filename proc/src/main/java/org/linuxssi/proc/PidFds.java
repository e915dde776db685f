package org.linuxssi.proc;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.tools.TimeSource;

/**
 * The processes with pids of other nodes that programs here may have descriptors of ({@code pidfd_open(2)}): their proxies
 * are needed, since a descriptor tells of the end of the very process that it was made of.
 */
final class PidFds {

    /** A call that was let go on has made its descriptor by then. */
    private static final Duration MADE = Duration.ofSeconds(10);

    private static final Pattern DIRECTORY = Pattern.compile(".*/proc/([1-9][0-9]{0,6})");

    private final Container container;
    private final TimeSource time;
    private final Map<Integer, Long> opened = new ConcurrentHashMap<>();

    PidFds(Container container, TimeSource time) {
        this.container = container;
        this.time = time;
    }

    /** A program is about to make a descriptor of a process, or may have done so. */
    void opened(int pid) {
        opened.put(pid, time.nanos());
    }

    /** Tells whether a program here has a descriptor of a process; looks at all descriptors when there ever was one. */
    boolean isOpen(int pid) {
        Long since = opened.get(pid);
        if (since == null) {
            return false;
        }
        if (time.nanos() - since < MADE.toNanos()) {
            return true;
        }
        Optional<Integer> hostPid = container.numbers().toHost(pid);
        boolean open = hostPid.isPresent() && container.processes().stream().anyMatch(one -> has(one, hostPid.get()));
        if (!open) {
            opened.remove(pid, since);
        }
        return open;
    }

    private static boolean has(int holder, int hostPid) {
        try {
            return ProcFiles.descriptors(holder).stream()
                    .anyMatch(fd -> of(holder, fd).equals(Optional.of(hostPid)));
        } catch (ErrnoException gone) {
            return false;
        }
    }

    /**
     * Returns the process whose directory in the cluster's {@code /proc} a descriptor is of; the kernel takes that of its
     * own for a descriptor of the process. Nothing when it is of something else.
     */
    static Optional<Integer> ofDirectory(int holder, int fd) {
        try {
            Matcher path = DIRECTORY.matcher(ProcFiles.link(holder, "fd/" + fd));
            boolean ours = path.matches()
                    && ProcFiles.fileSystem(holder, ProcFiles.fdinfo(holder, fd).mount())
                            .equals(Optional.of("fuse"));
            return ours ? Optional.of(Integer.valueOf(path.group(1))) : Optional.empty();
        } catch (ErrnoException gone) {
            return Optional.empty();
        }
    }

    /** Returns the host pid of the process that a descriptor is of; nothing when it is of something else. */
    static Optional<Integer> of(int holder, int fd) {
        try {
            if (!ProcFiles.link(holder, "fd/" + fd).contains("pidfd")) {
                return Optional.empty();
            }
            List<String> lines = ProcFiles.fdinfo(holder, fd).extra();
            return lines.stream()
                    .filter(line -> line.startsWith("Pid:"))
                    .map(line -> Integer.parseInt(line.substring(4).trim()))
                    .findFirst();
        } catch (ErrnoException gone) {
            return Optional.empty();
        }
    }
}
