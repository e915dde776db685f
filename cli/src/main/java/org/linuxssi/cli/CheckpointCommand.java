package org.linuxssi.cli;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.Request.CheckpointStep;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code checkpoint} and {@code krg checkpoint}. */
@Command(
        name = "checkpoint",
        description = {
            "Saves the application that a process belongs to.",
            "Without -f, -c, -u and -k all its processes are frozen, saved and let go."
        })
final class CheckpointCommand extends DaemonCommand {

    private static final Pattern OPTIONAL_SIGNAL =
            Pattern.compile("-([fcaqbiv]*)([uk])([A-Za-z0-9]*)|--(unfreeze|kill)(?:=(.*))?");
    private static final String NONE = "0";
    private static final String TERM = "15";

    @Option(
            names = {"-f", "--freeze"},
            description = "freeze it")
    private boolean freeze;

    @Option(
            names = {"-u", "--unfreeze"},
            paramLabel = "[SIG]",
            description = "let it go; with a signal right then")
    private @Nullable String unfreeze;

    @Option(
            names = {"-c", "--ckpt-only"},
            description = "save it; it has to be frozen")
    private boolean save;

    @Option(
            names = {"-k", "--kill"},
            paramLabel = "[SIG]",
            description =
                    "end it, with TERM or another signal; it is frozen and saved before, unless -f, -c or -u say else")
    private @Nullable String kill;

    @Option(
            names = {"-a", "--from-appid"},
            description = "the number is that of the application")
    private boolean application;

    @Option(
            names = {"-q", "--quiet"},
            description = "print nothing")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "print what was written and how long it stood still")
    private boolean verbose;

    @Option(
            names = {"-d", "--description"},
            paramLabel = "TEXT",
            description = "what to say about the version")
    private String description = "";

    @Option(
            names = {"-i", "--ignore-unsupported-files"},
            description = "leave out files that can't be saved: they are closed when it is restarted")
    private boolean leavesOut;

    @Option(names = "--keep", paramLabel = "N", description = "keep the newest N versions, remove older ones")
    private int keep;

    @Parameters(paramLabel = "PID", description = "any process of it")
    private int pid;

    CheckpointCommand(Daemon daemon) {
        super(daemon);
    }

    /** Makes the command accept what has no meaning as long as no functions of programs are called. */
    static CommandLine complete(CommandLine line) {
        line.getCommandSpec()
                .addOption(OptionSpec.builder("-b", "--no-callbacks")
                        .type(boolean.class)
                        .description("call no functions of the program; none are called yet")
                        .build());
        return line;
    }

    /** Gives options that may have a signal one, so that none takes the next word for it. */
    static List<String> withSignals(List<String> arguments) {
        return arguments.stream().flatMap(word -> withSignal(word).stream()).toList();
    }

    private static List<String> withSignal(String word) {
        Matcher matcher = OPTIONAL_SIGNAL.matcher(word);
        if (!matcher.matches()) {
            return List.of(word);
        }
        boolean kills = "k".equals(matcher.group(2)) || "kill".equals(matcher.group(4));
        String given = Optional.ofNullable(matcher.group(3))
                .or(() -> Optional.ofNullable(matcher.group(5)))
                .orElse("");
        String option = (kills ? "--kill=" : "--unfreeze=") + (given.isEmpty() ? (kills ? TERM : NONE) : given);
        String others = matcher.group(1);
        return others == null || others.isEmpty() ? List.of(option) : List.of("-" + others, option);
    }

    @Override
    public Integer call() {
        Set<CheckpointStep> steps = steps();
        if (description.length() > 1000) {
            throw wrong("the description has more than 1000 letters");
        }
        if (keep < 0) {
            throw wrong("--keep takes a number from 1 on");
        }
        Request request = new Request.Checkpoint(pid, application, steps, signal(), description, leavesOut, keep);
        Reply.Checkpointed done = daemon().ask(request, Reply.Checkpointed.class);
        if (!quiet) {
            done.lines().forEach(out()::println);
        }
        if (verbose) {
            out().println(String.format(
                    Locale.ROOT,
                    "application %d: %d processes, %d bytes of memory, frozen %.3f ms",
                    done.application(),
                    done.processes(),
                    done.bytes(),
                    done.frozenNanos() / 1e6));
        }
        return 0;
    }

    private Set<CheckpointStep> steps() {
        if (unfreeze != null && kill != null) {
            throw wrong("-u and -k exclude each other");
        }
        Set<CheckpointStep> steps = EnumSet.noneOf(CheckpointStep.class);
        boolean some = freeze || save || unfreeze != null;
        if (freeze || !some) {
            steps.add(CheckpointStep.FREEZE);
        }
        if (save || !some) {
            steps.add(CheckpointStep.SAVE);
        }
        if (kill != null) {
            steps.add(CheckpointStep.KILL);
        } else if (unfreeze != null || !some) {
            steps.add(CheckpointStep.UNFREEZE);
        }
        return steps;
    }

    private int signal() {
        String wanted = kill != null ? kill : unfreeze;
        return wanted == null ? 0 : SignalName.number(wanted).orElseThrow(() -> wrong("'" + wanted + "' is no signal"));
    }
}
