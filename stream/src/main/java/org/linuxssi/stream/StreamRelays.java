package org.linuxssi.stream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.PidFd;
import org.linuxssi.tools.NodeId;

/** Takes pipes, terminals and connected stream sockets along when a process moves: as relayed streams. */
public final class StreamRelays implements RelayedFile {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Major number of {@code /dev/tty}, with minor 0 ({@code linux/major.h}). */
    private static final int OWN_TERMINAL_MAJOR = 5;

    private final Streams streams;
    private final NodeId destination;

    /**
     * Relays by these streams.
     *
     * @param destination where processes go from here; {@link #towards} says it for each
     */
    public StreamRelays(Streams streams, NodeId destination) {
        this.streams = streams;
        this.destination = destination;
    }

    @Override
    public RelayedFile towards(NodeId node) {
        return new StreamRelays(streams, node);
    }

    @Override
    public Optional<String> refusal(OpenFile file) {
        if (!file.pipe() && !file.terminal() && !file.socket()) {
            return Optional.of("files of this kind cannot be relayed");
        }
        if (file.terminal() && file.major() == OWN_TERMINAL_MAJOR && file.minor() == 0) {
            return Optional.of("/dev/tty would mean another terminal on another node");
        }
        try (PidFd process = PidFd.open(file.pid())) {
            int descriptor = process.take(file.fd());
            try {
                return StreamKind.of(descriptor).isPresent()
                        ? Optional.empty()
                        : Optional.of("only pipe ends, terminals and connected stream sockets can be relayed");
            } finally {
                Fds.close(descriptor);
            }
        }
    }

    @Override
    public Exported export(OpenFile file, int descriptor) {
        Leaving leaving = new Leaving(descriptor, file.terminal() ? Foreground.of(file.pid()) : Foreground.ALWAYS);
        Export export = streams.prepareExport(destination, List.of(leaving), PATIENCE);
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
