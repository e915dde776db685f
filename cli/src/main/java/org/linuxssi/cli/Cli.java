package org.linuxssi.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.linuxssi.cli.spi.CommandProvider;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.NotRunningException;
import org.linuxssi.linux.ErrnoException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** All commands, by the names under which they are called. */
public final class Cli {

    /** Exit status of a request that failed. */
    static final int FAILED = 1;

    /** Exit status of wrong usage. */
    static final int USAGE = 2;

    private static final List<String> NAMES = List.of(
            "krg",
            "krgadm",
            "migrate",
            "checkpoint",
            "restart",
            "krgcr-run",
            "krgcapset",
            "ipccheckpoint",
            "ipcrestart");

    private final Map<String, String> environment;
    private final PrintWriter out;
    private final PrintWriter err;

    /**
     * Makes the commands.
     *
     * @param environment of the caller
     * @param out where results go
     * @param err where one line goes on failure
     */
    public Cli(Map<String, String> environment, PrintWriter out, PrintWriter err) {
        this.environment = Map.copyOf(environment);
        this.out = out;
        this.err = err;
    }

    /**
     * Runs one command.
     *
     * @param name one of {@code krg}, {@code krgadm}, {@code migrate}, {@code checkpoint}, {@code restart}, {@code krgcr-run},
     *     {@code krgcapset}, {@code ipccheckpoint} and {@code ipcrestart}
     * @return 0, 1 when it failed, 2 for wrong usage, or the status of the program that it ran
     */
    public int execute(String name, List<String> arguments) {
        Daemon daemon = new Daemon(environment);
        CommandLine line =
                switch (name) {
                    case "krg" -> krg(daemon, arguments);
                    case "krgadm" -> administration(root(new KrgadmCommand(daemon), daemon), daemon);
                    case "migrate" -> root(new MigrateCommand(daemon), daemon);
                    case "checkpoint" -> CheckpointCommand.complete(root(new CheckpointCommand(daemon), daemon));
                    case "restart" -> root(new RestartCommand(daemon), daemon);
                    case "krgcr-run" -> program(new RunApplicationCommand(daemon), daemon);
                    case "krgcapset" -> root(new CapabilityCommand(daemon), daemon);
                    case "ipccheckpoint" -> root(new IpcCommand.Save(daemon), daemon);
                    case "ipcrestart" -> root(new IpcCommand.Restore(daemon), daemon);
                    default -> {
                        err.println(name + ": no such command; there are " + String.join(", ", NAMES));
                        yield root(new KrgCommand(daemon), daemon);
                    }
                };
        line.setOut(out).setErr(err);
        tellVersion(line);
        line.setPosixClusteredShortOptionsAllowed(true);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionStrategy(parsed -> run(parsed, daemon));
        line.setParameterExceptionHandler(this::wrongUsage);
        line.setExecutionExceptionHandler((problem, failed, _) -> failure(problem, failed));
        boolean checkpoint = name.equals("checkpoint")
                || (name.equals("krg") && firstWord(arguments).equals(Optional.of("checkpoint")));
        List<String> words = checkpoint ? CheckpointCommand.withSignals(arguments) : arguments;
        int status = line.execute(words.toArray(String[]::new));
        out.flush();
        err.flush();
        return status;
    }

    /** Registers what the words name; everything only when they name nothing, since each takes time. */
    private CommandLine krg(Daemon daemon, List<String> arguments) {
        CommandLine krg = root(new KrgCommand(daemon), daemon);
        Map<String, Supplier<CommandLine>> known = known(daemon);
        Optional<String> wanted = firstWord(arguments).filter(known::containsKey);
        wanted.ifPresent(name -> known.keySet().retainAll(Set.of(name)));
        known.forEach((name, command) -> krg.addSubcommand(name, command.get()));
        if (wanted.isEmpty()) {
            for (CommandProvider provider : ServiceLoader.load(CommandProvider.class)) {
                provider.commands().forEach(krg::addSubcommand);
            }
        }
        krg.getSubcommands().values().stream()
                .filter(line -> !asksDaemon(line.getCommandSpec()))
                .forEach(Cli::hideNode);
        return krg;
    }

    /** Returns the first argument that is no option and no number, as a command is. */
    private static Optional<String> firstWord(List<String> arguments) {
        return arguments.stream()
                .filter(word -> !word.isEmpty() && Character.isLetter(word.charAt(0)))
                .findFirst();
    }

    private static Map<String, Supplier<CommandLine>> known(Daemon daemon) {
        Map<String, Supplier<CommandLine>> known = new LinkedHashMap<>();
        known.put("run", () -> program(new RunCommand(daemon)));
        known.put("shell", () -> new CommandLine(new ShellCommand(daemon)));
        known.put("enter", () -> program(new EnterCommand(daemon)));
        known.put("ps", () -> new CommandLine(new PsCommand(daemon)));
        known.put("migrate", () -> new CommandLine(new MigrateCommand(daemon)));
        known.put("checkpoint", () -> CheckpointCommand.complete(new CommandLine(new CheckpointCommand(daemon))));
        known.put("restart", () -> new CommandLine(new RestartCommand(daemon)));
        known.put("ckpt", () -> new CommandLine(new CkptCommand(daemon)));
        known.put("signal", () -> new CommandLine(new SignalCommand(daemon)));
        known.put("nodes", () -> new CommandLine(new NodesCommand(daemon)));
        known.put("cluster", () -> new CommandLine(new ClusterCommand(daemon)));
        known.put("events", () -> new CommandLine(new EventsCommand(daemon)));
        known.put("kddm", () -> new CommandLine(new KddmCommand(daemon)));
        known.put("bench", () -> new CommandLine(new BenchCommand(daemon)));
        known.put("kddmstat", () -> new CommandLine(new KddmStatCommand(daemon)));
        known.put("shutdown", () -> new CommandLine(new ShutdownCommand(daemon)));
        known.put("doctor", () -> new CommandLine(new DoctorCommand()));
        known.put(
                "init",
                () -> tool(
                        "init",
                        "Makes a new cluster: its authority, this node's keys and krgd.toml.",
                        "ARG: [--dir DIR] [--cluster NAME] [--session N] [--listen ADDRESS] [--seed ADDRESS]..."));
        known.put(
                "join-token",
                () -> tool(
                        "join-token",
                        "Prints a line with which one more node can join. It holds a private key.",
                        "ARG: [--dir DIR] [--seed ADDRESS]... [--hours N]"));
        known.put(
                "join",
                () -> tool(
                        "join",
                        "Lets this machine join: writes its keys and krgd.toml.",
                        "ARG: [--dir DIR] [--listen ADDRESS] TOKEN"));
        return known;
    }

    private static CommandLine tool(String name, String description, String arguments) {
        CommandLine line = new CommandLine(new DaemonToolCommand(name)).setUnmatchedOptionsArePositionalParams(true);
        line.getCommandSpec().usageMessage().description(description).footer(arguments);
        return line;
    }

    private static boolean asksDaemon(CommandSpec command) {
        return command.userObject() instanceof DaemonCommand;
    }

    /** Does not offer {@code --on} where {@link #run} refuses it. */
    private static void hideNode(CommandLine line) {
        OptionSpec node = line.getCommandSpec().findOption(RootOptions.NODE);
        removeNode(line);
        line.getCommandSpec().addOption(OptionSpec.builder(node).hidden(true).build());
    }

    private static void removeNode(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        spec.remove(spec.findOption(RootOptions.NODE));
        line.getSubcommands().values().stream().distinct().forEach(Cli::removeNode);
    }

    private static int run(ParseResult parsed, Daemon daemon) {
        Integer helped = CommandLine.executeHelpRequest(parsed);
        if (helped != null) {
            return helped;
        }
        if (daemon.isNamed()
                && parsed.hasSubcommand()
                && !asksDaemon(parsed.subcommand().commandSpec())) {
            throw new ParameterException(
                    parsed.asCommandLineList().getLast(),
                    "this command asks no daemon, so " + RootOptions.NODE + " means nothing: leave it out");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static CommandLine root(Object command, Daemon daemon) {
        CommandLine line = new CommandLine(command);
        line.addMixin("root", new RootOptions(daemon));
        return line;
    }

    private static void tellVersion(CommandLine line) {
        line.getCommandSpec().versionProvider(new Version());
        line.getSubcommands().values().forEach(Cli::tellVersion);
    }

    private static CommandLine administration(CommandLine line, Daemon daemon) {
        return line.addSubcommand(new ClusterCommand(daemon)).addSubcommand(new NodesCommand(daemon));
    }

    /** The words after the first that is no option belong to the program. */
    private static CommandLine program(Object command, Daemon daemon) {
        return root(command, daemon).setStopAtPositional(true);
    }

    private static CommandLine program(Object command) {
        return new CommandLine(command).setStopAtPositional(true);
    }

    private int wrongUsage(ParameterException problem, String[] arguments) {
        String name = problem.getCommandLine().getCommandSpec().qualifiedName();
        err.println(name + ": " + oneLine(problem.getMessage()) + "; see " + name + " --help");
        return USAGE;
    }

    private int failure(Exception problem, CommandLine failed) {
        out.flush();
        String name = failed.getCommandSpec().qualifiedName();
        String operation = name.substring(name.indexOf(' ') + 1) + ": ";
        String text = describe(problem);
        err.println(name + ": " + (text.startsWith(operation) ? text.substring(operation.length()) : text));
        return FAILED;
    }

    private static String describe(Exception problem) {
        return switch (problem) {
            case NotRunningException absent -> String.valueOf(absent.getMessage());
            case ControlException refused ->
                withErrno(refused.getMessage(), refused.errno().name());
            case ErrnoException failed -> String.valueOf(failed.getMessage());
            case UncheckedIOException failed -> failed.getMessage() + ": " + failed.getCause();
            default -> problem.getMessage() == null ? problem.toString() : oneLine(problem.getMessage());
        };
    }

    private static String withErrno(String text, String errno) {
        return text.endsWith("(" + errno + ")") ? oneLine(text) : oneLine(text) + " (" + errno + ")";
    }

    private static String oneLine(@Nullable String text) {
        return String.valueOf(text).strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
