package org.linuxssi.proc;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.Syscalls;

/**
 * Makes agents that have a given pid, parent, group, session and user. Sessions and groups can only be inherited or led:
 * where the leader is not here, a proxy of it is made, or, when it is dead, an agent that has its number for a moment.
 */
final class ProxyFactory {

    private static final int INIT = 1;
    private static final int WAIT_ALL = 0x4000_0000;
    private static final int CLONE_PARENT = 0x8000;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int NO_SETUID_FIXUP = 0x4;

    private final Container container;
    private final IntFunction<Optional<Agent>> agents;
    private final IntFunction<Optional<Agent>> leaders;

    /**
     * Makes agents in a container.
     *
     * @param agents finds the proxy of a pid
     * @param leaders finds or makes the proxy of a leader of a group or session, nothing when it is dead
     */
    ProxyFactory(Container container, IntFunction<Optional<Agent>> agents, IntFunction<Optional<Agent>> leaders) {
        this.container = container;
        this.agents = agents;
        this.leaders = leaders;
    }

    /**
     * Makes an agent; it is parked.
     *
     * @throws ErrnoException EEXIST when the pid is taken here
     */
    Agent make(Relations.Numbers numbers) {
        return make(
                numbers,
                numbers.parent() == INIT
                        ? container.initAgent()
                        : agents.apply(numbers.parent()).orElse(container.initAgent()));
    }

    /** Makes an agent that is the child of this one, which may be parked. */
    Agent make(Relations.Numbers numbers, Agent parent) {
        Agent agent = fork(numbers, parent);
        try {
            arrange(agent, numbers);
            return agent;
        } catch (ErrnoException problem) {
            Futures.unattended(agent.call(Nr.EXIT_GROUP, 0));
            throw problem;
        }
    }

    private Agent fork(Relations.Numbers numbers, Agent parent) {
        if (numbers.session() == numbers.pid() || sessionOf(parent) == numbers.session()) {
            return spawn(parent, numbers.pid(), 0);
        }
        if (parent.pid() != INIT) {
            return spawn(parent, numbers.pid(), 0);
        }
        Optional<Agent> leader = leaders.apply(numbers.session());
        if (leader.isPresent()) {
            return spawn(leader.get(), numbers.pid(), CLONE_PARENT);
        }
        if (present(numbers.session())) {
            return spawn(parent, numbers.pid(), 0);
        }
        Agent moment = spawn(parent, numbers.session(), 0);
        try {
            await(moment.call(Nr.SETSID));
            return spawn(moment, numbers.pid(), CLONE_PARENT);
        } finally {
            Futures.unattended(moment.call(Nr.EXIT_GROUP, 0));
        }
    }

    private Agent spawn(Agent forker, int pid, int flags) {
        return await(Init.spawn(forker, container.supervisor(), Optional.of(pid), flags));
    }

    private boolean present(int pid) {
        return container.numbers().toHost(pid).isPresent();
    }

    private int sessionOf(Agent agent) {
        return Member.of(container.numbers(), agent.hostPid())
                .map(member -> member.numbers().session())
                .orElse(0);
    }

    private void arrange(Agent agent, Relations.Numbers numbers) {
        CallTable table = new CallTable();
        table.must(Nr.CLOSE_RANGE, 0, 0xffff_ffffL, 0);
        table.must(Nr.PRCTL, PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0);
        table.must(Nr.SETGROUPS, 0, 0);
        table.must(Nr.SETRESGID, numbers.gid(), numbers.gid(), numbers.gid());
        table.must(Nr.SETRESUID, numbers.uid(), numbers.uid(), numbers.uid());
        if (numbers.session() == numbers.pid()) {
            table.must(Nr.SETSID);
        } else if (numbers.group() == numbers.pid()) {
            table.may(Nr.SETPGID, 0, 0);
        }
        long[] results = await(agent.run(table));
        for (long result : results) {
            Syscalls.check("make a proxy of " + numbers.pid(), result);
        }
        if (numbers.group() != numbers.pid() && numbers.session() != numbers.pid()) {
            join(agent, numbers);
        }
    }

    /** Joins a group whose leader may be elsewhere or dead. */
    void join(Agent agent, Relations.Numbers numbers) {
        if (await(agent.call(Nr.SETPGID, 0, numbers.group())) == 0) {
            return;
        }
        if (leaders.apply(numbers.group()).isEmpty() && !present(numbers.group())) {
            Agent moment = spawn(agent, numbers.group(), 0);
            await(moment.call(Nr.SETPGID, 0, 0));
            await(agent.call(Nr.SETPGID, 0, numbers.group()));
            Futures.unattended(moment.call(Nr.EXIT_GROUP, 0));
            await(agent.call(Nr.WAIT4, numbers.group(), 0, WAIT_ALL, 0));
        } else {
            await(agent.call(Nr.SETPGID, 0, numbers.group()));
        }
    }

    /** Waits for an agent's work and unwraps its error. */
    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof ErrnoException errno) {
                throw errno;
            }
            throw new ErrnoException("work of an agent: " + failed.getCause(), Errno.EIO);
        }
    }
}
