package org.linuxssi.stream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.linuxssi.ghost.spi.OpenFile;
import org.linuxssi.ghost.spi.RelayedFile;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * Takes pipes, terminals and connected stream sockets along when a process moves, as relayed streams, and regular files
 * whose offset it shares with others.
 */
public final class StreamRelays implements RelayedFile {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Major number of {@code /dev/tty}, with minor 0 ({@code linux/major.h}). */
    private static final int OWN_TERMINAL_MAJOR = 5;

    private static final int TICKET = 8192;

    /** How the line of {@code /proc/PID/fdinfo/N} begins that counts descriptors under way. */
    private static final String DESCRIPTORS = "scm_fds:";

    private final Streams streams;
    private final SharedOffsets offsets;
    private final NodeId destination;

    private enum Kind {
        STREAM,
        OFFSET
    }

    @SuppressWarnings("ArrayRecordComponent") // a value that is never compared
    private record Image(Kind kind, byte[] ticket) {
        static final Codec<Image> CODEC = Codec.of(
                (image, out) -> out.constant(image.kind).bytes(image.ticket),
                in -> new Image(in.constant(Kind.values()), in.bytes(TICKET)));
    }

    /**
     * Relays by these streams.
     *
     * @param destination where processes go from here; {@link #towards} says it for each
     */
    public StreamRelays(Streams streams, SharedOffsets offsets, NodeId destination) {
        this.streams = streams;
        this.offsets = offsets;
        this.destination = destination;
    }

    @Override
    public RelayedFile towards(NodeId node) {
        return new StreamRelays(streams, offsets, node);
    }

    @Override
    public Optional<String> refusal(OpenFile file) {
        if (!file.pipe() && !file.terminal() && !file.socket()) {
            return Optional.of("files of this kind cannot be relayed");
        }
        if (file.terminalMaster()) {
            return Optional.of("the master of a terminal stays with it; programs on the terminal can move");
        }
        if (file.socket() && file.extra().stream().anyMatch(StreamRelays::descriptorsWait)) {
            return Optional.of("descriptors that were sent to it wait there");
        }
        try (PidFd process = PidFd.open(file.pid())) {
            int descriptor = process.take(file.fd());
            try {
                if (ownTerminal(file)) {
                    Optional<Integer> named = OwnTerminal.named(file.pid(), descriptor);
                    named.ifPresent(Fds::close);
                    return named.isPresent()
                            ? Optional.empty()
                            : Optional.of("only pseudo terminals that the process can see in /dev/pts can be relayed");
                }
                return StreamKind.of(descriptor).isPresent()
                        ? Optional.empty()
                        : Optional.of(kind(file, descriptor)
                                + "; only pipe ends, terminals and connected stream sockets can be relayed");
            } finally {
                Fds.close(descriptor);
            }
        }
    }

    private static boolean descriptorsWait(String line) {
        return line.startsWith(DESCRIPTORS)
                && !line.substring(DESCRIPTORS.length()).strip().equals("0");
    }

    private static String kind(OpenFile file, int descriptor) {
        return file.socket()
                ? StreamSockets.describe(descriptor)
                : file.pipe() ? "both ends of a named pipe in one" : "a device";
    }

    @Override
    public boolean sharesOffsets() {
        return true;
    }

    @Override
    public boolean shared(OpenFile file) {
        return offsets.knows(file.pid(), file.fd(), file.link());
    }

    @Override
    public boolean sharedOutside(OpenFile file) {
        return offsets.sharedOutside(file.pid(), file.fd(), file.link());
    }

    @Override
    public Exported export(OpenFile file, int descriptor) {
        return file.regular() ? offset(file, descriptor) : stream(file, descriptor);
    }

    private Exported offset(OpenFile file, int descriptor) {
        byte[] ticket = offsets.depart(descriptor, file.link());
        return new Exported() {
            @Override
            public byte[] image() {
                return Image.CODEC.toBytes(new Image(Kind.OFFSET, ticket));
            }

            @Override
            public void moved() {
                // the nodes that use the offset tell each other
            }

            @Override
            public void stays() {
                // an offset that no other node uses is forgotten
            }
        };
    }

    private static boolean ownTerminal(OpenFile file) {
        return file.terminal() && file.major() == OWN_TERMINAL_MAJOR && file.minor() == 0;
    }

    /** A descriptor from /dev/tty goes as one of the terminal that it means. */
    private static int named(OpenFile file, int descriptor) {
        try {
            return OwnTerminal.named(file.pid(), descriptor)
                    .orElseThrow(() -> new StreamException("/dev/tty of process " + file.pid() + " has no name here"));
        } finally {
            Fds.close(descriptor);
        }
    }

    private Exported stream(OpenFile file, int descriptor) {
        Leaving leaving = new Leaving(ownTerminal(file) ? named(file, descriptor) : descriptor);
        return new ExportedStream(streams.beginExport(destination, List.of(leaving)));
    }

    private static final class ExportedStream implements Exported {
        private final Streams.Beginning beginning;
        private @Nullable Export export;

        ExportedStream(Streams.Beginning beginning) {
            this.beginning = beginning;
        }

        @Override
        public byte[] image() {
            Export done = export == null ? beginning.await(PATIENCE) : export;
            export = done;
            return Image.CODEC.toBytes(new Image(
                    Kind.STREAM, StreamTicket.CODEC.toBytes(done.tickets().getFirst())));
        }

        @Override
        public void moved() {
            if (export != null) {
                export.commit();
            }
        }

        @Override
        public void stays() {
            if (export == null) {
                beginning.giveUp();
            } else {
                export.abort();
            }
        }
    }

    @Override
    public int restore(byte[] image) {
        Image one = Image.CODEC.fromBytes(image);
        return switch (one.kind()) {
            case STREAM -> streams.importTicket(StreamTicket.CODEC.fromBytes(one.ticket()));
            case OFFSET -> offsets.arrive(one.ticket());
        };
    }
}
