package org.linuxssi.testbed;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.linuxssi.cli.Cli;
import org.linuxssi.control.MigrationReport;
import org.linuxssi.control.ProcessRow;

/**
 * Shows a cluster at work on one machine: unmodified programs run on several nodes, are seen and signalled from others,
 * one is saved and started again on another node, and one moves from node to node while it runs. Each step prints a line and {@code ok}.
 */
public final class Demo {

    /** It has steps that three nodes take part in. */
    static final int LEAST_NODES = 3;

    private static final int LINES = 4000;
    private static final int SAVED_LINES = 20;
    private static final String PIPELINE = "i=0; while [ $i -lt " + SAVED_LINES
            + " ]; do i=$((i + 1)); echo $i; sleep 0.2; done | while read i; do echo $i of " + SAVED_LINES + "; done";
    private static final int MIGRATIONS = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(45);
    private static final long PAUSE = Duration.ofMillis(20).toNanos();

    /** A counter that works for each line, so that it is moved in the midst of it. */
    private static final String COUNTER = "BEGIN { for (i = 1; i <= " + LINES
            + "; i++) { for (j = 0; j < 20000; j++) x = (x * 3 + j) % 1000003; print i, x; fflush() } }";

    private final RunDirectory directory;
    private final int nodes;
    private final PrintWriter out;

    /**
     * Makes a demonstration.
     *
     * @param directory a run directory of its own; what is in it goes
     * @param nodes how many, at least {@link #LEAST_NODES}
     * @param out where the steps are told
     */
    public Demo(RunDirectory directory, int nodes, PrintWriter out) {
        this.directory = directory;
        this.nodes = nodes;
        this.out = out;
    }

    /**
     * Runs all steps; the cluster is taken down also after a failure.
     *
     * @throws TestBedException when a step does not show what it should
     */
    public void run() {
        try (Cluster cluster = step("bring up " + nodes + " nodes", () -> Cluster.start(directory, nodes))) {
            runOnEachNode(cluster);
            seeAndSignal(cluster);
            waitForChildElsewhere(cluster);
            saveAndStartAgain(cluster);
            moveCounter(cluster);
        }
        step("take the cluster down, nothing is left", () -> {
            check(!Files.exists(directory.root()), directory.root() + " is still there");
            check(!Files.exists(NodeDirectory.PATH) || Files.isReadable(NodeDirectory.PATH), "/node is still there");
            return "";
        });
        out.println("All steps ok.");
        out.flush();
    }

    private void runOnEachNode(Cluster cluster) {
        for (int node = 0; node < nodes; node++) {
            int number = node;
            step("run an unmodified shell on node " + node, () -> {
                Result result = cluster.run(number, "sh", "-c", "echo $$");
                int pid = Integer.parseInt(result.output().strip());
                check(pid >> 14 == number, "pid " + pid + " is not one of node " + number);
                return "pid " + pid;
            });
        }
    }

    private void seeAndSignal(Cluster cluster) {
        int last = nodes - 1;
        try (Program first = cluster.start(0, Command.of("sleep", "1001"));
                Program second = cluster.start(1, Command.of("sleep", "1002"))) {
            step("see programs of nodes 0 and 1 with ps on node " + last, () -> {
                Result listed = cluster.run(last, "ps", "-e", "-o", "pid,args");
                for (Program program : List.of(first, second)) {
                    check(
                            listed.output().lines().anyMatch(line -> line.matches("\\s*" + program.pid() + " sleep.*")),
                            "ps does not list pid " + program.pid() + ":\n" + listed.output() + listed.messages());
                }
                return "pids " + first.pid() + " and " + second.pid();
            });
            step("end them by kill and pkill on node " + last, () -> {
                cluster.run(last, "kill", "-TERM", Integer.toString(first.pid()));
                cluster.run(last, "pkill", "-KILL", "-f", "^sleep 1002");
                int term = first.await(PATIENCE).exit();
                int kill = second.await(PATIENCE).exit();
                check(term == 143 && kill == 137, "they ended with " + term + " and " + kill);
                return "exit " + term + " and " + kill;
            });
        }
    }

    private void waitForChildElsewhere(Cluster cluster) {
        step("let a shell on node 0 wait for its child that moves to node 1", () -> {
            Command command = Command.of("bash", "-c", "sleep 1003 & wait $!; echo child ended with $?");
            try (Program shell = cluster.start(0, command)) {
                int child = awaitValue("the shell has no child", () -> child(cluster, shell.pid()));
                cluster.migrate(child, 1);
                cluster.run(2, "kill", "-SEGV", Integer.toString(child));
                String said = shell.await(PATIENCE).output().strip();
                check(said.equals("child ended with 139"), "the shell said: " + said);
                return said;
            }
        });
    }

    private void moveCounter(Cluster cluster) {
        try (Program counter = cluster.start(0, Command.of("awk", COUNTER))) {
            int from = 0;
            for (int move = 1; move <= MIGRATIONS; move++) {
                int target = (from + 1) % nodes;
                step("move a running counter from node " + from + " to " + target, () -> {
                    int before = awaitLines(counter, 1);
                    MigrationReport report = cluster.migrate(counter.pid(), target);
                    awaitLines(counter, before + 1);
                    check(cluster.where(counter.pid()).equals(Optional.of(target)), "it is not there");
                    return String.format(
                            Locale.ROOT, "at line %d, stood still for %.1f ms", before, report.frozenNanos() / 1e6);
                });
                from = target;
            }
            step("find its output unbroken after " + MIGRATIONS + " migrations", () -> {
                Result result = counter.await(PATIENCE);
                check(result.exit() == 0, "it ended with " + result.exit() + ": " + result.messages());
                check(result.output().equals(expected()), "its output is broken");
                return LINES + " lines";
            });
        }
    }

    private void saveAndStartAgain(Cluster cluster) {
        Path output = cluster.files().resolve("saved");
        String lines = IntStream.rangeClosed(1, SAVED_LINES)
                .mapToObj(line -> line + " of " + SAVED_LINES)
                .collect(Collectors.joining("\n", "", "\n"));
        String started = step("run a pipeline that can be saved", () -> {
            String said = type("krgcr-run", "--on", "0", "-b", "-o", output.toString(), "sh", "-c", PIPELINE);
            awaitValue(
                    "the pipeline prints nothing", () -> linesOf(output) >= 3 ? Optional.of(said) : Optional.empty());
            return said;
        });
        String number = started.substring(started.lastIndexOf(' ') + 1);
        step("save it on node 0 and end it", () -> {
            type("checkpoint", "--on", "0", "-q", "-kKILL", number);
            awaitValue(
                    "it does not end",
                    () -> cluster.where(Integer.parseInt(number)).isEmpty() ? Optional.of(number) : Optional.empty());
            return "after line " + linesOf(output);
        });
        step("start it again on node 1, its output goes on unbroken", () -> {
            String pids = type("restart", "--on", "1", "-p", number, "1");
            awaitValue(
                    "it does not go on", () -> linesOf(output) >= SAVED_LINES ? Optional.of(pids) : Optional.empty());
            check(text(output).equals(lines), "its output is broken:\n" + text(output));
            return "pids " + pids;
        });
    }

    private String type(String... words) {
        StringWriter said = new StringWriter();
        PrintWriter screen = new PrintWriter(said);
        int status = new Cli(Map.of("LINUXSSI_RUN", directory.root().toString()), screen, screen)
                .execute(words[0], List.of(words).subList(1, words.length));
        check(status == 0, String.join(" ", words) + " ended with " + status + ": " + said);
        return said.toString().strip();
    }

    private static int linesOf(Path file) {
        return (int) text(file).lines().count();
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException problem) {
            throw new UncheckedIOException("read " + file, problem);
        }
    }

    /** Returns what the counter prints when it is not moved. */
    private static String expected() {
        long x = 0;
        List<String> lines = new ArrayList<>();
        for (int i : IntStream.rangeClosed(1, LINES).toArray()) {
            for (int j = 0; j < 20_000; j++) {
                x = (x * 3 + j) % 1_000_003;
            }
            lines.add(i + " " + x);
        }
        return lines.stream().collect(Collectors.joining("\n", "", "\n"));
    }

    private static Optional<Integer> child(Cluster cluster, int parent) {
        return cluster.ps(0).stream()
                .filter(row -> row.parent() == parent && row.command().startsWith("sleep"))
                .map(ProcessRow::pid)
                .findFirst();
    }

    private static int awaitLines(Program program, int least) {
        return awaitValue("the program prints nothing", () -> {
            int lines = (int) program.output().lines().count();
            return lines >= least ? Optional.of(lines) : Optional.empty();
        });
    }

    private static <T> T awaitValue(String missing, Supplier<Optional<T>> source) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Optional<T> value = source.get();
        while (value.isEmpty()) {
            check(System.nanoTime() < end, missing);
            LockSupport.parkNanos(PAUSE);
            value = source.get();
        }
        return value.get();
    }

    private static void check(boolean good, String problem) {
        if (!good) {
            throw new TestBedException(problem);
        }
    }

    private <T> T step(String title, Supplier<T> action) {
        out.print(title + " ... ");
        out.flush();
        long start = System.nanoTime();
        try {
            T result = action.get();
            String detail = result instanceof String text && !text.isEmpty() ? text + ", " : "";
            out.println(String.format(Locale.ROOT, "ok (%s%.1f s)", detail, (System.nanoTime() - start) / 1e9));
            return result;
        } catch (RuntimeException problem) {
            out.println("FAILED");
            throw problem;
        } finally {
            out.flush();
        }
    }
}
