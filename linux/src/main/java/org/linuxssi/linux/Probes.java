package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What LinuxSSI needs from the kernel, each tried. */
public final class Probes {

    private static final int UNUSED_CALL = 0x4c53;
    private static final String UPGRADE = "use Linux 6.8 or later";

    private Probes() {}

    /** Returns all of them. */
    public static List<Probe> all() {
        return List.of(
                new Probe("kernel", true, UPGRADE, Probes::kernel),
                new Probe("root", true, "use sudo: the other probes, like the daemon, need root", Probes::root),
                new Probe("name spaces", true, "enable CONFIG_NAMESPACES", ProbesSpaces::nameSpaces),
                new Probe(
                        "network name space",
                        false,
                        "enable CONFIG_NET_NS; the test bed needs it",
                        ProbesSpaces::network),
                new Probe("pid_max", true, "run: sysctl -w kernel.pid_max=4194304", ProbesSpaces::pidMax),
                new Probe("clone3 set_tid", true, "enable CONFIG_CHECKPOINT_RESTORE", Probes::cloneWithPid),
                new Probe("process image", true, "enable CONFIG_CHECKPOINT_RESTORE", Probes::mmMap),
                new Probe("ptrace", true, "run: sysctl -w kernel.yama.ptrace_scope=1", Probes::ptrace),
                new Probe("seccomp notify", true, "enable CONFIG_SECCOMP_FILTER", Probes::seccomp),
                new Probe("pidfd_getfd", true, UPGRADE, Probes::takeDescriptor),
                new Probe(
                        "userfaultfd",
                        false,
                        "enable CONFIG_USERFAULTFD and CONFIG_PTE_MARKER_UFFD_WP; without it"
                                + " processes move by stop and copy only",
                        Probes::userfault),
                new Probe(
                        "PAGEMAP_SCAN",
                        false,
                        "use Linux 6.7 or later; without it processes move by stop and copy" + " only",
                        Probes::pagemapScan),
                new Probe("FUSE", true, "run: modprobe fuse", ProbesSpaces::fuse),
                new Probe(
                        "cgroup",
                        false,
                        "mount cgroup2 at /sys/fs/cgroup; without it programs have no cgroup of" + " their own",
                        ProbesSpaces::cgroup),
                new Probe(
                        "clock",
                        false,
                        "run a time service, for example chrony; certificates and logs depend on it",
                        Probes::clock));
    }

    private static String kernel() throws IOException {
        String release = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        String machine = System.getProperty("os.arch");
        Matcher numbers = Pattern.compile("([0-9]+)\\.([0-9]+).*").matcher(release);
        boolean recent = numbers.matches()
                && Integer.parseInt(numbers.group(1)) * 1000 + Integer.parseInt(numbers.group(2)) >= 6008;
        if (!recent || !machine.equals("amd64")) {
            throw new IllegalStateException(release + " on " + machine + ", needed is 6.8 on amd64");
        }
        return release;
    }

    private static String root() {
        long user = Syscalls.call(Nr.GETEUID);
        if (user != 0) {
            throw new IllegalStateException("user " + user);
        }
        return "user 0";
    }

    /** Asks for pid 1, which is taken: a kernel that could not choose pids would give another error. */
    private static String cloneWithPid() {
        try (Arena arena = Arena.ofConfined()) {
            // struct clone_args, include/uapi/linux/sched.h: set_tid at 64, set_tid_size at 72, exit_signal at 32
            MemorySegment arguments = arena.allocate(88, 8);
            MemorySegment pid = arena.allocateFrom(JAVA_INT, 1);
            arguments.set(JAVA_LONG, 32, 17);
            arguments.set(JAVA_LONG, 64, pid.address());
            arguments.set(JAVA_LONG, 72, 1);
            long result = Syscalls.call(Nr.CLONE3, arguments.address(), arguments.byteSize());
            if (result != -Errno.EEXIST.number()) {
                Syscalls.check("clone3 with a chosen pid", result);
            }
            return "the pid can be chosen";
        }
    }

    private static String mmMap() {
        try (Arena arena = Arena.ofConfined()) {
            // include/uapi/linux/prctl.h: PR_SET_MM 35, PR_SET_MM_MAP_SIZE 15
            MemorySegment size = arena.allocate(4, 4);
            Syscalls.check("prctl PR_SET_MM_MAP_SIZE", Syscalls.call(Nr.PRCTL, 35, 15, size.address(), 0, 0));
            return "PR_SET_MM_MAP of " + Syscalls.word(size) + " bytes";
        }
    }

    private static String ptrace() throws IOException {
        Path scope = Path.of("/proc/sys/kernel/yama/ptrace_scope");
        String value = Files.exists(scope) ? Files.readString(scope).strip() : "0";
        if (value.equals("3")) {
            throw new IllegalStateException("forbidden for everybody by ptrace_scope 3, until the next boot");
        }
        return "ptrace_scope " + value;
    }

    private static String seccomp() {
        try (Arena arena = Arena.ofConfined()) {
            byte[] program = new SeccompFilter()
                    .load(SeccompFilter.NUMBER)
                    .differs(UNUSED_CALL, "other")
                    .answer(SeccompFilter.NOTIFY)
                    .label("other")
                    .answer(SeccompFilter.ALLOW)
                    .toBytes();
            MemorySegment filter = Syscalls.bytes(arena, program);
            // struct sock_fprog, include/uapi/linux/filter.h: count of 8-byte instructions, pointer
            MemorySegment description = arena.allocate(16, 8);
            description.set(JAVA_SHORT, 0, (short) (program.length / 8));
            description.set(JAVA_LONG, 8, filter.address());
            // include/uapi/linux/seccomp.h: SECCOMP_SET_MODE_FILTER 1, SECCOMP_FILTER_FLAG_NEW_LISTENER 8
            long listener = Syscalls.check("seccomp", Syscalls.call(Nr.SECCOMP, 1, 8, description.address()));
            // SECCOMP_IOCTL_NOTIF_SET_FLAGS with SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
            long fast = Syscalls.call(Nr.IOCTL, listener, 0x40082104L, 1);
            Syscalls.call(Nr.CLOSE, listener);
            Syscalls.check("SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP", fast);
            return "a filter with listener, synchronous wake-up";
        }
    }

    private static String takeDescriptor() {
        int null0 = Fds.open("/dev/null", Fds.O_RDONLY | Fds.O_CLOEXEC);
        try (PidFd self = PidFd.open((int) ProcessHandle.current().pid())) {
            Fds.close(self.take(null0));
            return "took a descriptor";
        } finally {
            Fds.close(null0);
        }
    }

    private static String userfault() {
        int fd = (int) Syscalls.check("userfaultfd", Syscalls.call(Nr.USERFAULTFD, Fds.O_CLOEXEC));
        try (Arena arena = Arena.ofConfined()) {
            // include/uapi/linux/userfaultfd.h: struct uffdio_api, UFFD_API, UFFD_FEATURE_WP_ASYNC, UFFDIO_API
            MemorySegment api = arena.allocate(24, 8);
            api.set(JAVA_LONG, 0, 0xaa);
            api.set(JAVA_LONG, 8, 1 << 15);
            Syscalls.check("UFFDIO_API with WP_ASYNC", Syscalls.call(Nr.IOCTL, fd, 0xc018aa3fL, api.address()));
            return "asynchronous write protection";
        } finally {
            Fds.close(fd);
        }
    }

    private static String pagemapScan() {
        int fd = Fds.open("/proc/self/pagemap", Fds.O_RDONLY | Fds.O_CLOEXEC);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(4096, 4096).fill((byte) 1);
            MemorySegment regions = arena.allocate(24, 8);
            // include/uapi/linux/fs.h: struct pm_scan_arg, PAGE_IS_PRESENT 8, PAGEMAP_SCAN
            MemorySegment scan = arena.allocate(96, 8);
            scan.set(JAVA_LONG, 0, scan.byteSize());
            scan.set(JAVA_LONG, 16, page.address());
            scan.set(JAVA_LONG, 24, page.address() + page.byteSize());
            scan.set(JAVA_LONG, 40, regions.address());
            scan.set(JAVA_LONG, 48, 1);
            scan.set(JAVA_LONG, 80, 8);
            scan.set(JAVA_LONG, 88, 8);
            long found = Syscalls.check("PAGEMAP_SCAN", Syscalls.call(Nr.IOCTL, fd, 0xc0606610L, scan.address()));
            return "found " + found + " range";
        } finally {
            Fds.close(fd);
        }
    }

    private static String clock() {
        try (Arena arena = Arena.ofConfined()) {
            // struct timex of 208 bytes; include/uapi/linux/timex.h: TIME_ERROR 5
            long state = Syscalls.check(
                    "adjtimex",
                    Syscalls.call(Nr.ADJTIMEX, arena.allocate(208, 8).address()));
            if (state == 5) {
                throw new IllegalStateException("the clock is not synchronized");
            }
            return "synchronized";
        }
    }
}
