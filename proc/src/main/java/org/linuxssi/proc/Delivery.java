package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;

/**
 * Gives signals of senders on other nodes to processes and threads of this one.
 *
 * <p>What the receiver is told of the sender only the kernel can write, when it is {@code kill} or {@code tgkill} that was
 * called: a program can send itself such a siginfo, but no other. So the call is made by an agent with the sender's pid
 * and user: its proxy, or an agent that exists for this moment. Where nobody will see the siginfo, since the signal is
 * neither caught nor blocked, init sends it.
 */
final class Delivery {

    private static final Logger LOG = System.getLogger(Delivery.class.getName());
    private static final int WAIT_ALL = 0x4000_0000;

    private final Container container;
    private final Proxies proxies;
    private final Set<Integer> moments = ConcurrentHashMap.newKeySet();
    private final ReentrantLock oneMoment = new ReentrantLock();

    Delivery(Container container, Proxies proxies) {
        this.container = container;
        this.proxies = proxies;
    }

    /** Tells whether an agent has this pid at the moment, to send a signal. */
    boolean acts(int pid) {
        return moments.contains(pid);
    }

    /** Sends a signal to a process; the future is the kernel's result. */
    CompletableFuture<Integer> toProcess(Member process, SignalInfo info) {
        return send(process.hostPid(), process.pid(), 0, info);
    }

    /** Sends a signal to a thread of a process. */
    CompletableFuture<Integer> toThread(Member thread, int process, SignalInfo info) {
        return send(thread.hostPid(), process, thread.pid(), info);
    }

    private CompletableFuture<Integer> send(int hostPid, int process, int thread, SignalInfo info) {
        boolean called = info.code() == Signals.SI_USER || info.code() == Signals.SI_TKILL;
        boolean anonymous = called && info.pid() <= 1;
        boolean told = info.number() != Signals.SIGKILL && info.number() != Signals.SIGSTOP && !anonymous;
        if (called && told && isSeen(hostPid, info.number())) {
            Optional<Integer> sent = bySender(process, thread, info);
            if (sent.isPresent()) {
                return CompletableFuture.completedFuture(sent.get());
            }
        }
        CallTable table = new CallTable();
        int entry = told ? queue(table, process, thread, info) : kill(table, process, thread, info);
        return container.initAgent().run(table).thenApply(results -> (int) results[entry]);
    }

    private static int kill(CallTable table, int process, int thread, SignalInfo info) {
        return thread == 0
                ? table.may(Nr.KILL, process, info.number())
                : table.may(Nr.TGKILL, process, thread, info.number());
    }

    /** Codes from 0 on, and that of tgkill, can be sent to oneself only. */
    private static int queue(CallTable table, int process, int thread, SignalInfo info) {
        boolean sendable = info.code() < 0 && info.code() != Signals.SI_TKILL;
        long queued = table.bytes((sendable ? info : info.withCode(Signals.SI_QUEUE)).toBytes());
        return thread == 0
                ? table.may(Nr.RT_SIGQUEUEINFO, process, info.number(), queued)
                : table.may(Nr.RT_TGSIGQUEUEINFO, process, thread, info.number(), queued);
    }

    /** Tells whether a signal is caught or waited for; of several threads any may wait. */
    private static boolean isSeen(int hostPid, int signal) {
        Map<String, String> status = ProcFiles.status(Integer.toString(hostPid));
        long sets = set(status, "SigCgt") | set(status, "SigBlk");
        return (sets >>> (signal - 1) & 1) != 0
                || !status.getOrDefault("Threads", "1").equals("1");
    }

    private static long set(Map<String, String> status, String name) {
        return Long.parseUnsignedLong(status.getOrDefault(name, "0"), 16);
    }

    private Optional<Integer> bySender(int process, int thread, SignalInfo info) {
        try {
            Optional<Proxy> proxy = proxies.get(info.pid()).filter(standing -> canSend(standing, info));
            return proxy.isPresent()
                    ? Optional.of(by(proxy.get().agent(), process, thread, info))
                    : atTheMoment(process, thread, info);
        } catch (ErrnoException problem) {
            LOG.log(Level.DEBUG, "signal {0} in the name of {1}: {2}", info.number(), info.pid(), problem.getMessage());
            return Optional.empty();
        }
    }

    private boolean canSend(Proxy proxy, SignalInfo info) {
        return !proxy.dismissed()
                && Member.of(container.numbers(), proxy.agent().hostPid())
                        .filter(member ->
                                member.state() != 'T' && member.numbers().uid() == info.uid())
                        .isPresent();
    }

    private static int by(Agent agent, int process, int thread, SignalInfo info) {
        CallTable table = new CallTable();
        int entry = kill(table, process, thread, info);
        return (int) ProxyFactory.await(agent.run(table))[entry];
    }

    private Optional<Integer> atTheMoment(int process, int thread, SignalInfo info) {
        oneMoment.lock();
        try {
            if (container.numbers().toHost(info.pid()).isPresent()) {
                return Optional.empty();
            }
            moments.add(info.pid());
            Agent agent = ProxyFactory.await(container.init().spawn(Optional.of(info.pid())));
            try {
                ProxyFactory.await(agent.run(user(info.uid())));
                return Optional.of(by(agent, process, thread, info));
            } finally {
                end(agent);
            }
        } finally {
            moments.remove(info.pid());
            oneMoment.unlock();
        }
    }

    private static CallTable user(int uid) {
        CallTable table = new CallTable();
        ProxyFactory.keepCapabilities(table);
        table.must(Nr.SETRESUID, uid, uid, uid);
        return table;
    }

    /** Its number is free again when init has waited for it. */
    private void end(Agent agent) {
        Futures.unattended(agent.call(Nr.EXIT_GROUP, 0));
        ProxyFactory.await(container.initAgent().call(Nr.WAIT4, agent.pid(), 0, WAIT_ALL, 0));
        container.supervisor().forget(agent);
        agent.died();
    }
}
