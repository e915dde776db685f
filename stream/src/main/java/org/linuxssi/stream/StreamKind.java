package org.linuxssi.stream;

import java.util.Optional;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.StreamSockets;
import org.linuxssi.linux.Terminals;

/** What kinds of descriptors can be used on another node than the one they are on. */
public enum StreamKind {
    /** An end of a pipe or of a named pipe, for reading or for writing. */
    PIPE,
    /** A connected stream socket, local or of a network. */
    SOCKET,
    /** A terminal (not the master side of a pseudo terminal). */
    TERMINAL;

    /**
     * Returns the kind of a descriptor of this process, or nothing when it cannot be relayed: regular files, listening
     * and datagram sockets, masters of pseudo terminals, named pipes open for reading and writing, and all else.
     */
    public static Optional<StreamKind> of(int descriptor) {
        return switch (Descriptors.status(descriptor).type()) {
            case Descriptors.S_IFIFO ->
                accessMode(descriptor) == Descriptors.O_RDWR ? Optional.empty() : Optional.of(PIPE);
            case Descriptors.S_IFSOCK ->
                StreamSockets.isConnectedStream(descriptor) ? Optional.of(SOCKET) : Optional.empty();
            case Descriptors.S_IFCHR ->
                Terminals.isTerminal(descriptor) && !Terminals.isMaster(descriptor)
                        ? Optional.of(TERMINAL)
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    static int accessMode(int descriptor) {
        return Descriptors.flags(descriptor) & Descriptors.O_ACCMODE;
    }
}
