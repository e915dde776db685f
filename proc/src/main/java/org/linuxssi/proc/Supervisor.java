package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.linuxssi.ghost.spi.Lending;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.PidNumbers;
import org.linuxssi.linux.RealTime;
import org.linuxssi.linux.SeccompListener;
import org.linuxssi.linux.SeccompListener.Notification;
import org.linuxssi.tools.Registration;

/**
 * Receives every notified system call of a container on one thread and passes it to the handler of its number; agents'
 * own calls go to their {@link Agent}. The thread is a real-time one: a call can be interrupted by signals until it is
 * answered, which a call of the kernel's own is not.
 *
 * <p>Lock order: an agent's monitor is taken alone; handlers are called without any lock.
 */
public final class Supervisor implements Lending {

    private static final Logger LOG = System.getLogger(Supervisor.class.getName());

    private final SeccompListener listener;
    private final PidNumbers numbers;
    private final Map<Integer, CallHandler> handlers = new ConcurrentHashMap<>();
    private final Map<Integer, Agent> agents = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<Agent>> births = new ConcurrentHashMap<>();
    private final Map<Integer, CompletableFuture<Agent>> conversions = new ConcurrentHashMap<>();
    private final Map<Long, Integer> offers = new ConcurrentHashMap<>();
    private final AtomicLong tags = new AtomicLong(System.nanoTime());
    private final List<Agent> unclaimed = new ArrayList<>();
    private Consumer<Agent> strays = unclaimed::add;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean abandoned;

    Supervisor(SeccompListener listener, PidNumbers numbers) {
        this.listener = listener;
        this.numbers = numbers;
    }

    /** Says what happens to agents that nobody waits for: those a former daemon left. They are parked until then. */
    void onStray(Consumer<Agent> action) {
        List<Agent> before;
        synchronized (unclaimed) {
            strays = action;
            before = List.copyOf(unclaimed);
            unclaimed.clear();
        }
        before.forEach(action);
    }

    private void stray(Agent agent) {
        Consumer<Agent> action;
        synchronized (unclaimed) {
            action = strays;
        }
        action.accept(agent);
    }

    void start(String name) {
        Thread.ofPlatform().name("supervisor-" + name).daemon().start(() -> {
            if (!RealTime.enter()) {
                LOG.log(Level.DEBUG, "notified calls of {0} are answered by an ordinary thread", name);
            }
            receiveAll();
            ended.countDown();
        });
    }

    /**
     * Sends the calls of a number to a handler; the container's filter has to notify them. Those of programs in a pid name
     * space of their own are left to the kernel: their pids are numbers of that name space, which is on this node alone.
     *
     * @throws IllegalStateException when the number has a handler
     */
    public Registration handle(int number, CallHandler handler) {
        return handleAll(number, call -> {
            if (numbers.areThoseOf(call.hostThread())) {
                handler.handle(call);
            } else {
                call.proceed();
            }
        });
    }

    /**
     * Sends all calls of a number to a handler, which looks itself at what pids mean to the caller.
     *
     * @throws IllegalStateException when the number has a handler
     */
    Registration handleAll(int number, CallHandler handler) {
        if (handlers.putIfAbsent(number, handler) != null) {
            throw new IllegalStateException("system call " + number + " has a handler already");
        }
        return () -> handlers.remove(number, handler);
    }

    /**
     * Offers a descriptor of ours to whoever makes the call {@code syscall(AgentImage.CALL, 0, AgentImage.FETCH, key)}
     * in the container; the result is its close-on-exec copy's number. For calls injected by a tracer.
     *
     * @return the key; the offer ends with {@link #withdraw}
     */
    @Override
    public long offer(int descriptor) {
        long key = new SecureRandom().nextLong();
        offers.put(key, descriptor);
        return key;
    }

    @Override
    public void withdraw(long key) {
        offers.remove(key);
    }

    long newTag() {
        return tags.incrementAndGet();
    }

    /** Returns the agent that a table with this tag will clone; it is parked when the future completes. */
    CompletableFuture<Agent> expectBirth(long tag) {
        CompletableFuture<Agent> birth = new CompletableFuture<>();
        births.put(tag, birth);
        return birth;
    }

    void forgetBirth(long tag) {
        births.remove(tag);
    }

    /** Returns the agent that a process will be once it has executed the agent's file. */
    CompletableFuture<Agent> expectConversion(int hostPid) {
        CompletableFuture<Agent> conversion = new CompletableFuture<>();
        conversions.put(hostPid, conversion);
        return conversion;
    }

    /** The process will not execute the agent's file after all. */
    void cancelConversion(int hostPid) {
        conversions.remove(hostPid);
    }

    /** Takes back {@link #forget}. */
    void retain(Agent agent) {
        agents.put(agent.hostPid(), agent);
    }

    /** Makes the agent of a process that is one by a former daemon's doing, or init. */
    Agent register(int hostPid, int pid, Agent.Idle idle) {
        Agent agent = new Agent(hostPid, pid, listener, idle);
        agents.put(hostPid, agent);
        return agent;
    }

    /** The process is no agent any more: it has executed a program, was filled by a tracer, or ended. */
    void forget(Agent agent) {
        agents.remove(agent.hostPid(), agent);
    }

    /** A process that was meant to be an agent again is a program: whatever agent it was meanwhile is none. */
    void forget(int hostPid) {
        conversions.remove(hostPid);
        agents.remove(hostPid);
    }

    /** Tells whether a process is an agent. */
    boolean isAgent(int hostPid) {
        return agents.containsKey(hostPid);
    }

    private void receiveAll() {
        try {
            while (true) {
                Optional<Notification> notification = listener.receive();
                if (abandoned || (notification.isEmpty() && listener.deserted())) {
                    return;
                }
                notification.ifPresent(this::dispatch);
            }
        } catch (ErrnoException ended) {
            LOG.log(Level.DEBUG, "no more notified calls: {0}", ended.getMessage());
        }
    }

    private void dispatch(Notification notification) {
        NotifiedCall call = new NotifiedCall(notification, listener);
        try {
            if (notification.number() == AgentImage.CALL) {
                agentCall(notification, call);
            } else {
                handlers.getOrDefault(notification.number(), NotifiedCall::proceed)
                        .handle(call);
            }
        } catch (RuntimeException problem) {
            LOG.log(Level.WARNING, "system call " + notification.number() + " of " + notification.thread(), problem);
            call.proceed();
        }
    }

    private void agentCall(Notification notification, NotifiedCall call) {
        int event = notification.word(1);
        if (event == AgentImage.HELD) {
            return;
        }
        if (event == AgentImage.FETCH) {
            fetch(notification, call);
            return;
        }
        Agent agent = agents.get(notification.thread());
        if (agent == null) {
            welcome(notification, event, Optional.ofNullable(conversions.remove(notification.thread())));
        } else {
            agent.told(notification.id(), event, notification.word(2));
        }
    }

    private void fetch(Notification notification, NotifiedCall call) {
        Integer descriptor = offers.get(notification.argument(2));
        if (descriptor == null) {
            call.fail(Errno.ENOENT);
        } else {
            listener.installAndAnswer(notification.id(), descriptor, true);
        }
    }

    private void welcome(Notification notification, int event, Optional<CompletableFuture<Agent>> conversion) {
        int hostPid = notification.thread();
        if ((notification.address() & -4096) != AgentImage.BASE) {
            listener.answer(notification.id(), -Errno.ENOSYS.number());
            return;
        }
        Optional<Integer> pid = numbers.fromHost(hostPid);
        if (pid.isEmpty()) {
            return;
        }
        Optional<CompletableFuture<Agent>> awaited =
                conversion.or(() -> event == AgentImage.STARTED ? birth(hostPid) : Optional.empty());
        if (awaited.isEmpty()) {
            Agent stray = register(hostPid, pid.get(), Agent.Idle.PARKED);
            stray.told(notification.id(), AgentImage.STARTED, 0);
            stray(stray);
            return;
        }
        Agent agent = register(hostPid, pid.get(), Agent.Idle.PARKED);
        agent.told(notification.id(), AgentImage.STARTED, 0);
        awaited.get().complete(agent);
    }

    private Optional<CompletableFuture<Agent>> birth(int hostPid) {
        return Optional.ofNullable(births.remove(tagOf(hostPid)));
    }

    private static long tagOf(int hostPid) {
        byte[] tag = AgentMemory.read(hostPid, AgentImage.DATA_AT + AgentImage.TAG, 8);
        return ByteBuffer.wrap(tag).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /**
     * Stops receiving at the next notification, which stays unanswered, as if the daemon had been killed.
     *
     * @param wake makes a process of the container notify
     */
    void abandon(Runnable wake) {
        abandoned = true;
        wake.run();
        try {
            if (!ended.await(5, TimeUnit.SECONDS)) {
                LOG.log(Level.WARNING, "the thread that receives notified calls goes on");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
