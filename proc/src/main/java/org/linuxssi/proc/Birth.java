package org.linuxssi.proc;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Mounts;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.ProcessIdentity;
import org.linuxssi.linux.Spawn;
import org.linuxssi.linux.Syscalls;

/**
 * Makes name spaces and starts init in them.
 *
 * <p>A thread of its own leaves our name spaces, starts init, and ends: a thread that has unshared its pid name space can
 * make no other thread. Init's file holds its first calls, since nobody can tell it anything before it has installed the
 * filter; we see that it has by reading the result from its memory.
 */
final class Birth {

    private static final int NAMESPACES = 0x0002_0000 | 0x0400_0000 | 0x0800_0000 | 0x2000_0000;
    private static final String NAME = "linuxssi-init";
    private static final int PR_SET_NAME = 15;
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration STEP = Duration.ofMillis(1);

    private Birth() {}

    /**
     * Init, just made.
     *
     * @param init its identity on the host
     * @param listener its descriptor of the listener
     */
    record Newborn(ProcessIdentity init, int listener) {}

    static Newborn start(PidRange range, ContainerOptions options) {
        int[] install = new int[1];
        byte[] image = AgentImage.file(table -> {
            table.may(Nr.SETSID);
            table.may(Nr.PRCTL, PR_SET_NAME, table.text(NAME));
            table.may(Nr.CLOSE_RANGE, 3, 0xffff_ffffL, 0);
            install[0] = NodeFilter.of(range).installBy(table);
        });
        int file = Fds.executable("linuxssi-agent", image);
        try {
            int pid = spawn(file, options);
            ProcessIdentity identity =
                    ProcessIdentity.of(pid).orElseThrow(() -> new IllegalStateException("init ended before it ran"));
            try {
                return new Newborn(identity, awaitListener(identity, install[0]));
            } catch (RuntimeException problem) {
                identity.signal(ProcessIdentity.SIGKILL);
                throw problem;
            }
        } finally {
            Fds.close(file);
        }
    }

    private static int spawn(int file, ContainerOptions options) {
        FutureTask<Integer> task = new FutureTask<>(() -> {
            Syscalls.check("unshare name spaces", Syscalls.call(Nr.UNSHARE, NAMESPACES));
            int propagation = options.followHost() ? Mounts.SLAVE : Mounts.PRIVATE;
            Mounts.mount("none", Path.of("/"), "", Mounts.RECURSIVE | propagation, "");
            setHostname(options.hostname());
            HostsFile.mount(options);
            String path = "/proc/" + ProcessHandle.current().pid() + "/fd/" + file;
            return Spawn.start(path, List.of(NAME), Map.of(), Path.of("/"), Path.of("/dev/null"));
        });
        Thread.ofPlatform().name("container-birth").daemon().start(task);
        try {
            return task.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("start init: interrupted", interrupted);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("start init", failed.getCause());
        }
    }

    private static void setHostname(String name) {
        try (var arena = Arena.ofConfined()) {
            var text = Syscalls.text(arena, name);
            Syscalls.check("sethostname", Syscalls.call(Nr.SETHOSTNAME, text.address(), text.byteSize() - 1));
        }
    }

    /** Polls, for init has no other way to say that it is there. */
    private static int awaitListener(ProcessIdentity init, int entry) {
        long address = AgentImage.DATA_AT + AgentImage.TABLE + (long) entry * AgentImage.ENTRY_SIZE + AgentImage.RESULT;
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < end && init.alive()) {
            long result = word(init.pid(), address);
            if (result != AgentImage.NOT_RUN) {
                return (int) Syscalls.check("install the seccomp filter in init", result);
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
        throw new IllegalStateException("init did not install the seccomp filter: see krg doctor");
    }

    private static long word(int pid, long address) {
        try {
            return ByteBuffer.wrap(AgentMemory.read(pid, address, 8))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
        } catch (ErrnoException notYet) {
            if (notYet.errno() == Errno.EFAULT) {
                return AgentImage.NOT_RUN;
            }
            throw notYet;
        }
    }

    /** Takes a descriptor from init. */
    static int take(ProcessIdentity init, int descriptor) {
        try (PidFd process = PidFd.open(init.pid())) {
            return process.take(descriptor);
        }
    }
}
