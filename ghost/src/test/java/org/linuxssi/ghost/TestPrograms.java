package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.linuxssi.linux.Ptrace;
import org.linuxssi.linux.PtraceStop;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.linux.Spawn;

/** Programs of the tests, compiled, and run natively. */
final class TestPrograms {

    private TestPrograms() {}

    /** What a program said, and its exit status, 128 more than the signal that killed it. */
    record Outcome(int status, String output) {}

    static String compile(Path directory, String name, String... options) throws IOException {
        Path source = copy(directory, name + ".c");
        Path program = directory.resolve(name);
        List<String> command = new ArrayList<>(
                List.of("/usr/bin/gcc", "-O1", "-w", "-o", program.toString(), source.toString(), "-pthread"));
        command.addAll(List.of(options));
        int compiler =
                Spawn.start(command, Map.of("PATH", System.getenv("PATH")), directory, directory.resolve("gcc.log"));
        assertThat(exit(compiler))
                .as("gcc %s", Files.readString(directory.resolve("gcc.log")))
                .isZero();
        return program.toString();
    }

    static Path copy(Path directory, String resource) throws IOException {
        Path file = directory.resolve(resource);
        try (var in = TestPrograms.class.getResourceAsStream("/programs/" + resource)) {
            if (in == null) {
                throw new IOException("no resource " + resource);
            }
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    static int exit(int pid) {
        try (PtraceThread waiter = new PtraceThread("wait")) {
            return switch (waiter.call(() -> Ptrace.await(pid))) {
                case PtraceStop.Exited(int code) -> code;
                case PtraceStop.Killed(int signal) -> 128 + signal;
                case PtraceStop stop -> throw new IllegalStateException(stop.toString());
            };
        }
    }

    static Outcome alone(Path directory, String... command) throws IOException {
        Path run = Files.createDirectories(directory.resolve("native"));
        Path output = directory.resolve("native.out");
        int pid = Spawn.start(List.of(command), Map.of("PATH", System.getenv("PATH"), "LC_ALL", "C"), run, output);
        return new Outcome(exit(pid), Files.readString(output));
    }
}
