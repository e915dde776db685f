package org.linuxssi.stream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;

/**
 * Pipes, terminals and connected sockets in process images: they stay where they are, and the process uses them from
 * wherever it is.
 *
 * @param streams of this node
 * @param deadline the most to wait for other nodes while the process is frozen
 */
public record RelayedFiles(Streams streams, Duration deadline) implements RelayedFile {

    private static final int OWN_TERMINAL_MAJOR = 5;

    @Override
    public Optional<String> refusal(OpenFile file) {
        if (file.terminal() && file.major() == OWN_TERMINAL_MAJOR && file.minor() == 0) {
            return Optional.of("/dev/tty means another terminal on another node");
        }
        if (!file.pipe() && !file.socket() && !file.terminal()) {
            return Optional.of("no pipe, terminal or connected stream socket");
        }
        try {
            int descriptor = Descriptors.fromProcess(file.pid(), file.fd());
            try {
                return StreamKind.of(descriptor).isPresent() ? Optional.empty() : Optional.of(why(file));
            } finally {
                Descriptors.close(descriptor);
            }
        } catch (ErrnoException problem) {
            return Optional.of(problem.getMessage());
        }
    }

    private static String why(OpenFile file) {
        if (file.pipe()) {
            return "a named pipe open for reading and writing has no other end";
        }
        return file.socket() ? "no connected stream socket" : "the master side of a pseudo terminal";
    }

    @Override
    public Exported export(OpenFile file, int descriptor) {
        Leaving leaving = new Leaving(descriptor, Foreground.of(file.pid()));
        Export export = streams.prepareExport(streams.self(), List.of(leaving), deadline);
        return new Exported() {
            @Override
            public byte[] image() {
                return StreamTicket.CODEC.toBytes(export.tickets().getFirst());
            }

            @Override
            public void moved() {
                export.commit();
            }

            @Override
            public void stays() {
                export.abort();
            }
        };
    }

    @Override
    public int restore(byte[] image) {
        return streams.importTicket(StreamTicket.CODEC.fromBytes(image));
    }
}
