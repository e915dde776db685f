package org.linuxssi.proc;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Terminals;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * The controlling terminal of a session that is spread over nodes, as one of the nodes has it: the original, or a stand-in.
 * Every change of the foreground group has a version, given out by the node of the original; the latest counts.
 */
final class SharedTerminal {

    private final int session;
    private final NodeId original;
    private final boolean originalHere;
    private final long device;
    private final int descriptor;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Optional<TerminalKeeper> keeper = Optional.empty();
    private volatile NodeSet users = NodeSet.EMPTY;
    private volatile int foreground;
    private long version;
    private boolean closed;

    /**
     * A terminal without a keeper.
     *
     * @param original the node of the original
     * @param originalHere whether that is this node
     * @param device number of the local terminal
     * @param descriptor of ours, taken over: of the stand-in, which it keeps open; or a path to the original (O_PATH), which
     *     does not
     */
    SharedTerminal(int session, NodeId original, boolean originalHere, long device, int descriptor) {
        this.session = session;
        this.original = original;
        this.originalHere = originalHere;
        this.device = device;
        this.descriptor = descriptor;
    }

    int session() {
        return session;
    }

    NodeId original() {
        return original;
    }

    boolean originalHere() {
        return originalHere;
    }

    long device() {
        return device;
    }

    int foreground() {
        return foreground;
    }

    Optional<TerminalKeeper> keeper() {
        return keeper;
    }

    void keeper(TerminalKeeper made) {
        lock.lock();
        try {
            keeper = Optional.of(made);
            show();
        } finally {
            lock.unlock();
        }
    }

    NodeSet users() {
        return users;
    }

    void use(NodeId node) {
        lock.lock();
        try {
            users = users.plus(node);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the modes of a stand-in as the original has them; a request of {@link Terminals#modes(int, long)}. */
    byte[] modes(long request) {
        byte[] modes = Terminals.modes(descriptor, request);
        int local = Terminals.flags(modes, Terminals.LOCAL_MODES);
        Terminals.flags(modes, Terminals.LOCAL_MODES, local & ~Terminals.EXTPROC);
        return modes;
    }

    /** Tells whether nobody uses it any more. */
    boolean leave(NodeId node) {
        lock.lock();
        try {
            users = users.minus(node);
            return users.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** What one node tells another: the foreground group and its version. */
    ProcServices.Foreground state() {
        lock.lock();
        try {
            return new ProcServices.Foreground(session, foreground, version);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes a group of this node the foreground group here.
     *
     * @return false when the kernel does not have such a group in the session
     */
    boolean set(int group) {
        lock.lock();
        try {
            return keeper.isPresent()
                    && !closed
                    && withTerminal(one -> keeper.get().foreground(one, group));
        } finally {
            lock.unlock();
        }
    }

    /** Records a change that was made on the node of the original, which this is. */
    ProcServices.Foreground changed(int group) {
        lock.lock();
        try {
            foreground = group;
            version++;
            return new ProcServices.Foreground(session, group, version);
        } finally {
            lock.unlock();
        }
    }

    /** Follows a change that the node of the original made, unless a later one has come. */
    void follow(ProcServices.Foreground change) {
        lock.lock();
        try {
            if (change.version() >= version) {
                version = change.version();
                foreground = change.group();
                show();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets what should be in the foreground here; members of the group may have come or gone. */
    void show() {
        lock.lock();
        try {
            if (!closed) {
                keeper.ifPresent(one -> withTerminal(terminal -> show(one, terminal)));
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean show(TerminalKeeper one, int terminal) {
        if (foreground == 0 || !one.foreground(terminal, foreground)) {
            one.foregroundAlone(terminal);
        }
        return true;
    }

    /** Lets go of a stand-in whose session ends here though its terminal is used on: nobody gets a signal. */
    void detach(Agent leader) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            keeper.ifPresent(one -> withTerminal(terminal -> {
                one.foregroundAlone(terminal);
                return true;
            }));
            LeaderCalls.giveUp(leader, descriptor);
        } finally {
            lock.unlock();
            close();
        }
    }

    /** Ends the keeper and closes our descriptor. */
    void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                keeper.ifPresent(TerminalKeeper::end);
                Descriptors.close(descriptor);
            }
        } finally {
            lock.unlock();
        }
    }

    private interface Use {
        boolean with(int terminal);
    }

    private boolean withTerminal(Use use) {
        if (!originalHere) {
            return use.with(descriptor);
        }
        try {
            int open =
                    Descriptors.reopen(descriptor, Descriptors.O_RDWR | Descriptors.O_NOCTTY | Descriptors.O_NONBLOCK);
            try {
                return use.with(open);
            } finally {
                Fds.close(open);
            }
        } catch (ErrnoException hungUp) {
            return false;
        }
    }
}
