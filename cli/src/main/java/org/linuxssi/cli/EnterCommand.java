package org.linuxssi.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.linuxssi.control.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code krg enter}. */
@Command(
        name = "enter",
        description = "Opens a shell, or runs a program, where a process lives: on its node, in its directory.")
final class EnterCommand extends DaemonCommand {

    @Option(
            names = {"-T", "--no-tty"},
            description = "without a terminal of its own")
    private boolean plain;

    @Parameters(index = "0", paramLabel = "PID", description = "the process")
    private int pid;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "CMD", description = "a program and its arguments")
    private List<String> arguments = new ArrayList<>();

    EnterCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        boolean separated = !arguments.isEmpty() && arguments.getFirst().equals("--");
        List<String> words = separated ? arguments.subList(1, arguments.size()) : arguments;
        List<String> program =
                words.isEmpty() ? List.of(daemon().variable("SHELL").orElse("/bin/sh")) : words;
        Request.Run run = ProgramOptions.program(program, Optional.empty(), !plain);
        return ProgramSession.run(daemon().connect(), new Request.Enter(pid, run), run.descriptors());
    }
}
