package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes the programs of the tests ready and runs them natively, outside any cluster. */
final class Programs {

    private static final long NATIVE_SECONDS = 240;

    private Programs() {}

    /** Copies a source from the resources. */
    static Path source(String name, Path directory) throws IOException {
        Path copy = directory.resolve(name);
        try (@Nullable InputStream source = Programs.class.getResourceAsStream("/programs/" + name)) {
            Files.copy(java.util.Objects.requireNonNull(source, name), copy);
        }
        return copy;
    }

    /** Compiles a C program from the resources. */
    static Path compileC(String name, Path directory, String... options) throws IOException {
        Path program = directory.resolve(name);
        List<String> argv = new ArrayList<>(List.of("/usr/bin/gcc", "-O1", "-pthread", "-o", program.toString()));
        argv.addAll(List.of(options));
        argv.add(source(name + ".c", directory).toString());
        Result result = runNatively(Command.of(argv.toArray(String[]::new)), directory);
        assertThat(result.exit()).describedAs(result.messages()).isZero();
        return program;
    }

    /** Compiles a Java program from the resources. */
    static void compileJava(String name, Path directory) throws IOException {
        Path source = source(name + ".java", directory);
        Result result = runNatively(Command.of(jdk("javac"), "-d", directory.toString(), source.toString()), directory);
        assertThat(result.exit()).describedAs(result.messages()).isZero();
    }

    /** Returns the path of a tool of the JDK. */
    static String jdk(String tool) {
        return Path.of(System.getProperty("java.home"), "bin", tool).toString();
    }

    /** Runs a command outside the cluster. */
    static Result runNatively(Command command, Path files) throws IOException {
        Path output = Files.createTempFile(files, "native", ".out");
        Path messages = Files.createTempFile(files, "native", ".err");
        ProcessBuilder builder = new ProcessBuilder(command.argv())
                .directory(command.directory().toFile())
                .redirectInput(command.input().toFile())
                .redirectOutput(output.toFile())
                .redirectError(messages.toFile());
        builder.environment().clear();
        builder.environment().putAll(command.environment());
        Process process = builder.start();
        try {
            assertThat(process.waitFor(NATIVE_SECONDS, TimeUnit.SECONDS)).isTrue();
            return new Result(process.exitValue(), Files.readString(output), Files.readString(messages));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        } finally {
            process.destroyForcibly();
        }
    }
}
