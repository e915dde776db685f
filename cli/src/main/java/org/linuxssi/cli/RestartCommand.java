package org.linuxssi.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.linux.DescriptorIo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code restart} and {@code krg restart}. */
@Command(
        name = "restart",
        description = {
            "Starts an application again from a saved version, on this node, with the pids that it had.",
            "Its terminals become /dev/null, unless -t or -f is given."
        })
final class RestartCommand extends DaemonCommand {

    @Option(
            names = {"-f", "--foreground"},
            description = "wait for its first process, end with its status and pass signals on; implies -t")
    private boolean foreground;

    @Option(
            names = {"-t", "--tty"},
            description = "this command's standard input comes in the place of its terminals")
    private boolean terminal;

    @Option(
            names = {"-p", "--pids"},
            description = "print its pids")
    private boolean pids;

    @Option(
            names = {"-s", "--substitute-file"},
            paramLabel = "FILE_ID,FD",
            description =
                    "this command's descriptor FD comes in the place of the file with this number in user_info_N.txt")
    private List<String> files = new ArrayList<>();

    @Option(
            names = {"-U", "--no-unfreeze"},
            description = "it stands still until checkpoint -u lets it go")
    private boolean standsStill;

    @Option(
            names = {"-q", "--quiet"},
            description = "print nothing")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "print its pids")
    private boolean verbose;

    @Parameters(index = "0", paramLabel = "APPID", description = "number of the application")
    private int application;

    @Parameters(index = "1", paramLabel = "VERSION", description = "which of its versions")
    private int version;

    RestartCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        List<Integer> descriptors = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        boolean own = terminal || foreground;
        if (own) {
            descriptors.add(0);
        }
        for (String file : files) {
            if (!file.matches("[0-9]{1,9},[0-9]{1,9}")) {
                throw wrong("'" + file + "' is no FILE_ID,FD");
            }
            int comma = file.indexOf(',');
            numbers.add(Integer.parseInt(file.substring(0, comma)));
            descriptors.add(Integer.parseInt(file.substring(comma + 1)));
        }
        Request request = new Request.Restart(application, version, foreground, own, standsStill, numbers);
        if (foreground) {
            return ProgramSession.run(daemon().connect(), request, descriptors);
        }
        try (ControlClient client = daemon().connect()) {
            client.send(request, descriptors);
            Daemon.expect(client.await(this::passing), Reply.Done.class);
        }
        return 0;
    }

    private void passing(Reply.Passing reply, List<Integer> descriptors) {
        descriptors.forEach(DescriptorIo::close);
        if (reply instanceof Reply.Restarted(List<Integer> started) && (pids || verbose) && !quiet) {
            out().println(started.stream().map(String::valueOf).collect(Collectors.joining(" ")));
        }
    }
}
