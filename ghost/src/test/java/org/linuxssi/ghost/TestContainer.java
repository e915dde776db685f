package org.linuxssi.ghost;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Ptrace;
import org.linuxssi.linux.PtraceProcess;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.linux.Spawn;
import org.linuxssi.linux.Syscalls;

/** A pid name space whose first process is a tiny program that makes children at our word. */
final class TestContainer implements AutoCloseable {

    private static final long LOAD = 0x7000_0000_0000L;
    private static final int CODE = 0x78;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final PtraceThread tracer = new PtraceThread("container");
    private final Path agent;
    private final int starter;
    private final int init;

    TestContainer(Path directory) throws IOException {
        agent = agent(directory);
        starter = Spawn.start(
                List.of("/usr/bin/unshare", "--pid", "--fork", "--kill-child", agent.toString()),
                Map.of(),
                directory,
                directory.resolve("container.log"));
        await().until(() -> child(starter).isPresent()
                && ProcFiles.link(child(starter).getAsInt(), "exe").equals(agent.toString()));
        init = child(starter).getAsInt();
    }

    /** Writes the program: pause, for ever. */
    static Path agent(Path directory) throws IOException {
        byte[] code = {(byte) 0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, (byte) 0xeb, (byte) 0xf7};
        ByteBuffer elf = ByteBuffer.allocate(CODE + code.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        elf.putShort((short) 2).putShort((short) 62).putInt(1).putLong(LOAD + CODE);
        elf.putLong(64).putLong(0).putInt(0);
        elf.putShort((short) 64).putShort((short) 56).putShort((short) 1);
        elf.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        elf.putInt(1).putInt(5).putLong(0).putLong(LOAD).putLong(LOAD);
        elf.putLong(elf.capacity()).putLong(elf.capacity()).putLong(4096);
        elf.put(code);
        Path file = directory.resolve("agent");
        if (!Files.exists(file)) {
            Files.write(file, elf.array());
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return file;
    }

    private static OptionalInt child(int pid) {
        String text = ProcFiles.text(pid, "task/" + pid + "/children").trim();
        return text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text.split(" ")[0]));
    }

    int init() {
        return init;
    }

    private long inInit(long number, long[] data, boolean back, long... arguments) {
        return tracer.call(() -> {
            PtraceProcess process = PtraceProcess.freezeFirst(tracer, init, PATIENCE);
            try {
                long stack = process.leader().registers().get(19) - 4096;
                java.lang.foreign.MemorySegment words;
                try (var arena = java.lang.foreign.Arena.ofConfined()) {
                    words = arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_LONG, data);
                    process.memory().write(stack, words);
                }
                long[] all = arguments.clone();
                for (int i = 0; i < all.length; i++) {
                    all[i] = all[i] == Long.MIN_VALUE ? stack : all[i];
                }
                long result = process.leader().call().single(LOAD + CODE + 5, number, all);
                return back && result > 0 ? process.memory().word(stack) & 0xffff : result;
            } finally {
                process.release();
            }
        });
    }

    /** Makes a process with this pid that waits; returns its pid outside. */
    int park(int pid) {
        await().until(() -> {
            if (zombie(pid)) {
                inInit(Nr.WAIT4, new long[] {0}, true, pid, Long.MIN_VALUE, 1, 0);
            }
            return !zombie(pid);
        });
        return tracer.call(() -> {
            PtraceProcess process = PtraceProcess.freezeFirst(tracer, init, PATIENCE);
            try (var arena = java.lang.foreign.Arena.ofConfined()) {
                long stack = process.leader().registers().get(19) - 4096;
                long[] words = {0, 0, 0, 0, 17, 0, 0, 0, stack + 128, 1, 0, 0, 0, 0, 0, 0, pid};
                process.memory().write(stack, arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_LONG, words));
                long made = process.leader().call().single(LOAD + CODE + 5, Nr.CLONE3, stack, 88);
                Syscalls.check("clone3 with pid " + pid, made);
            } finally {
                process.release();
            }
            return find(pid).orElseThrow();
        });
    }

    /** Returns the pid outside of a process. */
    OptionalInt find(int pid) {
        return find(pid, false);
    }

    private boolean zombie(int pid) {
        return find(pid, true).isPresent();
    }

    private OptionalInt find(int pid, boolean zombie) {
        String text = ProcFiles.text(init, "task/" + init + "/children").trim();
        for (String child : text.isEmpty() ? new String[0] : text.split(" ")) {
            try {
                int outside = Integer.parseInt(child);
                if (StateReader.containerId(ProcFiles.status(child), 0) == pid && ended(outside) == zombie) {
                    return OptionalInt.of(outside);
                }
            } catch (ErrnoException _) {
                // ended meanwhile
            }
        }
        return OptionalInt.empty();
    }

    /** Starts a program with this pid; its output goes to the file. Returns its pid outside. */
    int launch(int pid, Path output, Path directory, String... command) {
        int outside = park(pid);
        List<String> arguments = new ArrayList<>(List.of(
                "sh",
                "-c",
                "exec </dev/null >\"$0\" 2>&1; cd \"$1\"; shift; exec \"$@\"",
                output.toString(),
                directory.toString()));
        arguments.addAll(List.of(command));
        tracer.run(() -> {
            PtraceProcess process = PtraceProcess.freeze(tracer, outside, PATIENCE);
            process.exec("/bin/sh", arguments, List.of("PATH=" + System.getenv("PATH"), "LC_ALL=C"), 0);
        });
        return outside;
    }

    /** Tells whether the process is a zombie. */
    static boolean ended(int outside) {
        return ProcFiles.stat(outside).state() == 'Z';
    }

    /** Takes the exit status of a process that has ended. */
    int reap(int pid) {
        return (int) inInit(Nr.WAIT4, new long[] {0}, true, pid, Long.MIN_VALUE, 0, 0);
    }

    @Override
    public void close() {
        Syscalls.call(Nr.KILL, init, 9);
        Syscalls.call(Nr.KILL, starter, 9);
        tracer.call(() -> Ptrace.await(starter));
        tracer.close();
    }
}
