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

    /** Opens the name space of a process that is given by its pid here. */
    public PidNumbers(int hostPid) {
        namespace = Fds.open("/proc/" + hostPid + "/ns/pid", Fds.O_RDONLY);
    }

    /** Returns the number here of a process or thread of the name space. */
    public Optional<Integer> toHost(int pid) {
        long result = Syscalls.call(Nr.IOCTL, namespace, FROM_NAMESPACE, pid);
        return result == -Errno.ENOTTY.number() ? scan(pid) : number(result);
    }

    /** Returns the number in the name space of a process or thread. */
    public Optional<Integer> fromHost(int hostPid) {
        long result = Syscalls.call(Nr.IOCTL, namespace, IN_NAMESPACE, hostPid);
        return result == -Errno.ENOTTY.number() ? innermost(hostPid) : number(result);
    }

    private static Optional<Integer> number(long result) {
        return result <= 0 ? Optional.empty() : Optional.of((int) result);
    }

    private static Optional<Integer> innermost(int hostPid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + hostPid + "/status"))) {
                if (line.startsWith("NSpid:")) {
                    String[] numbers = line.split("\\s+");
                    return Optional.of(Integer.parseInt(numbers[numbers.length - 1]));
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
                if (sameNamespace(hostPid) && innermost(hostPid).equals(Optional.of(pid))) {
                    return Optional.of(hostPid);
                }
            }
            return Optional.empty();
        } catch (IOException problem) {
            return Optional.empty();
        }
    }

    private boolean sameNamespace(int hostPid) {
        try {
            return Files.getAttribute(Path.of("/proc/" + hostPid + "/ns/pid"), "unix:ino")
                    .equals(Files.getAttribute(Path.of("/proc/self/fd/" + namespace), "unix:ino"));
        } catch (IOException gone) {
            return false;
        }
    }

    @Override
    public void close() {
        Fds.close(namespace);
    }
}
