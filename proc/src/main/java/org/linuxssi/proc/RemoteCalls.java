package org.linuxssi.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
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
 * is. Groups and sessions are changed on all nodes that have the process or a proxy of it.
 */
final class RemoteCalls {

    private static final int PRIO_PROCESS = 0;
    private static final int NONE = -1;

    /**
     * The shape of a call.
     *
     * @param pid index of the argument that is the pid
     * @param in index of the argument that points to memory to read, or -1
     * @param out index of the argument that points to memory to write, or -1
     * @param bytes of that memory; 0 when argument 1 tells
     * @param changes whether it needs the right to control the process
     */
    private record Shape(int pid, int in, int out, int bytes, boolean changes) {
        int size(List<Long> arguments) {
            return bytes == 0 ? Math.clamp(arguments.get(1), 0, ProcServices.MEMORY_LIMIT) : bytes;
        }
    }

    private static final Map<Integer, Shape> SHAPES = Map.ofEntries(
            Map.entry(Nr.GETPGID, new Shape(0, NONE, NONE, 8, false)),
            Map.entry(Nr.GETSID, new Shape(0, NONE, NONE, 8, false)),
            Map.entry(Nr.GETPRIORITY, new Shape(1, NONE, NONE, 8, false)),
            Map.entry(Nr.SETPRIORITY, new Shape(1, NONE, NONE, 8, true)),
            Map.entry(Nr.SCHED_SETPARAM, new Shape(0, 1, NONE, 4, true)),
            Map.entry(Nr.SCHED_GETPARAM, new Shape(0, NONE, 1, 4, false)),
            Map.entry(Nr.SCHED_SETSCHEDULER, new Shape(0, 2, NONE, 4, true)),
            Map.entry(Nr.SCHED_GETSCHEDULER, new Shape(0, NONE, NONE, 8, false)),
            Map.entry(Nr.SCHED_SETAFFINITY, new Shape(0, 2, NONE, 0, true)),
            Map.entry(Nr.SCHED_GETAFFINITY, new Shape(0, NONE, 2, 0, false)),
            Map.entry(Nr.SCHED_RR_GET_INTERVAL, new Shape(0, NONE, 1, 16, false)),
            Map.entry(Nr.PRLIMIT64, new Shape(0, 2, 3, 16, true)));

    private final Container container;
    private final Rpc rpc;
    private final PidDirectory directory;
    private final Proxies proxies;
    private final LocalProcesses locals;
    private final AffinityCalls affinity;

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
        affinity = new AffinityCalls(container, new ClusterCpus(container, rpc, online), this);
    }

    List<Registration> serve() {
        List<Registration> all = new ArrayList<>();
        SHAPES.keySet().stream()
                .filter(number -> !AffinityCalls.isOne(number))
                .forEach(number -> all.add(container.supervisor().handle(number, this::handle)));
        all.addAll(affinity.serve());
        all.add(container.supervisor().handle(Nr.SETPGID, this::setGroup));
        all.add(container.supervisor().handle(Nr.SETSID, this::setSession));
        all.add(rpc.serve(ProcServices.CALL, (from, call) -> carryOut(call)));
        all.add(rpc.serve(ProcServices.REGROUP, this::regroup));
        return all;
    }

    /** Asks the node of the process, or lets the kernel carry it out when that is here. */
    void handle(NotifiedCall call) {
        Shape shape = Objects.requireNonNull(SHAPES.get(call.number()));
        int pid = call.word(shape.pid());
        boolean processOnly = shape.pid() == 0 || call.word(0) == PRIO_PROCESS;
        if (processOnly && isElsewhere(pid)) {
            KillCalls.later(call, () -> ask(call, shape, pid));
        } else {
            call.proceed();
        }
    }

    /** Tells whether a process may be on another node: it is neither here nor at home here. */
    boolean isElsewhere(int pid) {
        boolean known = !proxies.contains(pid)
                && (container.range().contains(pid)
                        || container.numbers().toHost(pid).isPresent());
        return pid > 0 && pid < PidRange.PID_MAX && !known;
    }

    private void ask(NotifiedCall call, Shape shape, int pid) {
        NodeId node = directory.where(pid);
        if (node.equals(rpc.self())) {
            call.proceed();
            return;
        }
        List<Long> arguments = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            arguments.add(call.argument(i));
        }
        boolean reads = shape.in() != NONE && call.argument(shape.in()) != 0;
        List<Byte> input = reads
                ? ProcServices.boxed(
                        AgentMemory.read(call.hostThread(), call.argument(shape.in()), shape.size(arguments)))
                : List.of();
        try {
            CallResult result = rpc.call(
                    node,
                    ProcServices.CALL,
                    new RemoteCall(call.number(), arguments, input, KillCalls.sender(container, call)));
            boolean writes = shape.out() != NONE && call.argument(shape.out()) != 0;
            if (writes && result.result() >= 0 && call.valid()) {
                AgentMemory.write(call.hostThread(), call.argument(shape.out()), ProcServices.bytes(result.output()));
            }
            call.succeed(result.result());
        } catch (RpcException unreachable) {
            call.fail(Errno.ESRCH);
        }
    }

    private CallResult carryOut(RemoteCall call) {
        Shape shape = SHAPES.get(call.number());
        if (shape == null || call.arguments().size() != 6) {
            return new CallResult(-Errno.ENOSYS.number(), List.of());
        }
        int pid = (int) (long) call.arguments().get(shape.pid());
        Optional<Member> target = container
                .numbers()
                .toHost(pid)
                .filter(hostPid -> !container.supervisor().isAgent(hostPid))
                .flatMap(hostPid -> Member.of(container.numbers(), hostPid));
        if (target.isEmpty()) {
            return new CallResult(-Errno.ESRCH.number(), List.of());
        }
        boolean needsRight =
                shape.changes() && (shape.out() == NONE || !call.input().isEmpty());
        if (needsRight && !call.sender().mayControl(target.get())) {
            return new CallResult(-Errno.EPERM.number(), List.of());
        }
        return AffinityCalls.isOne(call.number()) ? affinity.carryOut(call) : byInit(call, shape);
    }

    private CallResult byInit(RemoteCall call, Shape shape) {
        CallTable table = new CallTable();
        long[] arguments = call.arguments().stream().mapToLong(Long::longValue).toArray();
        int size = shape.size(call.arguments());
        if (shape.in() != NONE) {
            arguments[shape.in()] = call.input().isEmpty() ? 0 : table.bytes(ProcServices.bytes(call.input()));
        }
        boolean writes = shape.out() != NONE && arguments[shape.out()] != 0;
        long output = table.room(size);
        if (writes) {
            arguments[shape.out()] = output;
        }
        table.must(call.number(), arguments);
        Agent init = container.initAgent();
        return ProxyFactory.await(init.run(
                table,
                results -> new CallResult(
                        results[0],
                        writes ? ProcServices.boxed(AgentMemory.read(init.hostPid(), output, size)) : List.of())));
    }

    private void setGroup(NotifiedCall call) {
        if (proxies.isEmpty() && locals.isEmpty()) {
            call.proceed();
            return;
        }
        KillCalls.later(call, () -> {
            int caller = KillCalls.sender(container, call).pid();
            int pid = call.word(0) == 0 ? caller : call.word(0);
            int group = call.word(1) == 0 ? pid : call.word(1);
            if (proxies.contains(pid)) {
                call.succeed(rpc.call(directory.where(pid), ProcServices.REGROUP, new Regrouped(pid, group, 0)));
            } else {
                tellHolders(new Regrouped(pid, group, 0), rpc.self());
                call.proceed();
            }
        });
    }

    private void setSession(NotifiedCall call) {
        if (locals.isEmpty()) {
            call.proceed();
            return;
        }
        KillCalls.later(call, () -> {
            int pid = KillCalls.sender(container, call).pid();
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
        Optional<Agent> parent = container
                .numbers()
                .toHost(change.pid())
                .flatMap(hostPid -> Member.of(container.numbers(), hostPid))
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
