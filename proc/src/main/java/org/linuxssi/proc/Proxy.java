package org.linuxssi.proc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.tools.NodeId;

/**
 * The stand-in on this node for a process that lives on another: an agent with the same pid, which does what happens to
 * the process, so that relatives here see it by the kernel's own means.
 */
final class Proxy {

    private static final int MARK = 0x50525859;
    private static final int SET_MASK = 2;
    private static final int UNBLOCK = 1;
    private static final int RLIMIT_CORE = 4;
    private static final long AGAIN_MILLIS = 20;

    private final int pid;
    private final Agent agent;
    private boolean dismissed;
    private boolean stopped;
    private CompletableFuture<long[]> stop = CompletableFuture.completedFuture(new long[0]);
    private int turns;
    private Optional<NodeId> teller = Optional.empty();
    private long inherited;

    Proxy(int pid, Agent agent) {
        this.pid = pid;
        this.agent = agent;
        mark(MARK);
    }

    /** Tells whether an agent that a former daemon left was a proxy. */
    static boolean marked(Agent agent) {
        byte[] note = AgentMemory.read(agent.hostPid(), AgentImage.DATA_AT + AgentImage.NOTE, 4);
        return ByteBuffer.wrap(note).order(ByteOrder.LITTLE_ENDIAN).getInt() == MARK;
    }

    private void mark(int mark) {
        byte[] note = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(mark)
                .array();
        AgentMemory.write(agent.hostPid(), AgentImage.DATA_AT + AgentImage.NOTE, note);
    }

    /** The process had these signals pending, one bit each, when it became this proxy; it is elsewhere and lacks them. */
    synchronized void inherit(long pending) {
        inherited = pending;
    }

    /** Tells, once, whether the process had got a signal that hits the proxy now. */
    synchronized boolean inherited(int signal) {
        long bit = 1L << (signal - 1);
        boolean was = (inherited & bit) != 0;
        inherited &= ~bit;
        return was;
    }

    int pid() {
        return pid;
    }

    Agent agent() {
        return agent;
    }

    /** The process ended: so does the proxy, in the same way. */
    synchronized void end(WaitStatus status) {
        dismissed = true;
        goOn();
        if (status.exited()) {
            Futures.unattended(agent.call(Nr.EXIT_GROUP, status.code()));
        } else if (status.signal() == Signals.SIGKILL) {
            Signals.kill(agent.hostPid(), Signals.SIGKILL);
        } else {
            CallTable table = new CallTable();
            table.may(Nr.PRLIMIT64, 0, RLIMIT_CORE, table.words(0, 0), 0);
            raise(table, status.signal());
            table.may(Nr.EXIT_GROUP, status.shellCode());
            Futures.unattended(agent.run(table));
        }
    }

    /**
     * The process stopped: so does the proxy. When it was stopped already, the process had gone on for a moment, unless it
     * is at another node than the last time: then it moved while it was stopped.
     *
     * @param node where the process is
     */
    synchronized void stop(int signal, NodeId node) {
        boolean moved = !teller.equals(Optional.of(node));
        teller = Optional.of(node);
        if (stopped && moved) {
            return;
        }
        if (stopped) {
            goOn();
        }
        stopped = true;
        int turn = turns;
        Futures.unattended(stop.handle((_, _) -> {
            stopInTurn(signal, turn);
            return signal;
        }));
    }

    /** The agent has come out of its former stop; the process may have gone on since. */
    private synchronized void stopInTurn(int signal, int turn) {
        if (turn == turns) {
            CallTable table = new CallTable();
            raise(table, signal);
            table.may(Nr.RT_SIGPROCMASK, SET_MASK, AgentImage.DATA_AT + AgentImage.ALL_SIGNALS, 0, 8);
            stop = agent.run(table);
            Futures.unattended(stop);
        }
    }

    /** The proxy stands still already; the process's own stop is no news then. */
    synchronized void stopsByItself() {
        stopped = true;
    }

    /** The process goes on: so does the proxy. */
    synchronized void goOn() {
        stopped = false;
        turns++;
        Signals.queue(agent.hostPid(), wake(Signals.SIGCONT));
        goOnLater(stop);
    }

    /** The agent may have been about to stop: then it is let go on again. */
    private void goOnLater(CompletableFuture<long[]> former) {
        Futures.unattended(
                former.copy().orTimeout(AGAIN_MILLIS, TimeUnit.MILLISECONDS).exceptionally(late -> {
                    if (late instanceof TimeoutException) {
                        goOnAgain(former);
                    }
                    return new long[0];
                }));
    }

    private synchronized void goOnAgain(CompletableFuture<long[]> former) {
        if (!former.isDone()) {
            Signals.queue(agent.hostPid(), wake(Signals.SIGCONT));
            goOnLater(former);
        }
    }

    private static SignalInfo wake(int signal) {
        return new SignalInfo(signal, Signals.SI_WAKE, 0, 0, 0);
    }

    private void raise(CallTable table, int signal) {
        table.may(Nr.RT_SIGPROCMASK, UNBLOCK, table.words(1L << (signal - 1)), 0, 8);
        table.may(Nr.TGKILL, pid, pid, signal);
    }

    /** The proxy is needed no more; it goes without a word, unless it is about to end as its process did. */
    synchronized void dismiss() {
        if (!dismissed) {
            dismissed = true;
            Signals.kill(agent.hostPid(), Signals.SIGKILL);
        }
    }

    /** Tells whether its end is by our own will. */
    synchronized boolean dismissed() {
        return dismissed;
    }

    /** The agent is about to be something else. */
    void unmark() {
        mark(0);
    }
}
