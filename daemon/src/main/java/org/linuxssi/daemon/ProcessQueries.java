package org.linuxssi.daemon;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.linuxssi.control.ControlException;
import org.linuxssi.control.ProcessRow;
import org.linuxssi.control.Reply;
import org.linuxssi.epm.spi.Places;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/** Asks the nodes for their processes, and where a single one lives. */
final class ProcessQueries implements AutoCloseable {

    private static final Logger LOG = System.getLogger(ProcessQueries.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int NOBODY = -1;

    /** A process may move on while it is asked for. */
    private static final int ATTEMPTS = 3;

    private static final Service<Codec.Nothing, Reply> ROWS =
            Service.of(401, "daemon.processes", Codec.NOTHING, Reply.CODEC, Service.Dispatch.BLOCKING);
    private static final Codec<Integer> NUMBER = Codec.of((number, out) -> out.i32(number), in -> in.i32());
    private static final Service<Integer, Integer> OWNER =
            Service.of(409, "daemon.owner", NUMBER, NUMBER, Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final Places places;
    private final Supplier<List<ProcessRow>> own;
    private final Registration rows;
    private final Registration owner;

    /**
     * Begins to answer other nodes.
     *
     * @param own returns the processes of this node
     */
    ProcessQueries(Rpc rpc, Places places, Supplier<List<ProcessRow>> own) {
        this.rpc = rpc;
        this.places = places;
        this.own = own;
        rows = rpc.serve(ROWS, (from, nothing) -> new Reply.Processes(own.get()));
        owner = rpc.serve(OWNER, (from, pid) -> owner(pid));
    }

    /**
     * Where a process lives.
     *
     * @param node on this node
     * @param uid its user
     */
    record Found(NodeId node, int uid) {}

    /** Returns the processes of these nodes, by pid, and which nodes did not answer. */
    Reply.Processes on(NodeSet nodes) {
        Map<NodeId, CompletableFuture<Reply>> asked =
                rpc.ask(nodes.minus(rpc.self()), ROWS, Codec.Nothing.NOTHING, PATIENCE);
        Map<NodeId, List<ProcessRow>> parts = new HashMap<>();
        if (nodes.contains(rpc.self())) {
            parts.put(rpc.self(), own.get());
        }
        asked.forEach((node, answer) -> {
            try {
                if (answer.join() instanceof Reply.Processes processes) {
                    parts.put(node, processes.rows());
                }
            } catch (CompletionException | RpcException problem) {
                LOG.log(Level.WARNING, "node {0} tells nothing of its processes: {1}", node, problem.getMessage());
            }
        });
        List<List<ProcessRow>> all = new ArrayList<>(parts.values());
        return new Reply.Processes(ProcessRows.merge(all), nodes.minus(NodeSet.of(parts.keySet())));
    }

    /**
     * Finds a process by the pid directory, and its user by the node where it is.
     *
     * @param members the nodes where it may be
     * @throws ControlException ESRCH when there is no such process, EAGAIN when its node does not answer
     */
    Found find(String operation, int pid, NodeSet members) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<NodeId> node = places.where(pid).filter(members::contains);
            if (node.isPresent()) {
                int uid = ask(operation, pid, node.get());
                if (uid != NOBODY) {
                    return new Found(node.get(), uid);
                }
            }
        }
        throw new ControlException(Errno.ESRCH, operation + ": pid " + pid + " does not exist");
    }

    private int ask(String operation, int pid, NodeId node) {
        try {
            return node.equals(rpc.self()) ? owner(pid) : rpc.call(node, OWNER, pid, PATIENCE);
        } catch (RpcException problem) {
            throw new ControlException(
                    Errno.EAGAIN,
                    operation + ": node " + node + ", where pid " + pid + " lives, does not answer: "
                            + problem.getMessage());
        }
    }

    private int owner(int pid) {
        try {
            return places.owner(pid);
        } catch (ErrnoException _) {
            return NOBODY;
        }
    }

    @Override
    public void close() {
        rows.close();
        owner.close();
    }
}
