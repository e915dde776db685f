package org.linuxssi.proc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.SystemTime;

/** Makes containers for tests and ends them, whatever happened. */
final class ContainerExtension implements AfterEachCallback {

    private final SystemTime time = new SystemTime();
    private final List<Container> containers = new ArrayList<>();
    private final List<Path> directories = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();

    SystemTime time() {
        return time;
    }

    /** Starts the container of a node. */
    Container start(int node) throws IOException {
        Path directory = Files.createTempDirectory("proc-test");
        directories.add(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Container container = Container.start(NodeId.of(node), ContainerOptions.of(directory, "node" + node), time);
        containers.add(container);
        return container;
    }

    /** Returns the run directory of the newest container. */
    Path directory() {
        return directories.getLast();
    }

    /** Returns the run directory of a container. */
    Path directoryOf(Container container) {
        return directories.get(containers.indexOf(container));
    }

    /** Puts an adopted container in the place of the newest. */
    void replace(Container adopted) {
        containers.set(containers.size() - 1, adopted);
    }

    /** Puts an adopted container in the place of another. */
    void replace(Container old, Container adopted) {
        containers.set(containers.indexOf(old), adopted);
    }

    /** Returns an empty file that is deleted after the test. */
    Path file() throws IOException {
        Path file = Files.createTempFile("proc-test", ".out");
        files.add(file);
        return file;
    }

    /** Starts a program whose output goes to a file. */
    static LaunchedProgram launch(Container container, Path output, LaunchRequest request) throws Exception {
        int out = Fds.open(output.toString(), 1 | 0x400);
        int in = Fds.open("/dev/null", 0);
        try {
            return new Launcher(container)
                    .launch(request.withDescriptor(0, in).withDescriptor(1, out).withDescriptor(2, out))
                    .get(20, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        } finally {
            Fds.close(out);
            Fds.close(in);
        }
    }

    /** Starts a shell command whose output goes to a file. */
    static LaunchedProgram shell(Container container, Path output, String command) throws Exception {
        return launch(container, output, LaunchRequest.of("/bin/sh", "-c", command));
    }

    /** Waits for a program's end. */
    static WaitStatus end(LaunchedProgram program) throws Exception {
        return program.end().get(20, TimeUnit.SECONDS);
    }

    /** Returns the source of a program of the test's resources. */
    static String program(String name) throws IOException {
        try (@Nullable InputStream source = ContainerExtension.class.getResourceAsStream("/programs/" + name)) {
            return new String(Objects.requireNonNull(source, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Compiles a C program. */
    Path compile(String source) throws Exception {
        Path code = Files.createTempFile("proc-test", ".c");
        Path binary = Path.of(code.toString().replace(".c", ".bin"));
        files.add(code);
        files.add(binary);
        Files.writeString(code, source, StandardCharsets.UTF_8);
        Process compiler = new ProcessBuilder("gcc", "-O1", "-pthread", "-o", binary.toString(), code.toString())
                .inheritIO()
                .start();
        if (compiler.waitFor() != 0) {
            throw new IllegalStateException("gcc failed");
        }
        return binary;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (Container container : containers) {
            try {
                container.stop(Duration.ofMillis(100));
            } catch (CompletionException | IllegalStateException problem) {
                throw new AssertionError("stop container", problem);
            }
        }
        for (Path directory : directories) {
            Container.endLeftover(directory);
            Files.deleteIfExists(directory);
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        containers.clear();
        directories.clear();
        files.clear();
    }
}
