package org.linuxssi.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Unmodified programs in the container beside the same natively, in turns.
 *
 * <p>Arguments: the number of rounds, then the command that enters the container, for example {@code ./krg --on 0 run
 * --}. Prints a Markdown table: medians in milliseconds and the median of the ratios of neighbouring runs.
 */
public final class ProgramBench {

    private static final long LIMIT_SECONDS = 120;

    private final int rounds;
    private final List<String> enter;

    private ProgramBench(int rounds, List<String> enter) {
        this.rounds = rounds;
        this.enter = enter;
    }

    /** Runs all workloads; exits with 1 when one of them fails. */
    public static void main(String[] args) throws Exception {
        if (args.length < 2) {
            System.err.println("usage: ProgramBench ROUNDS COMMAND...");
            System.exit(2);
        }
        List<String> enter = Arrays.asList(args).subList(1, args.length);
        new ProgramBench(Integer.parseInt(args[0]), enter).run();
    }

    private void run() throws IOException, InterruptedException {
        System.out.println("| program | native, ms | in the container, ms | ratio | goal |");
        System.out.println("|---|---|---|---|---|");
        for (Workload workload : Workload.all()) {
            Path directory = Files.createTempDirectory("linuxssi-bench");
            try {
                measure(workload, directory);
            } finally {
                delete(directory);
            }
        }
    }

    private void measure(Workload workload, Path directory) throws IOException, InterruptedException {
        execute(List.of(), "cd \"$DIR\" && " + workload.prepare(), directory);
        List<Double> plain = new ArrayList<>();
        List<Double> contained = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int round = -1; round < rounds; round++) {
            double outside = time(List.of(), workload, directory);
            double inside = time(enter, workload, directory);
            if (round >= 0) {
                plain.add(outside);
                contained.add(inside);
                ratios.add(inside / outside);
            }
        }
        String goal = workload.goal() == 0 ? "–" : String.format(Locale.ROOT, "%.2f", workload.goal());
        System.out.printf(
                Locale.ROOT,
                "| %s | %.1f | %.1f | %.2f | %s |%n",
                workload.name(),
                median(plain),
                median(contained),
                median(ratios),
                goal);
    }

    private static double time(List<String> prefix, Workload workload, Path directory)
            throws IOException, InterruptedException {
        String printed = execute(prefix, workload.timed(), directory);
        return Long.parseLong(printed.strip()) / 1000.0;
    }

    private static String execute(List<String> prefix, String script, Path directory)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of("/usr/bin/env", "DIR=" + directory, "bash", "-c", script));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(command + " failed: " + printed);
        }
        return printed;
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
