package org.linuxssi.proc;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.WaitStatus;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Makes agents for processes that are started again, all at once, with the numbers and the relations that they had. */
public final class Revival implements AutoCloseable {

    private final Container container;
    private final ProcessTable table;
    private final Rpc rpc;
    private final List<Registration> services;

    /** Revives processes in a container. */
    public Revival(Container container, ProcessTable table, Rpc rpc) {
        this.container = container;
        this.table = table;
        this.rpc = rpc;
        services =
                List.of(rpc.serve(ProcServices.RESERVE, this::reserve), rpc.serve(ProcServices.BUILT, (from, pid) -> {
                    table.tidings().built(pid);
                    return Codec.Nothing.NOTHING;
                }));
    }

    /** Its home must not give the number to another process. */
    private int reserve(NodeId builder, Relations.Numbers numbers) {
        if (!table.awaitFree(numbers.pid())) {
            return Errno.EEXIST.number();
        }
        try {
            table.tidings().expect(numbers.pid(), builder);
            table.reserve(numbers);
            return 0;
        } catch (ErrnoException problem) {
            table.tidings().built(numbers.pid());
            return problem.errno().number();
        }
    }

    /**
     * Makes agents that stand in the relations of processes, zombies too; they are parked, and no longer ours, so that
     * tracers can fill them. {@link ProcessTable#abandon} takes one back, {@link ProcessTable#arrived} says that it runs;
     * {@link #over} has to be called after that.
     *
     * @param tree the processes, parents before their children; of their children only zombies count
     * @return their pids on the host, in the same order
     * @throws ErrnoException EEXIST when a number is in use, EAGAIN when the relations can't be made; nothing is left then
     */
    public List<Integer> prepare(List<Relations> tree) {
        for (Relations one : tree) {
            require(one.self().pid());
            one.children().forEach(child -> require(child.numbers().pid()));
        }
        return table.locked(() -> make(tree));
    }

    private void require(int pid) {
        NodeId home = PidRange.homeOf(pid);
        if (!table.awaitFree(pid)
                || (!home.equals(rpc.self()) && !table.where(pid).equals(home))) {
            throw new ErrnoException("have the number " + pid + ", which is in use", Errno.EEXIST);
        }
    }

    /** A process that is made. */
    private record Made(Relations relations, Agent agent) {
        Relations.Numbers numbers() {
            return relations.self();
        }
    }

    private List<Integer> make(List<Relations> tree) {
        Map<Integer, Agent> agents = new LinkedHashMap<>();
        List<Made> all = new ArrayList<>();
        List<Integer> hosts = new ArrayList<>();
        ProxyFactory factory = table.factory().among(pid -> Optional.ofNullable(agents.get(pid)));
        boolean ready = false;
        try {
            for (Relations one : tree) {
                Agent parent = agents.getOrDefault(one.self().parent(), container.initAgent());
                Agent agent = factory.make(one.self(), parent, false);
                agents.put(one.self().pid(), agent);
                all.add(new Made(one, agent));
            }
            all.forEach(made -> relate(factory, made));
            all.forEach(made -> check(made.numbers()));
            all.forEach(made -> reserveAtHome(made.numbers()));
            for (Made made : all) {
                hosts.add(table.arrivals().prepare(made.agent(), made.relations()));
            }
            ready = true;
            return hosts;
        } finally {
            if (!ready) {
                takeBack(all, hosts.size());
            }
        }
    }

    private static void relate(ProxyFactory factory, Made made) {
        factory.joinOthers(made.agent(), made.numbers());
        made.relations().children().forEach(child -> zombie(factory, made.agent(), child));
    }

    private static void zombie(ProxyFactory factory, Agent parent, Relations.Child child) {
        if (child.zombie().isPresent()) {
            Agent made = factory.make(child.numbers(), parent);
            new Proxy(made.pid(), made).end(new WaitStatus(child.zombie().get()));
        }
    }

    private void check(Relations.Numbers wanted) {
        Optional<Relations.Numbers> made =
                Member.withPid(container.numbers(), wanted.pid()).map(Member::numbers);
        boolean fits = made.filter(it -> it.parent() == wanted.parent()
                        && it.group() == wanted.group()
                        && it.session() == wanted.session())
                .isPresent();
        if (!fits) {
            throw new ErrnoException(
                    "make a process with parent " + wanted.parent() + ", group " + wanted.group() + " and session "
                            + wanted.session() + " of number " + wanted.pid(),
                    Errno.EAGAIN);
        }
    }

    private void reserveAtHome(Relations.Numbers numbers) {
        NodeId home = PidRange.homeOf(numbers.pid());
        if (!home.equals(rpc.self()) && rpc.connected().contains(home)) {
            int error = rpc.call(home, ProcServices.RESERVE, numbers);
            if (error != 0) {
                throw new ErrnoException("reserve the number " + numbers.pid() + " on node " + home, Errno.of(error));
            }
        }
    }

    private void takeBack(List<Made> all, int handedOver) {
        for (int i = all.size() - 1; i >= 0; i--) {
            Made made = all.get(i);
            if (i < handedOver) {
                table.abandon(made.numbers().pid());
            } else {
                Futures.unattended(made.agent().call(Nr.EXIT_GROUP, 0));
            }
        }
    }

    /** Processes that were prepared run, or were taken back, also when their making failed: their homes go by that. */
    public void over(List<Relations> tree) {
        for (Relations one : tree) {
            NodeId home = PidRange.homeOf(one.self().pid());
            if (!home.equals(rpc.self())) {
                rpc.send(NodeSet.of(home), ProcServices.BUILT, one.self().pid());
            }
        }
    }

    /** Completes with the status of a process without a parent when it ends; to be called before it runs. */
    public CompletableFuture<WaitStatus> end(int pid) {
        return container.init().await(pid);
    }

    @Override
    public void close() {
        services.forEach(Registration::close);
    }
}
