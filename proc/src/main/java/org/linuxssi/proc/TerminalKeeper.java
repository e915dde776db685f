package org.linuxssi.proc;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.ProcFiles.Stat;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Terminals;

/**
 * Two agents in a session that has a controlling terminal. They are children of init and stand for no process. One sets the
 * terminal's foreground group for the daemon, is a member of that group itself, so that it gets the terminal's signals
 * even if no other member is on this node, and can make further members of the session. The other, the watcher, has a group of
 * its own, which is in the foreground when none of this node is to be, and while the first one goes from group to group: so
 * no key that is typed then is lost.
 */
final class TerminalKeeper {

    private static final int INIT = 1;
    private static final int CLONE_PARENT = 0x8000;
    private static final int WAIT_ALL = 0x4000_0000;

    private final Container container;
    private final Agent agent;
    private final Agent watcher;

    private TerminalKeeper(Container container, Agent agent, Agent watcher) {
        this.container = container;
        this.agent = agent;
        this.watcher = watcher;
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
            alone(container, agent, heard);
            Agent watcher = spawn(container, agent, CLONE_PARENT);
            try {
                alone(container, watcher, heard);
            } catch (ErrnoException problem) {
                Futures.unattended(watcher.call(Nr.EXIT_GROUP, 0));
                throw problem;
            }
            return new TerminalKeeper(container, agent, watcher);
        } catch (ErrnoException problem) {
            Futures.unattended(agent.call(Nr.EXIT_GROUP, 0));
            throw problem;
        }
    }

    /** Gives an agent a group of its own. */
    private static void alone(Container container, Agent agent, Consumer<SignalInfo> heard) {
        CallTable table = new CallTable();
        table.must(Nr.CLOSE_RANGE, 0, 0xffff_ffffL, 0);
        table.must(Nr.SETPGID, 0, 0);
        ProxyFactory.await(agent.run(table));
        watch(container, agent);
        agent.listen(heard);
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

    /** Returns the pids of the agents. */
    Stream<Integer> pids() {
        return Stream.of(agent.pid(), watcher.pid());
    }

    /**
     * Makes a process group the terminal's foreground group.
     *
     * @param terminal a descriptor of ours of the terminal
     * @return false when this node has no such group in the session; none of this node is in the foreground then
     */
    boolean foreground(int terminal, int group) {
        boolean already = shows(group);
        ProxyFactory.await(agent.install(terminal, 0, true));
        CallTable table = new CallTable();
        if (!already) {
            table.may(Nr.IOCTL, 0, Terminals.TIOCSPGRP, table.ints(watcher.pid()));
        }
        table.may(Nr.SETPGID, 0, group);
        int set = table.may(Nr.IOCTL, 0, Terminals.TIOCSPGRP, table.ints(group));
        table.may(Nr.CLOSE, 0);
        return ProxyFactory.await(agent.run(table))[set] == 0;
    }

    /** Tells whether the group is in the foreground now: its members are not to find themselves in the background in between. */
    private boolean shows(int group) {
        Stat stat = ProcFiles.stat(agent.hostPid());
        long shown = stat.field(CallerTerminal.FOREGROUND_FIELD);
        OptionalInt number = shown == stat.field(CallerTerminal.GROUP_FIELD) ? ownGroup() : number(shown);
        return number.isPresent() && number.getAsInt() == group;
    }

    private OptionalInt ownGroup() {
        return Member.of(container.numbers(), agent.hostPid())
                .map(member -> OptionalInt.of(member.numbers().group()))
                .orElseGet(OptionalInt::empty);
    }

    private OptionalInt number(long hostGroup) {
        return hostGroup <= 0
                ? OptionalInt.empty()
                : container
                        .numbers()
                        .fromHost((int) hostGroup)
                        .map(OptionalInt::of)
                        .orElseGet(OptionalInt::empty);
    }

    /** Makes the watcher alone the foreground group: nobody else on this node is in the foreground. */
    void foregroundAlone(int terminal) {
        ProxyFactory.await(agent.install(terminal, 0, true));
        CallTable table = new CallTable();
        table.may(Nr.IOCTL, 0, Terminals.TIOCSPGRP, table.ints(watcher.pid()));
        table.may(Nr.SETPGID, 0, 0);
        table.may(Nr.CLOSE, 0);
        ProxyFactory.await(agent.run(table));
    }

    void end() {
        Signals.kill(agent.hostPid(), Signals.SIGKILL);
        Signals.kill(watcher.hostPid(), Signals.SIGKILL);
    }
}
