package org.linuxssi.cli;

import org.linuxssi.tools.NodeId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What every command and subcommand understands. */
@SuppressWarnings("UnusedVariable") // picocli itself acts on help and version
@Command(versionProvider = Version.class)
final class RootOptions {

    private final Daemon daemon;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    RootOptions(Daemon daemon) {
        this.daemon = daemon;
    }

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "show this help and end")
    private boolean help;

    @Option(
            names = "--version",
            versionHelp = true,
            scope = ScopeType.INHERIT,
            description = "show the version and end")
    private boolean version;

    @Option(
            names = "--on",
            paramLabel = "NODE",
            scope = ScopeType.INHERIT,
            description = "ask the daemon of this node of the test bed")
    void on(int node) {
        try {
            daemon.on(NodeId.of(node));
        } catch (IllegalArgumentException problem) {
            throw new ParameterException(spec.commandLine(), String.valueOf(problem.getMessage()));
        }
    }
}
