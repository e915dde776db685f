package org.linuxssi.proc;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Fds;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;

/**
 * Makes agents that have a given pid, parent, group, session and user. Sessions and groups can only be inherited or led:
 * where the leader is not here, a proxy of it is made, or, when it is dead, an agent that has its number for a moment.
 */
final class ProxyFactory {

    private static final int INIT = 1;
    private static final int WAIT_ALL = 0x4000_0000;
    private static final int CLONE_PARENT = 0x8000;
    private static final int O_DIRECTORY_CLOEXEC = 02200000;
    private static final int PR_SET_SECUREBITS = 28;
    private static final int NO_SETUID_FIXUP = 0x4;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;

    private final Container container;
    private final IntFunction<Optional<Agent>> agents;
    private final IntFunction<Optional<Agent>> leaders;
    private final IntPredicate vacate;
    private final ControllingTerminals terminals;

    /**
     * Makes agents in a container.
     *
     * @param agents finds the proxy of a pid
     * @param leaders finds or makes the proxy of a leader of a group or session, nothing when it is dead
     * @param vacate waits until a number is free that something on its way out has
     * @param terminals of sessions
     */
    ProxyFactory(
            Container container,
            IntFunction<Optional<Agent>> agents,
            IntFunction<Optional<Agent>> leaders,
            IntPredicate vacate,
            ControllingTerminals terminals) {
        this.terminals = terminals;
        this.vacate = vacate;
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
        return make(numbers, parent, true);
    }

    /**
     * Makes an agent that is the child of this one.
     *
     * @param join whether it joins its group; else it leads one or is in its parent's until {@link #join}
     */
    Agent make(Relations.Numbers numbers, Agent parent, boolean join) {
        Agent agent = fork(numbers, parent);
        try {
            arrange(agent, numbers);
            if (join) {
                joinOthers(agent, numbers);
            }
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
        Optional<Agent> member = terminals.member(numbers.session()).or(() -> memberOf(numbers.session()));
        if (member.isPresent()) {
            return spawn(member.get(), numbers.pid(), CLONE_PARENT);
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

    /** Returns a child of init's in a session whose leader is dead: nobody can have the leader's number as long as it is there. */
    private Optional<Agent> memberOf(int session) {
        return Member.all(container).stream()
                .filter(member -> member.numbers().session() == session
                        && member.numbers().parent() == INIT)
                .flatMap(member -> agents.apply(member.pid()).stream())
                .findFirst();
    }

    private Agent spawn(Agent forker, int pid, int flags) {
        if (!vacate.test(pid)) {
            throw new ErrnoException("make an agent with pid " + pid + ", which is in use", Errno.EEXIST);
        }
        try (Unstopped _ = Unstopped.of(forker.hostPid())) {
            return await(Init.spawn(forker, container.supervisor(), Optional.of(pid), flags));
        }
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
        identity(table, numbers);
        if (numbers.session() == numbers.pid()) {
            table.must(Nr.SETSID);
        } else if (numbers.group() == numbers.pid()) {
            table.may(Nr.SETPGID, 0, 0);
        }
        check("make a proxy of " + numbers.pid(), await(agent.run(table)));
        if (numbers.session() == numbers.pid() && numbers.terminal()) {
            terminals.establish(agent);
        }
    }

    /** Joins a group unless it leads one or a session. */
    void joinOthers(Agent agent, Relations.Numbers numbers) {
        if (numbers.group() != numbers.pid() && numbers.session() != numbers.pid()) {
            join(agent, numbers);
        }
    }

    private static void check(String operation, long[] results) {
        for (long result : results) {
            if (result != AgentImage.NOT_RUN) {
                Syscalls.check(operation, result);
            }
        }
    }

    /** The user decides who may signal the proxy; it keeps root's capabilities all the same. */
    private static void identity(CallTable table, Relations.Numbers numbers) {
        keepCapabilities(table);
        table.must(Nr.SETGROUPS, 0, 0);
        table.must(Nr.SETRESGID, numbers.gid(), numbers.gid(), numbers.gid());
        table.must(Nr.SETRESUID, numbers.uid(), numbers.uid(), numbers.uid());
    }

    /** Capabilities stay when the user changes from now on. */
    static void keepCapabilities(CallTable table) {
        table.must(Nr.PRCTL, PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0);
    }

    /** Gives an agent the user that its process has. */
    void become(Agent agent, Relations.Numbers numbers) {
        elevate(agent);
        CallTable table = new CallTable();
        identity(table, numbers);
        check("give the proxy of " + numbers.pid() + " its user", await(agent.run(table)));
    }

    /**
     * Makes an agent of any user one of root, whose capabilities it has in reserve: from its parent, or from its file.
     *
     * @throws ErrnoException EPERM when the process it was could not gain capabilities (no_new_privs)
     */
    void elevate(Agent agent) {
        String permitted = ProcFiles.status(Integer.toString(agent.hostPid())).getOrDefault("CapPrm", "0");
        long capabilities = Long.parseUnsignedLong(permitted, 16);
        int low = (int) capabilities;
        int high = (int) (capabilities >>> 32);
        CallTable table = new CallTable();
        long header = table.ints(CAPABILITY_VERSION_3, 0);
        table.must(Nr.CAPSET, header, table.ints(low, low, 0, high, high, 0));
        keepCapabilities(table);
        table.must(Nr.SETRESUID, 0, 0, 0);
        table.must(Nr.SETRESGID, 0, 0, 0);
        table.must(Nr.SETGROUPS, 0, 0);
        table.must(Nr.PRCTL, PR_SET_SECUREBITS, 0, 0, 0, 0);
        check("make " + agent + " one of root", await(agent.run(table)));
    }

    /** Gives an agent that was a process with another root directory the container's again. */
    void home(Agent agent) {
        if (ProcFiles.link(agent.hostPid(), "root").equals("/")) {
            return;
        }
        int root = Fds.open("/proc/" + container.initPid() + "/root", O_DIRECTORY_CLOEXEC);
        try {
            int theirs = await(agent.install(root, true));
            CallTable table = new CallTable();
            table.must(Nr.FCHDIR, theirs);
            table.must(Nr.CHROOT, table.text("."));
            table.must(Nr.CLOSE, theirs);
            check("give " + agent + " the container's root directory", await(agent.run(table)));
        } finally {
            Fds.close(root);
        }
    }

    /** Has another parent's agents and leaders found than those of the table. */
    ProxyFactory among(IntFunction<Optional<Agent>> others) {
        return new ProxyFactory(container, others, others, vacate, terminals);
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
