package org.linuxssi.proc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.linuxssi.linux.AgentMemory;
import org.linuxssi.linux.CallTable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.proc.ProcServices.CallResult;
import org.linuxssi.proc.ProcServices.Regrouped;
import org.linuxssi.proc.ProcServices.RemoteCall;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * Calls that ask or change something of another process by its pid: they are made by init of the node where the process
 * is, as the caller's {@link Deputy}. Groups and sessions are changed on all nodes that have the process or a proxy of it.
 */
final class RemoteCalls {

    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int NONE = -1;
    private static final int RESULT_ONLY = 0;

    /** The node has no such process. */
    private static final CallResult NOBODY = new CallResult(-Errno.ESRCH.number(), List.of());

    /** {@code SCHED_ATTR_SIZE_VER0} ({@code linux/sched/types.h}). */
    private static final int ATTRIBUTES = 48;

    /** The kernel takes no larger ones: a page. */
    private static final int MOST_ATTRIBUTES = 4096;

    /** Tells how many bytes of memory a call reads or writes; less than 0 when the kernel will refuse it anyway. */
    @FunctionalInterface
    private interface Size {
        int of(NotifiedCall call);
    }

    /**
     * The shape of a call.
     *
     * @param pid index of the argument that is the pid
     * @param in index of the argument that points to memory to read, or -1
     * @param out index of the argument that points to memory to write, or -1
     * @param size of that memory
     * @param judged whether the kernel asks who calls
     */
    private record Shape(int pid, int in, int out, Size size, boolean judged) {
        static Shape asking(int pid) {
            return new Shape(pid, NONE, NONE, _ -> RESULT_ONLY, false);
        }

        static Shape asking(int out, int bytes) {
            return new Shape(0, NONE, out, _ -> bytes, false);
        }

        static Shape changing(int in, int bytes) {
            return new Shape(0, in, NONE, _ -> bytes, true);
        }
    }

    private static final Map<Integer, Shape> SHAPES = Map.ofEntries(
            Map.entry(Nr.GETPGID, Shape.asking(0)),
            Map.entry(Nr.GETSID, Shape.asking(0)),
            Map.entry(Nr.GETPRIORITY, Shape.asking(1)),
            Map.entry(Nr.SETPRIORITY, new Shape(1, NONE, NONE, _ -> RESULT_ONLY, true)),
            Map.entry(Nr.IOPRIO_GET, Shape.asking(1)),
            Map.entry(Nr.IOPRIO_SET, new Shape(1, NONE, NONE, _ -> RESULT_ONLY, true)),
            Map.entry(Nr.SCHED_SETPARAM, Shape.changing(1, 4)),
            Map.entry(Nr.SCHED_GETPARAM, Shape.asking(1, 4)),
            Map.entry(Nr.SCHED_SETSCHEDULER, Shape.changing(2, 4)),
            Map.entry(Nr.SCHED_GETSCHEDULER, Shape.asking(0)),
            Map.entry(Nr.SCHED_SETATTR, new Shape(0, 1, NONE, RemoteCalls::attributesGiven, true)),
            Map.entry(Nr.SCHED_GETATTR, new Shape(0, NONE, 1, RemoteCalls::attributesWanted, false)),
            Map.entry(Nr.SCHED_SETAFFINITY, new Shape(0, 2, NONE, RemoteCalls::mask, true)),
            Map.entry(Nr.SCHED_GETAFFINITY, new Shape(0, NONE, 2, RemoteCalls::mask, false)),
            Map.entry(Nr.SCHED_RR_GET_INTERVAL, Shape.asking(1, 16)),
            Map.entry(Nr.PRLIMIT64, new Shape(0, 2, 3, _ -> 16, true)));

    private static int mask(NotifiedCall call) {
        return Math.clamp(call.argument(1), 0, ProcServices.MEMORY_LIMIT);
    }

    /**
     * The structure begins with its size; 0 stands for that of the first version. The kernel refuses one that it does not know
     * in full unless the rest is 0, which therefore need not be sent.
     */
    private static int attributesGiven(NotifiedCall call) {
        if (call.argument(1) == 0 || call.word(2) != 0) {
            return NONE;
        }
        int size = ByteBuffer.wrap(AgentMemory.read(call.hostThread(), call.argument(1), 4))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
        int given = size == 0 ? ATTRIBUTES : size;
        if (given < ATTRIBUTES || given > MOST_ATTRIBUTES) {
            return NONE;
        }
        byte[] all = AgentMemory.read(call.hostThread(), call.argument(1), given);
        int sent = Math.min(given, ProcServices.MEMORY_LIMIT);
        boolean unknown = IntStream.range(sent, given).anyMatch(at -> all[at] != 0);
        return unknown ? NONE : sent;
    }

    private static int attributesWanted(NotifiedCall call) {
        int size = call.word(2);
        boolean refused = call.word(3) != 0 || size < ATTRIBUTES || size > MOST_ATTRIBUTES;
        return refused ? NONE : Math.min(size, ProcServices.MEMORY_LIMIT);
    }

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Proxies proxies;
    private final LocalProcesses locals;
    private final Supplier<NodeSet> online;
    private final Deputy deputy;
    private final AffinityCalls affinity;
    private final PriorityCalls priorities;

    RemoteCalls(
            Container container,
            Rpc rpc,
            PidDirectory directory,
            Proxies proxies,
            LocalProcesses locals,
            Supplier<NodeSet> online) {
        this.container = container;
        this.rpc = rpc;
        this.directory = directory;
        this.proxies = proxies;
        this.locals = locals;
        this.online = online;
        deputy = new Deputy(container);
        priorities = new PriorityCalls(container, rpc, online, deputy, this);
        affinity = new AffinityCalls(container, new ClusterCpus(container, rpc, online), this);
    }

    List<Registration> serve() {
        List<Registration> all = new ArrayList<>();
        SHAPES.keySet().stream()
                .filter(number -> !AffinityCalls.isOne(number) && !PriorityCalls.isOne(number))
                .forEach(number -> all.add(container.supervisor().handle(number, this::handle)));
        all.addAll(affinity.serve());
        all.addAll(priorities.serve());
        all.add(container.supervisor().handle(Nr.SETPGID, this::setGroup));
        all.add(container.supervisor().handle(Nr.SETSID, this::setSession));
        all.add(rpc.serve(ProcServices.CALL, (from, call) -> carryOut(call)));
        all.add(rpc.serve(ProcServices.REGROUP, this::regroup));
        return all;
    }

    AffinityCalls affinity() {
        return affinity;
    }

    /** Asks the node of the process, or lets the kernel carry it out when that is here. */
    void handle(NotifiedCall call) {
        Shape shape = Objects.requireNonNull(SHAPES.get(call.number()));
        int pid = call.word(shape.pid());
        if (isElsewhere(pid)) {
            KillCalls.later(call, () -> ask(call, shape, pid));
        } else {
            call.proceed();
        }
    }

    private NodeSet others() {
        return online.get().minus(rpc.self());
    }

    /** Tells whether a process or thread may be on another node: it is not here. */
    boolean isElsewhere(int pid) {
        boolean possible = PidRange.possible(pid) && !others().isEmpty();
        return possible && (proxies.contains(pid) || isUnknownHere(pid));
    }

    /** Tells whether the kernel has nothing with this number, so that what it says of a call is right for any node. */
    private boolean isUnknownHere(int pid) {
        return container.numbers().toHost(pid).isEmpty();
    }

    private void ask(NotifiedCall call, Shape shape, int pid) {
        int size = shape.size().of(call);
        if (size == NONE) {
            call.proceed();
            return;
        }
        CallResult result = ask(pid, remote(call, shape, size));
        if (result.equals(NOBODY) && isUnknownHere(pid)) {
            call.proceed();
            return;
        }
        boolean writes = shape.out() != NONE && call.argument(shape.out()) != 0;
        if (writes && result.result() >= 0 && call.valid()) {
            AgentMemory.write(call.hostThread(), call.argument(shape.out()), written(call, result));
        }
        call.succeed(result.result());
    }

    private RemoteCall remote(NotifiedCall call, Shape shape, int size) {
        List<Long> arguments = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            arguments.add(call.argument(i));
        }
        if (call.number() == Nr.SCHED_GETATTR) {
            arguments.set(2, (long) size);
        }
        boolean reads = shape.in() != NONE && call.argument(shape.in()) != 0;
        List<Byte> input = reads ? ProcServices.boxed(input(call, shape, size)) : List.of();
        int room = shape.out() == NONE ? 0 : size;
        return new RemoteCall(call.number(), arguments, input, room, Sender.of(container, call.hostThread()));
    }

    private static byte[] input(NotifiedCall call, Shape shape, int size) {
        byte[] input = AgentMemory.read(call.hostThread(), call.argument(shape.in()), size);
        if (call.number() == Nr.SCHED_SETATTR) {
            ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN).putInt(size);
        }
        return input;
    }

    /** The kernel tells at the start of scheduling attributes how many bytes of them it has written. */
    private static byte[] written(NotifiedCall call, CallResult result) {
        byte[] output = ProcServices.bytes(result.output());
        if (call.number() != Nr.SCHED_GETATTR) {
            return output;
        }
        int size = ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).getInt();
        return Arrays.copyOf(output, Math.clamp(size, 0, output.length));
    }

    /** A thread that is not the first of its process has no entry in the directory: then all nodes are asked. */
    private CallResult ask(int pid, RemoteCall call) {
        NodeId node = directory.where(pid);
        CallResult first = node.equals(rpc.self()) ? NOBODY : answer(rpc.ask(node, ProcServices.CALL, call, DEADLINE));
        if (!first.equals(NOBODY)) {
            return first;
        }
        return rpc.ask(others().minus(node), ProcServices.CALL, call, DEADLINE).values().stream()
                .map(RemoteCalls::answer)
                .filter(answer -> !answer.equals(NOBODY))
                .findFirst()
                .orElse(NOBODY);
    }

    private static CallResult answer(CompletableFuture<CallResult> future) {
        return future.exceptionally(lost -> NOBODY).join();
    }

    private CallResult carryOut(RemoteCall call) {
        Shape shape = SHAPES.get(call.number());
        if (shape == null || call.arguments().size() != 6) {
            return new CallResult(-Errno.ENOSYS.number(), List.of());
        }
        int pid = (int) (long) call.arguments().get(shape.pid());
        boolean here = container
                .numbers()
                .toHost(pid)
                .filter(hostPid -> !container.supervisor().isAgent(hostPid))
                .isPresent();
        if (!here) {
            return NOBODY;
        }
        return AffinityCalls.isOne(call.number()) ? affinity.carryOut(call) : byInit(call, shape);
    }

    private CallResult byInit(RemoteCall call, Shape shape) {
        Deputy.Errand errand = deputy.errand(shape.judged() ? call.sender() : Sender.outside(0));
        CallTable table = errand.table();
        long[] arguments = call.arguments().stream().mapToLong(Long::longValue).toArray();
        if (shape.in() != NONE) {
            arguments[shape.in()] = call.input().isEmpty() ? 0 : table.bytes(ProcServices.bytes(call.input()));
        }
        boolean writes = shape.out() != NONE && arguments[shape.out()] != 0;
        long output = table.room(call.room());
        if (writes) {
            arguments[shape.out()] = output;
        }
        int entry = table.may(call.number(), arguments);
        int init = container.initPid();
        return ProxyFactory.await(errand.run(results -> new CallResult(
                results[entry], writes ? ProcServices.boxed(AgentMemory.read(init, output, call.room())) : List.of())));
    }

    private void setGroup(NotifiedCall call) {
        if (proxies.isEmpty() && locals.isEmpty()) {
            call.proceed();
            return;
        }
        KillCalls.later(call, () -> {
            int caller = Sender.of(container, call.hostThread()).pid();
            int pid = call.word(0) == 0 ? caller : call.word(0);
            int group = call.word(1) == 0 ? pid : call.word(1);
            if (proxies.contains(pid)) {
                regroupChild(call, caller, new Regrouped(pid, group, 0));
            } else {
                tellHolders(new Regrouped(pid, group, 0), rpc.self());
                call.proceed();
            }
        });
    }

    /** Only a parent may change the group of another process; the kernel tells all others so. */
    private void regroupChild(NotifiedCall call, int caller, Regrouped change) {
        boolean isChild = Member.withPid(container.numbers(), change.pid())
                .filter(member -> member.numbers().parent() == caller)
                .isPresent();
        if (isChild) {
            call.succeed(regroupElsewhere(change));
        } else {
            call.proceed();
        }
    }

    /** A process whose node does not answer is lost with it. */
    private int regroupElsewhere(Regrouped change) {
        try {
            return rpc.call(directory.where(change.pid()), ProcServices.REGROUP, change);
        } catch (RpcException _) {
            return -Errno.ESRCH.number();
        }
    }

    private void setSession(NotifiedCall call) {
        if (locals.isEmpty()) {
            call.proceed();
            return;
        }
        KillCalls.later(call, () -> {
            int pid = Sender.of(container, call.hostThread()).pid();
            tellHolders(new Regrouped(pid, pid, pid), rpc.self());
            call.proceed();
        });
    }

    private void tellHolders(Regrouped change, NodeId except) {
        for (NodeId holder : locals.holders(change.pid()).minus(except)) {
            try {
                rpc.call(holder, ProcServices.REGROUP, change);
            } catch (RpcException lost) {
                locals.dropHolder(change.pid(), holder);
            }
        }
    }

    /** A proxy follows its process; a process is moved by the proxy of its parent, which asked. */
    private int regroup(NodeId from, Regrouped change) {
        Optional<Proxy> proxy = proxies.get(change.pid());
        if (proxy.isPresent()) {
            return follow(proxy.get(), change);
        }
        Optional<Agent> parent = Member.withPid(container.numbers(), change.pid())
                .flatMap(member -> proxies.get(member.numbers().parent()))
                .map(Proxy::agent);
        if (parent.isEmpty()) {
            return -Errno.ESRCH.number();
        }
        int result = word(parent.get().call(Nr.SETPGID, change.pid(), change.group()));
        if (result == 0) {
            tellHolders(change, rpc.self());
        }
        return result;
    }

    private static int follow(Proxy proxy, Regrouped change) {
        return change.session() == change.pid()
                ? word(proxy.agent().call(Nr.SETSID))
                : word(proxy.agent().call(Nr.SETPGID, 0, change.group()));
    }

    private static int word(CompletableFuture<Long> result) {
        try {
            return (int) (long) ProxyFactory.await(result);
        } catch (ErrnoException problem) {
            return -problem.errno().number();
        }
    }
}
