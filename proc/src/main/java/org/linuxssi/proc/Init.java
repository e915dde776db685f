package org.linuxssi.proc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.linuxssi.linux.AgentImage;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.SignalInfo;
import org.linuxssi.linux.Signals;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.tools.Registration;

/** The container's pid 1: clones agents, reaps, and makes what calls the daemon needs inside. */
final class Init {

    private static final int WAITS = 8;
    private static final int WNOHANG = 1;
    private static final int WUNTRACED = 2;
    private static final int WCONTINUED = 8;
    private static final int WALL = 0x40000000;
    private static final int CLONE_CHILD_SETTID = 0x0100_0000;
    private static final int CLONE_ARGUMENTS = 88;

    private final Agent agent;
    private final Supervisor supervisor;
    private final CopyOnWriteArrayList<ExitListener> listeners = new CopyOnWriteArrayList<>();
    private final Map<Integer, CompletableFuture<WaitStatus>> awaited = new ConcurrentHashMap<>();

    Init(Agent agent, Supervisor supervisor) {
        this.agent = agent;
        this.supervisor = supervisor;
    }

    /** Starts to listen for children's signals and looks once for what came before. */
    void begin() {
        agent.listen(this::signalled);
        reap();
    }

    Agent agent() {
        return agent;
    }

    Registration onChange(ExitListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Returns the status that a child of init will end with. */
    CompletableFuture<WaitStatus> await(int pid) {
        return awaited.computeIfAbsent(pid, key -> new CompletableFuture<>());
    }

    /** Tells whether somebody waits for the end of a child of init. */
    boolean awaits(int pid) {
        return awaited.containsKey(pid);
    }

    /** Returns the children whose ends somebody waits for. */
    Set<Integer> awaited() {
        return Set.copyOf(awaited.keySet());
    }

    /** Init is dead, and all its children with it: killed, as far as they had not ended before. */
    void died() {
        agent().died();
        awaited.forEach((pid, end) -> end.complete(WaitStatus.ofSignal(Signals.SIGKILL)));
    }

    private void signalled(SignalInfo info) {
        if (info.number() == Signals.SIGCHLD) {
            reap();
        }
    }

    private void reap() {
        reap(agent, this::changed);
    }

    private void changed(int pid, WaitStatus status) {
        if (status.ended()) {
            Optional.ofNullable(awaited.remove(pid)).ifPresent(future -> future.complete(status));
        }
        listeners.forEach(listener -> listener.changed(pid, status));
    }

    /** Takes all changes of an agent's children. */
    static void reap(Agent parent, BiConsumer<Integer, WaitStatus> changed) {
        CallTable table = new CallTable();
        long statuses = table.room(4 * WAITS);
        for (int i = 0; i < WAITS; i++) {
            table.must(Nr.WAIT4, -1, statuses + 4L * i, WNOHANG | WUNTRACED | WCONTINUED | WALL, 0);
        }
        Futures.unattended(parent.run(table, pids -> {
            ByteBuffer words = ByteBuffer.wrap(AgentMemory.read(parent.hostPid(), statuses, 4 * WAITS))
                    .order(ByteOrder.LITTLE_ENDIAN);
            if (pids[WAITS - 1] > 0) {
                reap(parent, changed);
            }
            for (int i = 0; i < WAITS; i++) {
                if (pids[i] > 0) {
                    changed.accept((int) pids[i], new WaitStatus(words.getInt(4 * i)));
                }
            }
            return pids;
        }));
    }

    /** Clones a child agent of init, see {@link #spawn(Agent, Supervisor, Optional, int)}. */
    CompletableFuture<Agent> spawn(Optional<Integer> pid) {
        return spawn(agent, supervisor, pid, 0);
    }

    /**
     * Clones a child of an agent; it is parked when the future completes.
     *
     * @param pid the pid that it must have; else the next one
     * @param flags of clone3, 0 or CLONE_PARENT, which makes a sibling instead
     */
    static CompletableFuture<Agent> spawn(Agent parent, Supervisor supervisor, Optional<Integer> pid, int flags) {
        CallTable table = new CallTable();
        long setTid = pid.map(table::ints).orElse(0L);
        long arguments = table.words(
                CLONE_CHILD_SETTID | flags,
                0,
                AgentImage.DATA_AT + AgentImage.OWN_PID,
                0,
                flags == 0 ? Signals.SIGCHLD : 0,
                0,
                0,
                0,
                setTid,
                pid.isPresent() ? 1 : 0,
                0);
        table.must(Nr.CLONE3, arguments, CLONE_ARGUMENTS);
        long tag = supervisor.newTag();
        CompletableFuture<Agent> birth = supervisor.expectBirth(tag);
        String what =
                "clone a process" + pid.map(number -> " with pid " + number).orElse("");
        Futures.unattended(parent.run(table, tag)
                .thenAccept(results -> Syscalls.check(what, results[0]))
                .exceptionally(problem -> {
                    supervisor.forgetBirth(tag);
                    birth.completeExceptionally(Futures.cause(problem));
                    return null;
                }));
        return birth;
    }
}
