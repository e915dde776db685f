package org.linuxssi.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long programs of 10 MB, 200 MB and 1 GB stand still when they migrate, and how long it takes in all, beside a bare
 * copy of the same bytes in the same run.
 *
 * <p>Arguments: the number of migrations of each size, then the command {@code krg}; nodes 0 and 1 of a test bed have to
 * be up. Prints a Markdown table of medians in milliseconds.
 */
public final class MigrationBench {

    private static final Pattern SUMMARY = Pattern.compile("(\\d+) bytes, frozen ([0-9.]+) ms, total ([0-9.]+) ms");
    private static final int DIRTY_PERCENT = 5;

    private final int rounds;
    private final List<String> krg;

    private MigrationBench(int rounds, List<String> krg) {
        this.rounds = rounds;
        this.krg = krg;
    }

    private record Figures(double frozen, double total, double bare) {}

    /** Runs all sizes; throws when a migration fails. */
    public static void main(String[] args) throws Exception {
        if (args.length < 2) {
            System.err.println("usage: MigrationBench ROUNDS KRG...");
            System.exit(2);
        }
        new MigrationBench(Integer.parseInt(args[0]), List.of(args).subList(1, args.length)).run();
    }

    private void run() throws IOException, InterruptedException {
        Path program = compile();
        try {
            System.out.println(
                    "| memory, 5 % rewritten a second | frozen, ms | goal | total, ms | bare TCP, ms | ratio | goal |");
            System.out.println("|---|---|---|---|---|---|---|");
            measure(program, 10, 5);
            measure(program, 200, 10);
            measure(program, 1024, 20);
        } finally {
            Files.delete(program);
        }
    }

    private static Path compile() throws IOException, InterruptedException {
        Path program = Files.createTempFile("linuxssi-dirty", "");
        Path source = Files.createTempFile("linuxssi-dirty", ".c");
        try (InputStream text = MigrationBench.class.getResourceAsStream("dirty.c")) {
            if (text == null) {
                throw new IOException("dirty.c is not in the module");
            }
            Files.write(source, text.readAllBytes());
            output(List.of("gcc", "-O2", "-o", program.toString(), source.toString()));
        } finally {
            Files.delete(source);
        }
        return program;
    }

    private void measure(Path program, int megabytes, int goal) throws IOException, InterruptedException {
        List<String> command = command("--on", "0", "run", "--");
        command.addAll(List.of(program.toString(), Integer.toString(megabytes), Integer.toString(DIRTY_PERCENT)));
        Process running = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader reader = running.inputReader(StandardCharsets.UTF_8)) {
            String pid = reader.readLine();
            List<Figures> figures = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                figures.add(migrate(pid, (round + 1) % 2));
            }
            print(megabytes, goal, figures);
        } finally {
            running.destroy();
            running.waitFor(10, TimeUnit.SECONDS);
        }
    }

    private Figures migrate(String pid, int node) throws IOException, InterruptedException {
        List<String> command = command("--on", "0", "migrate", "-v", pid, Integer.toString(node));
        String printed = output(command);
        Matcher summary = SUMMARY.matcher(printed);
        if (!summary.find()) {
            throw new IOException(command + " printed no summary: " + printed);
        }
        double bare = TcpCopy.millis(Long.parseLong(summary.group(1)));
        return new Figures(Double.parseDouble(summary.group(2)), Double.parseDouble(summary.group(3)), bare);
    }

    private static void print(int megabytes, int goal, List<Figures> figures) {
        double total = median(figures.stream().map(Figures::total).toList());
        double bare = median(figures.stream().map(Figures::bare).toList());
        System.out.printf(
                Locale.ROOT,
                "| %d MB | %.1f | %d | %.0f | %.0f | %.2f | 1.30 |%n",
                megabytes,
                median(figures.stream().map(Figures::frozen).toList()),
                goal,
                total,
                bare,
                total / bare);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(krg);
        command.addAll(List.of(arguments));
        return command;
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(2, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IOException(command + " failed: " + printed);
        }
        return printed;
    }
}
