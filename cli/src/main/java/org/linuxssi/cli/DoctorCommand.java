package org.linuxssi.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.linuxssi.linux.Probe;
import org.linuxssi.linux.Probes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code krg doctor}. */
@Command(
        name = "doctor",
        description = "Tries what LinuxSSI needs from this machine and says how to mend what is missing.")
final class DoctorCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        List<Probe> probes = Probes.all();
        int width =
                probes.stream().mapToInt(probe -> probe.name().length()).max().orElse(0);
        boolean good = true;
        for (Probe probe : probes) {
            Probe.Result result = probe.run();
            good &= result.ok() || !probe.needed();
            String verdict = result.ok() ? "ok" : probe.needed() ? "missing" : "absent";
            spec.commandLine()
                    .getOut()
                    .println(probe.name() + " ".repeat(width - probe.name().length() + 2) + verdict + "  "
                            + result.detail() + (result.ok() ? "" : ": " + probe.mend()));
        }
        return good ? 0 : Cli.FAILED;
    }
}
