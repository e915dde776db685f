package org.linuxssi.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Translates pids between a pid name space and the one above it ({@code linux/nsfs.h}).
 *
 * <p>Kernels since 6.11 do it by an ioctl on the name space; older ones have it in {@code /proc/PID/status}.
 */
public final class PidNumbers implements AutoCloseable {

    private static final long FROM_NAMESPACE = 0x8004b706L;
    private static final long IN_NAMESPACE = 0x8004b708L;

    private final int namespace;
    private final Optional<Identity> identity;

    /** What tells a name space from all others ({@code ioctl_ns(2)}). */
    private record Identity(long device, long inode) {
        static Optional<Identity> of(String path) {
            return ProcFilesStat.known(path).map(status -> new Identity(status.device(), status.inode()));
        }
    }

    /** Opens the name space of a process that is given by its pid here. */
    public PidNumbers(int hostPid) {
        namespace = Fds.open("/proc/" + hostPid + "/ns/pid", Fds.O_RDONLY);
        identity = Identity.of("/proc/self/fd/" + namespace);
    }

    /** Returns the number here of a process or thread of the name space. */
    public Optional<Integer> toHost(int pid) {
        long result = Syscalls.call(Nr.IOCTL, namespace, FROM_NAMESPACE, pid);
        return result == -Errno.ENOTTY.number() ? scan(pid) : number(result);
    }

    /** Returns the number in the name space of a process or thread. */
    public Optional<Integer> fromHost(int hostPid) {
        long result = Syscalls.call(Nr.IOCTL, namespace, IN_NAMESPACE, hostPid);
        return result == -Errno.ENOTTY.number() ? below(hostPid) : number(result);
    }

    private static Optional<Integer> number(long result) {
        return result <= 0 ? Optional.empty() : Optional.of((int) result);
    }

    /**
     * Tells whether a thread, given by its number here, numbers processes in this name space and not in one that was made
     * inside it; one that is gone is taken to.
     */
    public boolean areThoseOf(int hostThread) {
        Optional<Identity> own = Identity.of("/proc/" + hostThread + "/ns/pid");
        return own.isEmpty() || own.equals(identity);
    }

    /**
     * Returns the number in the name space right below ours, from a line of {@code /proc/PID/status} that lists one for each
     * name space, ours first.
     */
    public static int below(String words) {
        String[] numbers = words.trim().split("\\s+");
        return Integer.parseInt(numbers[Math.min(1, numbers.length - 1)]);
    }

    private static Optional<Integer> below(int hostPid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + hostPid + "/status"))) {
                if (line.startsWith("NSpid:")) {
                    return Optional.of(below(line.substring("NSpid:".length())));
                }
            }
            return Optional.empty();
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    private Optional<Integer> scan(int pid) {
        try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                int hostPid = Integer.parseInt(entry.getFileName().toString());
                if (areThoseOf(hostPid) && below(hostPid).equals(Optional.of(pid))) {
                    return Optional.of(hostPid);
                }
            }
            return Optional.empty();
        } catch (IOException problem) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        Fds.close(namespace);
    }
}
