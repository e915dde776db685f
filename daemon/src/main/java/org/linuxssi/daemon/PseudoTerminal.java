package org.linuxssi.daemon;

import org.linuxssi.control.WindowSize;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.Terminals;
import org.linuxssi.proc.LaunchRequest.Credentials;

/**
 * A terminal for a program, like those of sshd(8).
 *
 * @param master what its user's command reads and writes
 * @param peer what the program has as its terminal
 */
record PseudoTerminal(int master, int peer) {

    private static final String MULTIPLEXER = "/dev/ptmx";
    private static final int OWNER_ONLY = 0620;
    private static final int O_NOCTTY = 0x100;

    /** Makes a terminal that belongs to the user. */
    static PseudoTerminal open(Credentials user, WindowSize window) {
        int master = Terminals.openMaster(MULTIPLEXER);
        try {
            int peer = Terminals.openPeer(master, Fds.O_RDWR | O_NOCTTY | Fds.O_CLOEXEC);
            Syscalls.call(Nr.FCHOWN, peer, user.uid(), -1);
            Syscalls.call(Nr.FCHMOD, peer, OWNER_ONLY);
            resize(master, window);
            return new PseudoTerminal(master, peer);
        } catch (RuntimeException problem) {
            Fds.close(master);
            throw problem;
        }
    }

    /** Tells the terminal, and through it the programs in its foreground, a new size; unknown sizes change nothing. */
    static void resize(int master, WindowSize window) {
        if (!window.equals(WindowSize.UNKNOWN)) {
            Terminals.window(master, Terminals.windowOf(window.rows(), window.columns()));
        }
    }
}
