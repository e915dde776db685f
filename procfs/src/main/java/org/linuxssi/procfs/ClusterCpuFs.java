package org.linuxssi.procfs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.linuxssi.linux.DirectoryFd;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseAbi;
import org.linuxssi.linux.FuseAttr;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseEntry;
import org.linuxssi.linux.FuseFileSystem;
import org.linuxssi.linux.FuseNegotiated;
import org.linuxssi.linux.FuseOptions;
import org.linuxssi.linux.FuseReply;
import org.linuxssi.linux.FuseRequest;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.linux.FuseStatFs;
import org.linuxssi.linux.FuseTime;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * {@code /sys/devices/system/cpu} of a container with the processors of all nodes, so that lscpu counts them. Optional:
 * programs that bind themselves to processors they find here fail, as processors of other nodes cannot be bound to.
 *
 * <p>Mount it as {@link ClusterProcFs}; the real directory, cloned before by open_tree(2), goes onto the hidden one.
 */
public final class ClusterCpuFs implements FuseFileSystem, AutoCloseable {

    /** The processors of a node. */
    static final Service<Codec.Nothing, CpuBundle> CPUS =
            Service.of(303, "sys-cpus", Codec.NOTHING, CpuBundle.CODEC, Service.Dispatch.BLOCKING);

    private static final long SECOND = 1_000_000_000L;
    private static final long REFRESH = 5 * SECOND;

    private final Rpc rpc;
    private final ClusterView view;
    private final DirectoryFd system;
    private final String hidden;
    private final Duration deadline;
    private final Registration service;
    private final FuseTime started = new FuseTime(System.currentTimeMillis() / 1000, 0);
    private final Map<NodeId, CpuBundle> bundles = new TreeMap<>();
    private CpuTree tree;
    private NodeSet nodes = NodeSet.EMPTY;
    private OptionalLong refreshed = OptionalLong.empty();

    /**
     * Makes the file system and serves this node's part to the others.
     *
     * @param system this node's real {@code /sys/devices/system/cpu}
     */
    public ClusterCpuFs(Rpc rpc, ClusterView view, DirectoryFd system, ProcFsOptions options) {
        this.rpc = rpc;
        this.view = view;
        this.system = system;
        this.hidden = options.hidden();
        this.deadline = options.deadline();
        this.tree = new CpuTree(List.of(), List.of(), hidden);
        this.service = rpc.serve(CPUS, (from, nothing) -> CpuBundle.read(system));
    }

    private static FuseOptions fuseOptions() {
        return FuseOptions.synthetic("cpu", 2);
    }

    /** Serves a device that is mounted. */
    public FuseSession serve(FuseDevice device) {
        return FuseSession.start(device, fuseOptions(), this);
    }

    /** Goes on for a daemon that died; agreed is what its session negotiated. */
    public FuseSession takeOver(FuseDevice device, FuseNegotiated agreed) {
        return FuseSession.takeOver(device, fuseOptions(), this, agreed);
    }

    @Override
    public void close() {
        service.close();
    }

    /** Returns the tree, made anew when nodes came or went; a node that does not answer keeps what it said last. */
    private synchronized CpuTree tree() {
        NodeSet online = view.online();
        long now = rpc.time().nanos();
        boolean fresh = refreshed.isPresent() && now - refreshed.getAsLong() < REFRESH;
        if (fresh && online.equals(nodes)) {
            return tree;
        }
        bundles.keySet().removeIf(node -> !online.contains(node));
        Map<NodeId, CompletableFuture<CpuBundle>> answers =
                rpc.ask(online.minus(view.self()), CPUS, Codec.Nothing.NOTHING, deadline);
        answers.forEach(this::take);
        bundles.put(view.self(), CpuBundle.read(system));
        List<String> others =
                system.list(".").stream().map(DirectoryFd.Entry::name).toList();
        tree = new CpuTree(new ArrayList<>(bundles.values()), others, hidden);
        nodes = online;
        refreshed = OptionalLong.of(rpc.time().nanos());
        return tree;
    }

    private void take(NodeId node, CompletableFuture<CpuBundle> answer) {
        try {
            bundles.put(node, answer.join());
        } catch (CompletionException problem) {
            System.getLogger(ClusterCpuFs.class.getName())
                    .log(System.Logger.Level.DEBUG, "node {0} does not tell its processors: {1}", node, problem);
        }
    }

    private CpuTree.Item item(FuseRequest request) {
        long id = request.header().nodeId();
        Optional<CpuTree.Item> item = tree().item(id);
        return item.orElseThrow(() -> new ErrnoException("find node " + id, Errno.ENOENT));
    }

    @Override
    public void handle(FuseRequest request, FuseReply reply) {
        switch (request) {
            case FuseRequest.Forget _ -> {}
            case FuseRequest.Lookup lookup -> reply.entry(lookup(lookup));
            case FuseRequest.GetAttr _ -> reply.attr(attr(item(request)), SECOND);
            case FuseRequest.ReadLink _, FuseRequest.Read _ -> read(request, reply);
            case FuseRequest.Open _ -> reply.opened(0, FuseAbi.FOPEN_DIRECT_IO | FuseAbi.FOPEN_NOFLUSH);
            case FuseRequest.OpenDir _ -> reply.opened(0, 0);
            case FuseRequest.ReadDir read ->
                reply.directory(tree().list(item(read)).part(read));
            case FuseRequest.Release _, FuseRequest.ReleaseDir _, FuseRequest.Flush _ -> reply.ok();
            case FuseRequest.StatFs _ -> reply.statFs(new FuseStatFs(0, 0, 0, 0, 0, 4096, 255));
            case FuseRequest.SetAttr _, FuseRequest.Create _, FuseRequest.Write _ -> reply.error(Errno.EPERM);
            case FuseRequest.Ioctl _ -> reply.error(Errno.ENOTTY);
            default -> reply.error(Errno.ENOSYS);
        }
    }

    private void read(FuseRequest request, FuseReply reply) {
        byte[] data = item(request).data();
        if (request instanceof FuseRequest.Read read) {
            reply.slice(data, read.offset(), read.size());
        } else {
            reply.data(data);
        }
    }

    private FuseEntry lookup(FuseRequest.Lookup lookup) {
        CpuTree.Item found = tree().child(item(lookup), lookup.name())
                .orElseThrow(() -> new ErrnoException("find " + lookup.name(), Errno.ENOENT));
        return new FuseEntry(found.id(), 0, SECOND, SECOND, attr(found));
    }

    private FuseAttr attr(CpuTree.Item item) {
        int permissions = item.type() == FuseAttr.DIRECTORY ? 0755 : item.type() == FuseAttr.SYMLINK ? 0777 : 0444;
        return FuseAttr.of(item.id(), item.type() | permissions, 4096, 0, 0, started);
    }
}
