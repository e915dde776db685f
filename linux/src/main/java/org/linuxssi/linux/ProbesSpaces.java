package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Probes that make name spaces or mounts; they end with the thread of the probe. */
final class ProbesSpaces {

    // include/uapi/linux/sched.h
    private static final long NEWNS = 0x00020000;
    private static final long NEWUTS = 0x04000000;
    private static final long NEWIPC = 0x08000000;
    private static final long NEWPID = 0x20000000;
    private static final long NEWNET = 0x40000000;

    private static final Path PID_MAX = Path.of("/proc/sys/kernel/pid_max");
    private static final int WANTED_PID_MAX = 4194304;
    private static final Path CGROUP = Path.of("/sys/fs/cgroup");

    private ProbesSpaces() {}

    private static void unshare(String what, long flags) {
        Syscalls.check("unshare " + what, Syscalls.call(Nr.UNSHARE, flags));
    }

    static String nameSpaces() {
        unshare("mount, uts, ipc and pid name spaces", NEWNS | NEWUTS | NEWIPC | NEWPID);
        return "pid, mount, ipc, uts";
    }

    static String network() {
        unshare("network name space", NEWNET);
        return "made one";
    }

    /** A new pid name space can have its own limit since Linux 6.14; before, the only limit is changed and put back. */
    static String pidMax() throws IOException {
        String before = Files.readString(PID_MAX).strip();
        if (Integer.parseInt(before) == WANTED_PID_MAX) {
            return before + " for all";
        }
        unshare("pid name space", NEWPID);
        int status = shell("echo %1$d > %2$s && test \"$(cat %2$s)\" = %1$d".formatted(WANTED_PID_MAX, PID_MAX));
        String after = Files.readString(PID_MAX).strip();
        if (!after.equals(before)) {
            Files.writeString(PID_MAX, before);
            throw new IllegalStateException(
                    "pid name spaces have no limit of their own, and the only one is " + before);
        }
        if (status != 0) {
            throw new IllegalStateException("a new pid name space does not take " + WANTED_PID_MAX);
        }
        return WANTED_PID_MAX + " in a pid name space of its own";
    }

    private static int shell(String script) {
        int pid = Spawn.start(
                List.of("/bin/sh", "-c", script), Map.of("PATH", "/usr/bin:/bin"), Path.of("/"), Path.of("/dev/null"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            long result;
            do {
                result = Syscalls.call(Nr.WAIT4, pid, status.address(), 0, 0);
            } while (result == -Errno.EINTR.number());
            Syscalls.check("wait4", result);
            return status.get(JAVA_INT, 0);
        }
    }

    static String fuse() throws IOException {
        int fd = Fds.open("/dev/fuse", Fds.O_RDWR | Fds.O_CLOEXEC);
        Path directory = Files.createTempDirectory("krg-doctor");
        try {
            unshare("mount name space", NEWNS);
            Mounts.mount("none", Path.of("/"), "", Mounts.RECURSIVE | Mounts.PRIVATE, "");
            Mounts.mount(
                    "krg-doctor",
                    directory,
                    "fuse",
                    Mounts.NOSUID | Mounts.NODEV,
                    "fd=" + fd + ",rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions");
            return "mounted one";
        } finally {
            Fds.close(fd);
            unmountAndDelete(directory);
        }
    }

    private static void unmountAndDelete(Path directory) throws IOException {
        try {
            Mounts.unmount(directory);
        } catch (ErrnoException notMounted) {
            Files.deleteIfExists(directory);
            return;
        }
        Files.deleteIfExists(directory);
    }

    static String cgroup() throws IOException {
        if (!Files.exists(CGROUP.resolve("cgroup.controllers"))) {
            throw new IllegalStateException(CGROUP + " is no cgroup2 file system");
        }
        Path directory = Files.createDirectory(
                CGROUP.resolve("krg-doctor-" + ProcessHandle.current().pid()));
        Files.delete(directory);
        return "version 2";
    }
}
