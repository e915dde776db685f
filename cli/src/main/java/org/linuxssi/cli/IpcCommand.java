package org.linuxssi.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.linuxssi.control.ControlClient;
import org.linuxssi.control.Reply;
import org.linuxssi.control.Request;
import org.linuxssi.control.Request.IpcKind;
import org.linuxssi.linux.DescriptorIo;
import org.linuxssi.linux.Fds;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code ipccheckpoint} and {@code ipcrestart} have in common. */
@Command
abstract class IpcCommand extends DaemonCommand {

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init")
    private Choice choice;

    IpcCommand(Daemon daemon) {
        super(daemon);
    }

    /** Which kind of object. */
    private static final class Choice {
        @Option(names = "-q", description = "a message queue")
        private boolean queue;

        @Option(names = "-s", description = "an array of semaphores")
        private boolean semaphores;

        @Option(names = "-m", description = "shared memory")
        private boolean memory;

        IpcKind kind() {
            if (queue) {
                return IpcKind.QUEUE;
            }
            if (semaphores) {
                return IpcKind.SEMAPHORES;
            }
            if (memory) {
                return IpcKind.MEMORY;
            }
            throw new IllegalStateException("none of -q, -s and -m");
        }
    }

    final void ask(int id, boolean restore, int file) {
        try (ControlClient client = daemon().connect()) {
            client.send(new Request.Ipc(choice.kind(), id, restore), List.of(file));
            Daemon.expect(client.await((_, descriptors) -> descriptors.forEach(DescriptorIo::close)), Reply.Done.class);
        }
    }

    /** {@code ipccheckpoint}. */
    @Command(
            name = "ipccheckpoint",
            description = "Saves a message queue, semaphores or shared memory of System V to a file, which it makes.")
    static final class Save extends IpcCommand {

        private static final int CREATE_NEW = 0302;
        private static final int OWNER_ONLY = 0600;

        @Parameters(index = "0", paramLabel = "ID", description = "its number, as ipcs shows it")
        private int id;

        @Parameters(index = "1", paramLabel = "FILE", description = "where to; nothing may be there")
        private String file = "";

        Save(Daemon daemon) {
            super(daemon);
        }

        @Override
        public Integer call() throws IOException {
            if (id < 0) {
                throw wrong("ID is a number from 0 on");
            }
            int descriptor = Fds.create(file, CREATE_NEW, OWNER_ONLY);
            boolean saved = false;
            try {
                ask(id, false, descriptor);
                saved = true;
            } finally {
                Fds.close(descriptor);
                if (!saved) {
                    Files.deleteIfExists(Path.of(file));
                }
            }
            return 0;
        }
    }

    /** {@code ipcrestart}. */
    @Command(
            name = "ipcrestart",
            description =
                    "Makes a message queue, semaphores or shared memory of System V again, with its number and key.")
    static final class Restore extends IpcCommand {

        @Parameters(index = "0", paramLabel = "FILE", description = "what ipccheckpoint wrote")
        private String file = "";

        Restore(Daemon daemon) {
            super(daemon);
        }

        @Override
        public Integer call() {
            int descriptor = Fds.open(file, Fds.O_RDONLY);
            try {
                ask(0, true, descriptor);
            } finally {
                Fds.close(descriptor);
            }
            return 0;
        }
    }
}
