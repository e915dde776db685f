package org.linuxssi.proc;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.PidFd;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.WaitStatus;

/** The proxies on this node, by pid; each is watched for signals, for its children, and for its end. */
final class Proxies {

    /** Hears of proxies; runs on the threads that receive, so it must be short. */
    interface Events {
        /** A signal hit a proxy. */
        void signalled(Proxy proxy, SignalInfo info);

        /** A child of a proxy changed its state. */
        void childChanged(int pid, WaitStatus status);

        /** Somebody killed a proxy. */
        void killed(int pid);
    }

    private final Container container;
    private final Events events;
    private final Map<Integer, Proxy> byPid = new ConcurrentHashMap<>();
    private final Map<Integer, PidFd> watched = new ConcurrentHashMap<>();

    Proxies(Container container, Events events) {
        this.container = container;
        this.events = events;
    }

    Optional<Proxy> get(int pid) {
        return Optional.ofNullable(byPid.get(pid));
    }

    boolean contains(int pid) {
        return byPid.containsKey(pid);
    }

    boolean isEmpty() {
        return byPid.isEmpty();
    }

    Collection<Proxy> all() {
        return byPid.values();
    }

    /** Makes an agent a proxy that was the process itself a moment ago; signals may have come since its image was made. */
    Proxy inherit(Agent agent) {
        Proxy proxy = new Proxy(agent.pid(), agent);
        var status = ProcFiles.status(Integer.toString(agent.hostPid()));
        proxy.inherit(pending(status, "SigPnd") | pending(status, "ShdPnd"));
        return add(proxy);
    }

    private static long pending(Map<String, String> status, String name) {
        return Long.parseUnsignedLong(status.getOrDefault(name, "0"), 16);
    }

    /** Makes an agent a proxy. */
    Proxy add(Agent agent) {
        return add(new Proxy(agent.pid(), agent));
    }

    private Proxy add(Proxy proxy) {
        Agent agent = proxy.agent();
        byPid.put(agent.pid(), proxy);
        try {
            PidFd process = PidFd.open(agent.hostPid());
            watched.put(agent.pid(), process);
            container.poller().watch(process.descriptor(), () -> ended(proxy, process));
        } catch (ErrnoException gone) {
            byPid.remove(agent.pid(), proxy);
        }
        agent.listen(info -> {
            if (info.number() == Signals.SIGCHLD) {
                Init.reap(agent, events::childChanged);
            } else {
                events.signalled(proxy, info);
            }
        });
        Init.reap(agent, events::childChanged);
        return proxy;
    }

    private void ended(Proxy proxy, PidFd process) {
        if (watched.remove(proxy.pid(), process)) {
            process.close();
        }
        byPid.remove(proxy.pid(), proxy);
        container.supervisor().forget(proxy.agent());
        proxy.agent().died();
        if (!proxy.dismissed()) {
            events.killed(proxy.pid());
        }
    }

    /** Takes a proxy's agent away from it, parked, to become something else. */
    Agent take(Proxy proxy) {
        byPid.remove(proxy.pid(), proxy);
        PidFd process = watched.remove(proxy.pid());
        if (process != null) {
            container.poller().forget(process.descriptor());
            process.close();
        }
        proxy.unmark();
        ProxyFactory.await(proxy.agent().park());
        return proxy.agent();
    }
}
