package org.linuxssi.cli;

import picocli.CommandLine.Command;

/** {@code krgadm}. */
@Command(name = "krgadm", description = "Starts, stops and changes the cluster.")
final class KrgadmCommand extends DaemonCommand {

    KrgadmCommand(Daemon daemon) {
        super(daemon);
    }

    @Override
    public Integer call() {
        throw wrong("a command is needed: cluster or nodes");
    }
}
