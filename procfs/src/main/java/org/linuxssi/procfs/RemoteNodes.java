package org.linuxssi.procfs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.procfs.ProcServices.Batch;
import org.linuxssi.procfs.ProcServices.Question;
import org.linuxssi.procfs.ProcServices.Reply;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;

/**
 * The other nodes' processes and numbers, fetched in batches and kept for a moment. A node that does not answer before
 * the deadline is left out, and not asked again for a while.
 */
final class RemoteNodes {

    private static final Duration SILENCE = Duration.ofSeconds(3);

    private final Rpc rpc;
    private final ClusterView view;
    private final ProcProvider local;
    private final Duration deadline;
    private final ConcurrentMap<NodeId, RemoteNode> nodes = new ConcurrentHashMap<>();
    private final ConcurrentMap<NodeId, CompletableFuture<List<RemoteProcess>>> underWay = new ConcurrentHashMap<>();

    RemoteNodes(Rpc rpc, ClusterView view, ProcProvider local, Duration deadline) {
        this.rpc = rpc;
        this.view = view;
        this.local = local;
        this.deadline = deadline;
    }

    private RemoteNode node(NodeId id) {
        return nodes.computeIfAbsent(id, RemoteNode::new);
    }

    private NodeSet others() {
        return view.online().minus(view.self());
    }

    /**
     * Returns the processes of all other nodes by pid; where two nodes claim a pid the lower node wins, as for the
     * init of each node.
     *
     * @param age how old in nanoseconds the answer may be
     */
    SortedMap<Integer, RemoteProcess> all(long age) {
        List<CompletableFuture<List<RemoteProcess>>> answers = new ArrayList<>();
        others().forEach(id -> answers.add(list(node(id), age)));
        SortedMap<Integer, RemoteProcess> all = new TreeMap<>();
        answers.forEach(answer ->
                answer.join().forEach(process -> all.putIfAbsent(process.entry().pid(), process)));
        return all;
    }

    /** A process has moved: what was listed before is no longer true. */
    void forget() {
        underWay.clear();
        nodes.values().forEach(RemoteNode::forget);
    }

    /** The future never fails; a node without an answer has no processes. */
    private CompletableFuture<List<RemoteProcess>> list(RemoteNode node, long age) {
        long now = rpc.time().nanos();
        Optional<List<RemoteProcess>> known = node.list(now, age);
        if (known.isPresent() || node.isSilent(now)) {
            return CompletableFuture.completedFuture(known.orElse(List.of()));
        }
        CompletableFuture<List<RemoteProcess>> mine = new CompletableFuture<>();
        CompletableFuture<List<RemoteProcess>> other = underWay.putIfAbsent(node.id(), mine);
        if (other != null) {
            return other;
        }
        return askAll(node, List.of())
                .handle((batch, problem) -> problem == null ? listed(node, batch) : failed(node))
                .whenComplete((processes, problem) -> {
                    underWay.remove(node.id(), mine);
                    mine.complete(problem == null ? processes : List.of());
                });
    }

    /** Also completes when the transport forgets its own deadline. */
    private CompletableFuture<Batch> ask(RemoteNode node, List<Integer> pids) {
        return rpc.ask(node.id(), ProcServices.BATCH, pids, deadline)
                .orTimeout(deadline.toMillis() * 2, TimeUnit.MILLISECONDS);
    }

    private CompletableFuture<Batch> askAll(RemoteNode node, List<Integer> pids) {
        return ask(node, pids)
                .thenCompose(batch -> batch.more()
                        ? askAll(node, batch.rest()).thenApply(batch::plus)
                        : CompletableFuture.completedFuture(batch));
    }

    private List<RemoteProcess> listed(RemoteNode node, Batch batch) {
        long now = rpc.time().nanos();
        node.replace(batch, local.uptime(), now);
        return node.list(now, 0).orElse(List.of());
    }

    private List<RemoteProcess> failed(RemoteNode node) {
        node.silent(rpc.time().nanos() + SILENCE.toNanos());
        return List.of();
    }

    /** Returns what is known of a process of another node without asking, however old up to the age. */
    Optional<RemoteProcess> known(int pid, long age) {
        long now = rpc.time().nanos();
        return nodes.values().stream()
                .flatMap(node -> node.find(pid, now, age).stream())
                .findFirst();
    }

    /**
     * Finds a process of another node, or one that has come here meanwhile.
     *
     * @param age how old in nanoseconds the answer may be
     */
    Optional<RemoteProcess> find(int pid, long age) {
        Optional<NodeId> place = view.nodeOf(pid);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        if (place.get().equals(view.self())) {
            return here(pid);
        }
        RemoteNode node = node(place.get());
        long now = rpc.time().nanos();
        Optional<RemoteProcess> known = node.find(pid, now, age);
        if (known.isPresent() || node.isSilent(now) || !view.online().contains(node.id())) {
            return known;
        }
        if (node.isAskedOften()) {
            list(node, age).join();
            return node.find(pid, now, age);
        }
        try {
            Batch batch = ask(node, List.of(pid)).join();
            return node.update(pid, batch, local.uptime(), rpc.time().nanos());
        } catch (CompletionException _) {
            failed(node);
            return Optional.empty();
        }
    }

    private Optional<RemoteProcess> here(int pid) {
        return local.batch(List.of(pid)).processes().stream()
                .findFirst()
                .map(entry ->
                        new RemoteProcess(view.self(), entry, 0, rpc.time().nanos()));
    }

    /**
     * Asks the process's node.
     *
     * @throws ErrnoException what that node answers, ESRCH when the process is nowhere, EIO when the node is silent
     */
    Reply ask(Question question) {
        String operation = question.action() + " /proc/" + question.pid() + "/" + question.path();
        NodeId place = view.nodeOf(question.pid()).orElseThrow(() -> new ErrnoException(operation, Errno.ESRCH));
        if (place.equals(view.self())) {
            return local.answer(question).checked(operation);
        }
        if (node(place).isSilent(rpc.time().nanos())) {
            throw new ErrnoException(operation, Errno.EIO);
        }
        try {
            return rpc.call(place, ProcServices.PROCESS, question, deadline).checked(operation);
        } catch (RpcException _) {
            failed(node(place));
            throw new ErrnoException(operation, Errno.EIO);
        }
    }

    /** Returns a file of one node. */
    Optional<byte[]> file(NodeId id, NodeFile file) {
        return Optional.ofNullable(files(NodeSet.of(id), file).get(id));
    }

    /** Returns a file of each online node that answers, in the order of node ids, this one included. */
    Map<NodeId, byte[]> files(NodeFile file) {
        return files(view.online().plus(view.self()), file);
    }

    private Map<NodeId, byte[]> files(NodeSet from, NodeFile file) {
        long now = rpc.time().nanos();
        Map<NodeId, CompletableFuture<Reply>> asked = new LinkedHashMap<>();
        for (NodeId id : from) {
            if (id.equals(view.self())) {
                asked.put(id, CompletableFuture.completedFuture(local.nodeFile(file.fileName())));
            } else if (view.online().contains(id) && !node(id).isSilent(now)) {
                asked.put(
                        id,
                        rpc.ask(id, ProcServices.NODE_FILE, file.fileName(), deadline)
                                .orTimeout(deadline.toMillis() * 2, TimeUnit.MILLISECONDS));
            }
        }
        Map<NodeId, byte[]> answers = new LinkedHashMap<>();
        asked.forEach((id, answer) -> take(id, answer, answers));
        return answers;
    }

    private void take(NodeId id, CompletableFuture<Reply> answer, Map<NodeId, byte[]> answers) {
        try {
            Reply reply = answer.join();
            if (reply.errno() == 0) {
                answers.put(id, reply.data());
            }
        } catch (CompletionException _) {
            failed(node(id));
        }
    }
}
