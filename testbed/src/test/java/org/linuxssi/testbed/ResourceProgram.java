package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.linuxssi.control.ControlException;
import org.linuxssi.linux.Signals;

/**
 * The program that takes one kind of resource, says "ready", and looks at a signal whether all is as it was.
 *
 * @param cluster where it runs
 * @param executable what was compiled
 * @param directory for its files
 */
record ResourceProgram(Cluster cluster, Path executable, Path directory) {

    /** It works. */
    static final String YES = "yes";

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration STEP = Duration.ofMillis(10);
    private static final List<String> PARTS = List.of("resources", "memory", "process", "signals", "files", "sockets");
    private static final String READY = "ready\n";
    private static final String NONE = "none\n";
    private static final String ABSENT = "ENOSYS";
    private static final String GOOD = "ready\nok\n";
    private static final int SIGUSR1 = 10;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /**
     * A kind of resource.
     *
     * @param name as an argument of the program
     * @param what it is, for people
     */
    record Kind(String name, String what) {}

    static ResourceProgram compile(Cluster cluster, Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path sources = Files.createDirectories(directory.resolve("resources"));
        Programs.source("resources/resources.h", directory);
        for (String part : PARTS) {
            Programs.source("resources/" + part + ".c", directory);
        }
        Path executable = directory.resolve("program");
        List<String> argv =
                new ArrayList<>(List.of("/usr/bin/gcc", "-O1", "-Wall", "-pthread", "-o", executable.toString()));
        PARTS.forEach(part -> argv.add(sources.resolve(part + ".c").toString()));
        argv.addAll(List.of("-lutil", "-lrt"));
        Result result = Programs.runNatively(Command.of(argv.toArray(String[]::new)), directory);
        assertThat(result.exit()).describedAs(result.messages()).isZero();
        return new ResourceProgram(cluster, executable, directory);
    }

    List<Kind> kinds() throws IOException {
        return Programs.runNatively(Command.of(executable.toString()), directory)
                .output()
                .lines()
                .map(line -> line.split("\\|"))
                .map(parts -> new Kind(parts[0], parts[1]))
                .toList();
    }

    private Path work(Kind kind) throws IOException {
        return Files.createDirectory(directory.resolve(kind.name() + "-" + NUMBER.incrementAndGet()));
    }

    private static String text(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file) : "";
    }

    /** Runs it outside of the cluster, where all has to be well. */
    void runNatively(Kind kind) throws IOException {
        Path output = directory.resolve(kind.name() + ".native");
        Process process = new ProcessBuilder(
                        executable.toString(), kind.name(), work(kind).toString())
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            await().pollInterval(STEP)
                    .atMost(PATIENCE)
                    .until(() -> text(output).startsWith(READY) || !process.isAlive());
            Signals.kill((int) process.pid(), SIGUSR1);
            await().pollInterval(STEP).atMost(PATIENCE).until(() -> !process.isAlive());
            assertThat(text(output)).describedAs(kind.name()).isEqualTo(GOOD);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Moves it to these nodes, one after the other; returns what became of it. */
    String moved(Kind kind, int... nodes) throws IOException {
        Path work = work(kind);
        Command command = Command.of(executable.toString(), kind.name(), work.toString());
        try (Program program = cluster.start(0, command)) {
            await().pollInterval(STEP)
                    .atMost(PATIENCE)
                    .until(() -> program.output().equals(READY) || !program.running());
            if (program.output().equals(NONE)) {
                return ABSENT;
            }
            String refusal = "";
            try {
                for (int node : nodes) {
                    cluster.migrate(program.pid(), node);
                }
            } catch (ControlException refused) {
                refusal = String.valueOf(refused.getMessage());
            }
            return outcome(program, refusal, work);
        }
    }

    private String outcome(Program program, String refusal, Path work) {
        try {
            cluster.signal(0, program.pid(), SIGUSR1);
            Result result = program.await(PATIENCE);
            boolean good = result.equals(new Result(0, GOOD, ""));
            return cell(good, refusal, result.output().replace(READY, "") + result.messages() + result.exit(), work);
        } catch (ControlException | TestBedException problem) {
            kill(program.pid());
            return cell(false, refusal, program.output() + problem.getMessage(), work);
        }
    }

    private void kill(int pid) {
        new Prompt(cluster.bed().directory()).type("krg signal KILL " + pid);
    }

    private static String cell(boolean good, String refusal, String said, Path work) {
        String reason = refusal.isEmpty() ? "" : "refused: " + reason(refusal, work);
        return good ? (reason.isEmpty() ? YES : reason) : "wrong " + reason + " " + said.replace("\n", "; ");
    }

    /** Returns a reason without numbers that are others the next time. */
    static String reason(String message, Path work) {
        String bare = message.strip()
                .replaceFirst("^[a-z]+: ", "")
                .replaceFirst(" \\(E[A-Z]+\\)$", "")
                .replaceFirst("^application \\d+ cannot be saved: ", "")
                .replaceFirst("^version \\d+ of application \\d+ is not started( on node \\d+)?: ", "at the restart: ")
                .replaceFirst("^pid \\d+ cannot move: ", "")
                .replace(work + "/", "");
        return Arrays.stream(bare.split("; "))
                .map(one -> one.replaceAll("pid \\d+: ", "")
                        .replaceAll("fd \\d+: ", "")
                        .replaceAll("memory at [0-9a-f]+: ", "")
                        .replaceAll(":\\[\\d+\\]", "")
                        .replaceAll("\\d{2,}", "N"))
                .distinct()
                .collect(Collectors.joining("; "));
    }

    /** Saves and ends it, and starts it again on its node and on another; returns what became of both. */
    List<String> saved(Kind kind) throws IOException {
        return saved(kind, 0, 1);
    }

    /** Saves and ends it, and starts it on another node; returns what became of it. */
    String savedForElsewhere(Kind kind) throws IOException {
        return saved(kind, 1).getFirst();
    }

    private List<String> saved(Kind kind, int... nodes) throws IOException {
        Path work = work(kind);
        Path output = directory.resolve(work.getFileName() + ".out");
        Prompt prompt = new Prompt(cluster.bed().directory());
        SavedApplications applications = new SavedApplications(prompt);
        int number = applications.start(output, executable + " " + kind.name() + " " + work);
        await().pollInterval(STEP)
                .atMost(PATIENCE)
                .until(() -> text(output).equals(READY) || text(output).equals(NONE));
        if (text(output).equals(NONE)) {
            return Collections.nCopies(nodes.length, ABSENT);
        }
        Result saved = prompt.type("checkpoint -kKILL " + number);
        if (saved.exit() != 0) {
            return Collections.nCopies(nodes.length, ended(prompt, number, output, saved.messages(), work));
        }
        applications.awaitEnd(number);
        List<String> cells = new ArrayList<>();
        for (int node : nodes) {
            Files.writeString(output, READY);
            cells.add(restarted(prompt, number, node, output, work));
        }
        prompt.type("krg ckpt rm " + number + " 1");
        return cells;
    }

    private String restarted(Prompt prompt, int number, int node, Path output, Path work) throws IOException {
        Result result = prompt.type("restart --on " + node + " " + number + " 1");
        return result.exit() == 0 ? ended(prompt, number, output, "", work) : cell(true, result.messages(), "", work);
    }

    /** Has it look, and tells what became of it. */
    private static String ended(Prompt prompt, int number, Path output, String refusal, Path work) throws IOException {
        Result signal = prompt.type("krg signal USR1 " + number);
        try {
            await().pollInterval(STEP)
                    .atMost(PATIENCE)
                    .until(() -> prompt.type("krg ps " + number).messages().contains("ESRCH"));
        } catch (ConditionTimeoutException hangs) {
            prompt.type("krg signal KILL " + number);
            return cell(false, refusal, "does not end; " + signal.messages() + text(output), work);
        }
        return cell(
                text(output).equals(GOOD),
                refusal,
                signal.messages() + text(output).replace(READY, ""),
                work);
    }
}
