package org.linuxssi.proc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidNumbers;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Syscalls;

/**
 * Finds the threads of a container, and makes those that wait in a notified call make it again.
 *
 * <p>A call that a former daemon received and never answered can't be received a second time. A short ptrace stop
 * interrupts it, and the kernel then restarts it ({@code ptrace(2)}, {@code seccomp_unotify(2)}); no signal is sent, so
 * it works for agents, which block them all.
 */
final class NotifiedThreads {

    private static final int PTRACE_DETACH = 17;
    private static final int PTRACE_SEIZE = 0x4206;
    private static final int PTRACE_INTERRUPT = 0x4207;
    private static final int WALL = 0x40000000;

    private NotifiedThreads() {}

    /** Returns the processes of the container by their host pids. */
    static List<Integer> processes(PidNumbers numbers) {
        List<Integer> found = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                int pid = Integer.parseInt(entry.getFileName().toString());
                if (numbers.fromHost(pid).isPresent()) {
                    found.add(pid);
                }
            }
        } catch (IOException problem) {
            throw new UncheckedIOException("list /proc", problem);
        }
        return found;
    }

    /** Restarts the notified calls of all threads of the container. */
    static void restart(PidNumbers numbers) {
        Thread tracer = Thread.ofPlatform().name("restart-calls").daemon().start(() -> {
            for (int pid : processes(numbers)) {
                threads(pid).forEach(NotifiedThreads::interrupt);
            }
        });
        try {
            tracer.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Wakes the agents that wait for signals, so that they tell. */
    static void wakeAgents(PidNumbers numbers) {
        for (int pid : processes(numbers)) {
            if (agent(pid)) {
                Signals.queue(pid, new SignalInfo(Signals.LAST, Signals.SI_WAKE, 0, 0, 0));
            }
        }
    }

    /** An agent has the set of all signals at a place where others have nothing. */
    static boolean agent(int pid) {
        try {
            byte[] set = AgentMemory.read(pid, AgentImage.DATA_AT + AgentImage.ALL_SIGNALS, 8);
            return Arrays.equals(set, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
        } catch (ErrnoException other) {
            return false;
        }
    }

    private static List<Integer> threads(int pid) {
        List<Integer> found = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path entry : entries) {
                int thread = Integer.parseInt(entry.getFileName().toString());
                if (waits(entry)) {
                    found.add(thread);
                }
            }
        } catch (IOException gone) {
            return List.of();
        }
        return found;
    }

    private static boolean waits(Path task) {
        try {
            return Files.readString(task.resolve("wchan")).startsWith("seccomp")
                    || Files.readString(task.resolve("syscall")).startsWith("19539 ");
        } catch (IOException gone) {
            return false;
        }
    }

    private static void interrupt(int thread) {
        if (Syscalls.call(Nr.PTRACE, PTRACE_SEIZE, thread, 0, 0) != 0) {
            return;
        }
        if (Syscalls.call(Nr.PTRACE, PTRACE_INTERRUPT, thread, 0, 0) == 0) {
            try (Arena arena = Arena.ofConfined()) {
                Syscalls.call(Nr.WAIT4, thread, arena.allocate(8).address(), WALL, 0);
            }
        }
        Syscalls.call(Nr.PTRACE, PTRACE_DETACH, thread, 0, 0);
    }
}
