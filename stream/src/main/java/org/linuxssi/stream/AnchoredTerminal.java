package org.linuxssi.stream;

import java.util.Arrays;
import java.util.Collection;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Terminals;

/**
 * What only an original that is a terminal has: its modes and window size, which the stand-ins follow, and the rule who may
 * read. Confined to the loop's thread.
 */
final class AnchoredTerminal {

    private static final long FOREGROUND_RETRY_MILLIS = 200;
    private static final long CHECK_MILLIS = 500;

    private final Hub hub;
    private final int descriptor;
    private final long device;
    private final Collection<Remote> remotes;
    private final Runnable pump;
    private byte[] modes;
    private byte[] window;
    private boolean retrying;
    private boolean closed;

    /**
     * Begins to watch the terminal.
     *
     * @param descriptor the daemon's own of the terminal
     * @param remotes the stand-ins at each moment
     * @param pump has the anchor look for something to do
     */
    AnchoredTerminal(Hub hub, int descriptor, Collection<Remote> remotes, Runnable pump) {
        this.hub = hub;
        this.descriptor = descriptor;
        this.remotes = remotes;
        this.pump = pump;
        modes = Terminals.modes(descriptor);
        window = Terminals.window(descriptor);
        device = Terminals.device(descriptor);
        hub.loop().after(CHECK_MILLIS, this::watch);
    }

    byte[] modes() {
        return modes;
    }

    byte[] window() {
        return window;
    }

    private void watch() {
        if (!closed) {
            check();
            hub.loop().after(CHECK_MILLIS, this::watch);
        }
    }

    /** Tells the stand-ins of a new window size or new modes, and serves who is in the foreground now. */
    void check() {
        if (closed) {
            return;
        }
        try {
            byte[] size = Terminals.window(descriptor);
            if (!Arrays.equals(size, window)) {
                window = size;
                remotes.forEach(remote -> remote.tell(hub, Frame.Type.WINDOW, 0, size));
            }
            byte[] now = Terminals.modes(descriptor);
            if (!Arrays.equals(now, modes)) {
                modes = now;
                remotes.forEach(remote -> remote.tell(hub, Frame.Type.MODES_DOWN, 0, now));
            }
            pump.run();
        } catch (ErrnoException problem) {
            if (problem.errno() != Errno.EIO) {
                throw problem;
            }
        }
    }

    /** A program changed the modes of its stand-in; the other stand-ins follow. */
    void change(Remote.Key from, byte[] after) {
        if (after.length != Terminals.TERMIOS_SIZE) {
            return;
        }
        byte[] wanted = TerminalStandIn.originalModes(Terminals.modes(descriptor), after);
        Terminals.modes(descriptor, wanted);
        modes = Terminals.modes(descriptor);
        remotes.stream()
                .filter(remote -> !remote.key.equals(from))
                .forEach(remote -> remote.tell(hub, Frame.Type.MODES_DOWN, 0, modes));
    }

    /** Leaves the input to others while the reader is in the background. */
    boolean mayRead(Wish.Reader reader) {
        if (hub.foreground().mayRead(device, reader.session(), reader.group())) {
            return true;
        }
        if (!retrying) {
            retrying = true;
            hub.loop().after(FOREGROUND_RETRY_MILLIS, () -> {
                retrying = false;
                pump.run();
            });
        }
        return false;
    }

    /** Ends the watch. */
    void close() {
        closed = true;
    }
}
