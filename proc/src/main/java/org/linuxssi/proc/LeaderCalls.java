package org.linuxssi.proc;

import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.Terminals;

/** What the agent that leads a session does with the session's terminal. */
final class LeaderCalls {

    private LeaderCalls() {}

    /** Makes a terminal the controlling one of the leader's session. */
    static void take(Agent leader, int terminal) {
        Syscalls.check("make a terminal that of session " + leader.pid(), ioctl(leader, terminal, Terminals.TIOCSCTTY));
    }

    /** Gives the terminal up for the whole session; its foreground group gets SIGHUP and SIGCONT. */
    static void giveUp(Agent leader, int terminal) {
        long result = ioctl(leader, terminal, Terminals.TIOCNOTTY);
        Syscalls.check("give up the terminal of session " + leader.pid(), result);
    }

    private static long ioctl(Agent leader, int terminal, long request) {
        int number = ProxyFactory.await(leader.install(terminal, true));
        CallTable table = new CallTable();
        table.may(Nr.IOCTL, number, request, 0);
        table.may(Nr.CLOSE, number);
        return ProxyFactory.await(leader.run(table))[0];
    }
}
