package org.linuxssi.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Fds;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code krgcr-run}. */
@Command(
        name = "krgcr-run",
        description = {
            "Runs a program that can be saved with all that it starts, in a session of its own.",
            "Its input, output, signals and exit status are those of this command, as with krg run."
        })
final class RunApplicationCommand extends DaemonCommand {

    private static final int WRITE = 01;
    private static final int TRUNCATE = 01000;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "its output and errors go to this file, its input is /dev/null")
    private @Nullable String output;

    @Option(
            names = {"-b", "--background"},
            description = "do not wait for it")
    private boolean background;

    @Option(
            names = {"-q", "--quiet"},
            description = "do not print the number of the application")
    private boolean quiet;

    @Parameters(arity = "1..*", paramLabel = "PROG", description = "the program and its arguments")
    private List<String> arguments = new ArrayList<>();

    RunApplicationCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        Request.Run program = ProgramOptions.program(arguments, Optional.empty(), false);
        Request request = new Request.RunApplication(output == null ? program : whole(program), background);
        List<Integer> descriptors = output == null ? program.descriptors() : redirected(output);
        if (!background) {
            return ProgramSession.run(daemon().connect(), request, descriptors, this::tell);
        }
        try (ControlClient client = daemon().connect()) {
            client.send(request, descriptors);
            Daemon.expect(client.await(this::passing), Reply.Done.class);
        }
        return 0;
    }

    private static Request.Run whole(Request.Run run) {
        return new Request.Run(
                run.arguments(), run.environment(), run.directory(), run.umask(), run.node(), false, run.window());
    }

    private static List<Integer> redirected(String output) {
        int file = Fds.create(output, WRITE | TRUNCATE, 0666);
        return List.of(Fds.open("/dev/null", 0), file, file);
    }

    private void passing(Reply.Passing reply, List<Integer> descriptors) {
        descriptors.forEach(DescriptorIo::close);
        if (reply instanceof Reply.Started(int pid, var _)) {
            tell(pid);
        }
    }

    private void tell(int pid) {
        if (!quiet) {
            out().println("Running application " + pid);
            out().flush();
        }
    }
}
