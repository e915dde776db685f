package org.linuxssi.proc;

import java.util.Optional;
import java.util.function.Consumer;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Terminals;

/**
 * An agent in a session that has a controlling terminal. It is a child of init and stands for no process. It sets the
 * terminal's foreground group for the daemon, is a member of that group itself, so that it gets the terminal's signals
 * even if no other member is on this node, and can make further members of the session.
 */
final class TerminalKeeper {

    private static final int INIT = 1;
    private static final int CLONE_PARENT = 0x8000;
    private static final int WAIT_ALL = 0x4000_0000;

    private final Agent agent;

    private TerminalKeeper(Agent agent) {
        this.agent = agent;
    }

    /**
     * Makes one.
     *
     * @param member an agent of the session that has the terminal
     * @param heard is given the signals that it gets; must be short
     * @throws ErrnoException when the member's parent collects the orphans below it
     */
    static TerminalKeeper make(Container container, Agent member, Consumer<SignalInfo> heard) {
        Agent agent = parent(container, member) == INIT
                ? spawn(container, member, CLONE_PARENT)
                : spawnOrphan(container, member);
        try {
            if (parent(container, agent) != INIT) {
                throw new ErrnoException("make a child of init in the session of " + member, Errno.EAGAIN);
            }
            CallTable table = new CallTable();
            table.must(Nr.CLOSE_RANGE, 0, 0xffff_ffffL, 0);
            table.must(Nr.SETPGID, 0, 0);
            ProxyFactory.await(agent.run(table));
            watch(container, agent);
            agent.listen(heard);
            return new TerminalKeeper(agent);
        } catch (ErrnoException problem) {
            Futures.unattended(agent.call(Nr.EXIT_GROUP, 0));
            throw problem;
        }
    }

    private static int parent(Container container, Agent agent) {
        return Member.of(container.numbers(), agent.hostPid())
                .map(member -> member.numbers().parent())
                .orElse(0);
    }

    private static Agent spawn(Container container, Agent parent, int flags) {
        return ProxyFactory.await(Init.spawn(parent, container.supervisor(), Optional.empty(), flags));
    }

    /** The child of a child that has ended belongs to init. */
    private static Agent spawnOrphan(Container container, Agent member) {
        Agent between = spawn(container, member, 0);
        try {
            return spawn(container, between, 0);
        } finally {
            Futures.unattended(between.call(Nr.EXIT_GROUP, 0));
            ProxyFactory.await(member.call(Nr.WAIT4, between.pid(), 0, WAIT_ALL, 0));
            container.supervisor().forget(between);
            between.died();
        }
    }

    private static void watch(Container container, Agent agent) {
        PidFd process = PidFd.open(agent.hostPid());
        container.poller().watch(process.descriptor(), () -> {
            process.close();
            container.supervisor().forget(agent);
            agent.died();
        });
    }

    Agent agent() {
        return agent;
    }

    /**
     * Makes a process group the terminal's foreground group.
     *
     * @param terminal a descriptor of ours of the terminal
     * @return false when this node has no such group in the session
     */
    boolean foreground(int terminal, int group) {
        ProxyFactory.await(agent.install(terminal, 0, true));
        CallTable table = new CallTable();
        table.may(Nr.SETPGID, 0, group);
        int set = table.may(Nr.IOCTL, 0, Terminals.TIOCSPGRP, table.ints(group));
        table.may(Nr.CLOSE, 0);
        return ProxyFactory.await(agent.run(table))[set] == 0;
    }

    /** Makes the keeper alone the foreground group: nobody else on this node is in the foreground. */
    void foregroundAlone(int terminal) {
        foreground(terminal, agent.pid());
    }

    void end() {
        Signals.kill(agent.hostPid(), Signals.SIGKILL);
    }
}
