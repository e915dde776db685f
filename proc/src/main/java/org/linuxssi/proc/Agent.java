package org.linuxssi.proc;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.SeccompListener;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;

/**
 * One process of the container that makes system calls for us ({@link AgentImage}): init, a blank, or a proxy.
 *
 * <p>It is told what to do whenever it asks. Work that comes while it is busy queues up; an agent that waits for signals
 * is woken by a signal of our own. Futures are completed on the thread that receives notifications: what depends on them
 * must be short.
 */
public final class Agent {

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Logger LOG = System.getLogger(Agent.class.getName());

    /** What an agent does when there is no work. */
    enum Idle {
        /** It stays in its notified call, takes no signals, and starts work at once. */
        PARKED,
        /** It waits for signals, which are passed to the listener. */
        LISTENING
    }

    private sealed interface Job {
        void fail(ErrnoException problem);
    }

    private record TableJob<T>(CallTable table, long tag, Function<long[], T> harvest, CompletableFuture<T> result)
            implements Job {
        @Override
        public void fail(ErrnoException problem) {
            result.completeExceptionally(problem);
        }

        private void finish(int hostPid) {
            if (result.isDone()) {
                return;
            }
            try {
                result.complete(harvest.apply(table.results(hostPid)));
            } catch (RuntimeException problem) {
                result.completeExceptionally(problem);
            }
        }
    }

    private record VisitJob<T>(LongFunction<T> visit, CompletableFuture<T> result) implements Job {
        @Override
        public void fail(ErrnoException problem) {
            result.completeExceptionally(problem);
        }

        private void run(long call) {
            try {
                result.complete(visit.apply(call));
            } catch (RuntimeException problem) {
                result.completeExceptionally(problem);
            }
        }
    }

    private final int hostPid;
    private final int pid;
    private final SeccompListener listener;
    private final Queue<Job> queue = new ArrayDeque<>();
    private Idle idle;
    private Consumer<SignalInfo> signals = info -> {};
    private TableJob<?> running = new TableJob<>(new CallTable(), 0, results -> results, new CompletableFuture<>());
    private boolean busy = true;
    private long parkedCall;
    private boolean parked;
    private boolean waking;
    private boolean gone;

    Agent(int hostPid, int pid, SeccompListener listener, Idle idle) {
        this.hostPid = hostPid;
        this.pid = pid;
        this.listener = listener;
        this.idle = idle;
    }

    /** Returns the pid as the daemon's pid name space numbers it. */
    public int hostPid() {
        return hostPid;
    }

    /** Returns the pid as programs of the cluster see it. */
    public int pid() {
        return pid;
    }

    /** Makes the agent wait for signals from now on when it has no work, and passes them on. */
    void listen(Consumer<SignalInfo> action) {
        synchronized (this) {
            signals = action;
            idle = Idle.LISTENING;
        }
        Futures.unattended(visit(call -> call));
    }

    /**
     * Keeps the agent in its notified call when it has no work, so that a tracer can take it over there.
     *
     * @return completes when it is there
     */
    CompletableFuture<Void> park() {
        synchronized (this) {
            idle = Idle.PARKED;
        }
        return visit(call -> call).thenApply(call -> null);
    }

    /** Waits until all its work is done and it stays in its notified call. */
    synchronized void awaitRest() {
        long end = System.nanoTime() + LIMIT.toNanos();
        boolean interrupted = false;
        while (!resting() && !gone) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new ErrnoException("wait for " + this + " to rest", Errno.ETIMEDOUT);
            }
            try {
                wait(left);
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells whether it stays in its notified call, untouched by anybody. */
    synchronized boolean resting() {
        return parked && listener.valid(parkedCall);
    }

    /** Runs a table in the agent; the results are the kernel's, one an entry ({@link CallTable#results}). */
    public CompletableFuture<long[]> run(CallTable table) {
        return run(table, 0);
    }

    CompletableFuture<long[]> run(CallTable table, long tag) {
        return run(table, tag, results -> results);
    }

    /**
     * Runs a table whose calls leave something in the agent's memory.
     *
     * @param harvest makes the result of the kernel's results, and may read the agent's memory: no other table has run
     *     since; it must be short
     */
    public <T> CompletableFuture<T> run(CallTable table, Function<long[], T> harvest) {
        return run(table, 0, harvest);
    }

    private <T> CompletableFuture<T> run(CallTable table, long tag, Function<long[], T> harvest) {
        CompletableFuture<T> result = new CompletableFuture<>();
        enqueue(new TableJob<>(table, tag, harvest, result));
        return result;
    }

    /** Makes one call in the agent. */
    public CompletableFuture<Long> call(int number, long... arguments) {
        CallTable table = new CallTable();
        table.must(number, arguments);
        return run(table).thenApply(results -> results[0]);
    }

    /** Does something while the agent is in its notified call, given by its id. */
    <T> CompletableFuture<T> visit(LongFunction<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        enqueue(new VisitJob<>(action, result));
        return result;
    }

    /** Gives the agent a copy of a descriptor of ours; the future is its number there. */
    public CompletableFuture<Integer> install(int ours, boolean closeOnExec) {
        return visit(call -> listener.install(call, ours, closeOnExec));
    }

    /** Gives the agent a copy of a descriptor of ours at this number, replacing what it has there. */
    public CompletableFuture<Integer> install(int ours, int theirs, boolean closeOnExec) {
        return visit(call -> {
            listener.install(call, ours, theirs, closeOnExec);
            return theirs;
        });
    }

    private void enqueue(Job job) {
        boolean startNow = false;
        synchronized (this) {
            if (gone) {
                job.fail(new ErrnoException("agent " + pid, Errno.ESRCH));
                return;
            }
            queue.add(job);
            if (parked) {
                parked = false;
                busy = true;
                startNow = true;
            } else if (!busy && !waking) {
                waking = true;
                Signals.queue(hostPid, new SignalInfo(Signals.LAST, Signals.SI_WAKE, 0, 0, 0));
            }
        }
        if (startNow) {
            next(parkedCall);
        }
    }

    /** The agent asks what to do next; a detail below 0 is an error. */
    void told(long call, int event, int detail) {
        synchronized (this) {
            busy = true;
            parked = false;
            waking = false;
        }
        try {
            if (event == AgentImage.TABLE_DONE) {
                running.finish(hostPid);
            } else if (event == AgentImage.SIGNAL && detail > 0) {
                signal();
            }
        } catch (ErrnoException dead) {
            LOG.log(Level.DEBUG, "agent {0} died while it told: {1}", pid, dead.getMessage());
        }
        next(call);
    }

    private void signal() {
        SignalInfo info =
                SignalInfo.of(AgentMemory.read(hostPid, AgentImage.DATA_AT + AgentImage.SIGINFO, SignalInfo.SIZE));
        Consumer<SignalInfo> action;
        synchronized (this) {
            action = signals;
        }
        if (info.code() != Signals.SI_WAKE) {
            action.accept(info);
        }
    }

    private void next(long call) {
        while (true) {
            Job job;
            synchronized (this) {
                job = queue.poll();
                if (job == null) {
                    rest(call);
                    return;
                }
            }
            switch (job) {
                case VisitJob<?> visit -> visit.run(call);
                case TableJob<?> table -> {
                    if (begin(call, table)) {
                        return;
                    }
                }
            }
        }
    }

    private synchronized void rest(long call) {
        if (idle == Idle.PARKED) {
            parkedCall = call;
            parked = true;
            notifyAll();
        } else {
            busy = false;
            listener.answer(call, AgentImage.WAIT);
        }
    }

    private boolean begin(long call, TableJob<?> job) {
        try {
            running = job;
            job.table().store(hostPid, job.tag());
            if (listener.answer(call, AgentImage.RUN)) {
                return true;
            }
            throw new ErrnoException("agent " + pid, Errno.ESRCH);
        } catch (ErrnoException problem) {
            job.fail(problem);
            return false;
        }
    }

    /** The process has ended: nothing queued will run. */
    void died() {
        Queue<Job> left = new ArrayDeque<>();
        synchronized (this) {
            gone = true;
            notifyAll();
            left.add(running);
            left.addAll(queue);
            queue.clear();
        }
        left.forEach(job -> job.fail(new ErrnoException("agent " + pid, Errno.ESRCH)));
    }

    @Override
    public String toString() {
        return "agent " + pid + " (host pid " + hostPid + ")";
    }
}
