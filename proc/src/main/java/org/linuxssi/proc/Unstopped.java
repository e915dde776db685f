package org.linuxssi.proc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Ptrace;
import org.linuxssi.linux.PtraceStop;
import org.linuxssi.linux.PtraceThread;
import org.linuxssi.linux.Signals;

/**
 * Lets an agent work that job control has stopped, while its parent goes on seeing it stopped.
 *
 * <pre>{@code
 * try (Unstopped agent = Unstopped.of(hostPid)) {
 *     // tables run
 * }
 * }</pre>
 *
 * <p>SIGCONT would tell the parent. A tracee runs as soon as its tracer says so, and the kernel keeps the stop of its process
 * in force; it stands still again, without a word, when it is let go.
 */
final class Unstopped implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration STEP = Duration.ofNanos(500_000);

    private final int hostPid;
    private final @Nullable PtraceThread tracer;
    private volatile boolean closing;
    private boolean gone;
    private boolean continued;

    private Unstopped(int hostPid, boolean stopped) {
        this.hostPid = hostPid;
        if (!stopped) {
            tracer = null;
            return;
        }
        PtraceThread thread = new PtraceThread("unstopped " + hostPid);
        try {
            thread.run(this::take);
        } catch (RuntimeException failure) {
            thread.close();
            throw failure;
        }
        thread.later(this::keepRunning);
        tracer = thread;
    }

    /**
     * Lets the agent run if it is stopped; does nothing when it is not, or is traced already.
     *
     * @throws ErrnoException ESRCH when it is gone
     */
    static Unstopped of(int hostPid) {
        return new Unstopped(hostPid, stands(hostPid));
    }

    /** The same for a process that is just becoming an agent, or begins to stand still before it is one. */
    static Unstopped of(int hostPid, CompletableFuture<Agent> conversion) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!conversion.isDone() && !stands(hostPid) && System.nanoTime() < end) {
            LockSupport.parkNanos(STEP.toNanos());
        }
        return of(hostPid);
    }

    /** Tells whether a process is stopped by job control, and traced by nobody. */
    static boolean stands(int hostPid) {
        return ProcFiles.stat(hostPid).state() == 'T';
    }

    /** Tells whether the agent was stopped. */
    boolean stopped() {
        return tracer != null;
    }

    private void take() {
        Ptrace.seize(hostPid, 0);
        Ptrace.interrupt(hostPid);
        goOn(Ptrace.await(hostPid, LIMIT)
                .orElseThrow(() -> new ErrnoException("let stopped agent " + hostPid + " work", Errno.EAGAIN)));
    }

    private void goOn(PtraceStop stop) {
        switch (stop) {
            case PtraceStop.Exited _, PtraceStop.Killed _ -> gone = true;
            case PtraceStop.Signal(int number) -> {
                continued |= number == Signals.SIGCONT;
                Ptrace.resume(hostPid, number);
            }
            case PtraceStop.Event _ -> Ptrace.resume(hostPid, 0);
        }
    }

    private void keepRunning() {
        while (!closing && !gone) {
            step(() -> Ptrace.poll(hostPid).ifPresent(this::goOn));
            LockSupport.parkNanos(STEP.toNanos());
        }
    }

    private void step(Runnable action) {
        try {
            action.run();
        } catch (ErrnoException ended) {
            gone = true;
        }
    }

    private void letGo() {
        step(() -> Ptrace.interrupt(hostPid));
        while (!gone) {
            step(() -> letGo(Ptrace.await(hostPid, LIMIT)));
        }
    }

    private void letGo(Optional<PtraceStop> stop) {
        if (stop.isPresent() && !(stop.get() instanceof PtraceStop.Event)) {
            goOn(stop.get());
        } else {
            gone = true;
            Ptrace.detach(hostPid, 0);
            awaitStand();
        }
    }

    /** It runs until the kernel has it stop again; who looks meanwhile would take it for one that is not stopped. */
    private void awaitStand() {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!continued && !stands(hostPid) && System.nanoTime() < end) {
            LockSupport.parkNanos(STEP.toNanos());
        }
    }

    @Override
    public void close() {
        if (tracer != null) {
            closing = true;
            tracer.run(this::letGo);
            tracer.close();
        }
    }
}
