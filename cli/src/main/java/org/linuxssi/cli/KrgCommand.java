package org.linuxssi.cli;

import picocli.CommandLine.Command;

/** {@code krg}. */
@Command(
        name = "krg",
        description = "Runs and looks after programs in the cluster.",
        footer = {
            "",
            "Exit status: 0, 1 when it failed, 2 for wrong usage; that of the program for run, shell and enter."
        })
final class KrgCommand extends DaemonCommand {

    KrgCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        throw wrong("a command is needed");
    }
}
