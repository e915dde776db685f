package org.linuxssi.procfs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.FuseAbi;
import org.linuxssi.linux.FuseAttr;
import org.linuxssi.linux.FuseDevice;
import org.linuxssi.linux.FuseFileSystem;
import org.linuxssi.linux.FuseHeader;
import org.linuxssi.linux.FuseNegotiated;
import org.linuxssi.linux.FuseNotifier;
import org.linuxssi.linux.FuseOptions;
import org.linuxssi.linux.FuseReply;
import org.linuxssi.linux.FuseRequest;
import org.linuxssi.linux.FuseSession;
import org.linuxssi.linux.FuseStatFs;
import org.linuxssi.linux.FuseTime;
import org.linuxssi.rpc.Rpc;

/**
 * {@code /proc} of a container that shows the processes and numbers of the whole cluster.
 *
 * <p>A process of this node is a symbolic link into the container's real procfs, which is mounted on the hidden
 * directory; one of another node is a directory made of what that node tells. All else of the real procfs is reached by
 * links too. Node ids hold all there is to know, so that a new daemon can take over.
 *
 * <p>Mounting is done by a process in the container's mount and pid name spaces (its init), since the pids in requests
 * are those of the pid name space of the process that mounts:
 *
 * <pre>{@code
 * mount("proc", "/proc", "fuse", ProcFsOptions.MOUNT_FLAGS, ProcFsOptions.MOUNT.data(N))  // N: /dev/fuse in init
 * serve(device)                                                                           // in the daemon
 * mount("proc", "/proc/.local", "proc", ProcFsOptions.MOUNT_FLAGS, null)                  // waits until served
 * mount("/proc/.local/sys", "/proc/sys", null, MS_BIND, null)
 * }</pre>
 */
public final class ClusterProcFs implements FuseFileSystem, AutoCloseable {

    private static final int WORKERS = 8;
    private static final int WRITE_LIMIT = 4096;

    private final ProcFsOptions options;
    private final RemoteNodes remote;
    private final ProcTree tree;
    private final ProcContents contents;
    private final ProcExtensions extensions = new ProcExtensions();
    private final ConcurrentMap<Long, OpenFile> files = new ConcurrentHashMap<>();
    private final ConcurrentMap<Long, ProcListing> listings = new ConcurrentHashMap<>();
    private final AtomicLong handles = new AtomicLong(System.nanoTime() << 8);
    private final ExecutorService workers = pool(WORKERS, "proc");
    /** Apart from the workers: dropping a name waits for lookups in its directory, which may need a worker. */
    private final ExecutorService notices = pool(1, "proc-notice");

    private volatile Optional<FuseNotifier> notifier = Optional.empty();

    /**
     * Makes the file system.
     *
     * @param rpc on which the other nodes' {@link ProcProvider}s answer
     * @param view the cluster
     * @param local this node's part, from the container's real procfs
     */
    public ClusterProcFs(Rpc rpc, ClusterView view, ProcProvider local, ProcFsOptions options) {
        this.options = options;
        FuseTime now = new FuseTime(System.currentTimeMillis() / 1000, 0);
        remote = new RemoteNodes(rpc, view, local, options.deadline());
        this.tree = new ProcTree(local, remote, view, extensions, options.hidden(), now);
        this.contents = new ProcContents(local, remote, view, extensions, tree.own(), options);
    }

    private static ExecutorService pool(int threads, String name) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name(name + "-", 0).daemon().factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Returns the place for files of other modules. */
    public ProcExtensions extensions() {
        return extensions;
    }

    private FuseOptions fuseOptions() {
        long flags = FuseAbi.DO_READDIRPLUS | FuseAbi.READDIRPLUS_AUTO | FuseAbi.CACHE_SYMLINKS;
        return FuseOptions.synthetic("proc", options.threads()).with(flags);
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
    public void ready(FuseNegotiated negotiated, FuseNotifier notifications) {
        notifier = Optional.of(notifications);
    }

    /** Says that a process has moved, from, to or between other nodes, so that it is looked up again; does not block. */
    public void moved(int pid) {
        remote.forget();
        notifier.ifPresent(notifications ->
                notices.execute(() -> notifications.invalidateEntry(FuseAbi.ROOT, Integer.toString(pid))));
    }

    @Override
    public void close() {
        workers.shutdownNow();
        notices.shutdownNow();
    }

    @Override
    public void handle(FuseRequest request, FuseReply reply) {
        if (request instanceof FuseRequest.Forget) {
            return;
        }
        ProcNode node = ProcNode.ofId(request.header().nodeId());
        switch (request) {
            case FuseRequest.Lookup lookup ->
                run(
                        tree.isQuickLookup(node, lookup.name()),
                        reply,
                        () -> reply.entry(tree.lookup(lookup.header(), node, lookup.name())));
            case FuseRequest.GetAttr _ ->
                run(tree.isQuick(node), reply, () -> reply.attr(tree.attr(node), tree.attrValid(node)));
            case FuseRequest.SetAttr change -> setAttr(change, node, reply);
            case FuseRequest.ReadLink link ->
                run(node.kind().isOwn(), reply, () -> reply.link(contents.link(link.header(), node)));
            case FuseRequest.Open open -> run(contents.isQuick(node), reply, () -> open(open, node, reply));
            case FuseRequest.Read read -> read(read, node, reply);
            case FuseRequest.Write write -> write(write, node, reply);
            case FuseRequest.Release release -> {
                files.remove(release.handle());
                reply.ok();
            }
            case FuseRequest.OpenDir _ -> reply.opened(handles.incrementAndGet(), 0);
            case FuseRequest.ReadDir read -> readDir(read, node, reply);
            case FuseRequest.ReleaseDir release -> {
                listings.remove(release.handle());
                reply.ok();
            }
            case FuseRequest.StatFs _ -> reply.statFs(new FuseStatFs(0, 0, 0, 0, 0, 4096, 255));
            case FuseRequest.Ioctl _ -> reply.error(Errno.ENOTTY);
            case FuseRequest.Flush _ -> reply.ok();
            case FuseRequest.Create _, FuseRequest.MkNod _, FuseRequest.MkDir _, FuseRequest.Symlink _ ->
                reply.error(Errno.ENOENT);
            case FuseRequest.Unlink _, FuseRequest.RmDir _, FuseRequest.Rename _, FuseRequest.Link _ ->
                reply.error(Errno.EPERM);
            default -> reply.error(Errno.ENOSYS);
        }
    }

    /** Runs on the thread that read the request, or where it may wait for other nodes. */
    private void run(boolean quick, FuseReply reply, Runnable answer) {
        Executor executor = quick ? Runnable::run : workers;
        executor.execute(() -> {
            try {
                answer.run();
            } catch (ErrnoException problem) {
                reply.error(problem.errno());
            } catch (RuntimeException problem) {
                System.getLogger(ClusterProcFs.class.getName()).log(System.Logger.Level.ERROR, "/proc", problem);
                if (!reply.isAnswered()) {
                    reply.error(Errno.EIO);
                }
            }
        });
    }

    private void setAttr(FuseRequest.SetAttr change, ProcNode node, FuseReply reply) {
        boolean truncate = (change.valid()
                        & ~(FuseAbi.FATTR_SIZE
                                | FuseAbi.FATTR_FH
                                | FuseAbi.FATTR_LOCKOWNER
                                | FuseAbi.FATTR_MTIME
                                | FuseAbi.FATTR_CTIME
                                | FuseAbi.FATTR_KILL_SUIDGID))
                == 0;
        if (truncate) {
            run(tree.isQuick(node), reply, () -> reply.attr(tree.attr(node), 0));
        } else {
            reply.error(Errno.EPERM);
        }
    }

    private void open(FuseRequest.Open open, ProcNode node, FuseReply reply) {
        boolean writeOnly = (open.flags() & 3) == 1;
        long handle = handles.incrementAndGet();
        byte[] bytes = writeOnly ? new byte[0] : contents.read(open.header(), node);
        files.put(handle, OpenFile.opened(open.header(), bytes));
        reply.opened(handle, FuseAbi.FOPEN_DIRECT_IO | FuseAbi.FOPEN_NOFLUSH);
    }

    /** A handle that an earlier daemon gave is not known: what it would read now has to do. */
    private void read(FuseRequest.Read read, ProcNode node, FuseReply reply) {
        OpenFile known = files.get(read.handle());
        @Nullable OpenFile current = known != null && known.serves(read.offset()) ? known : null;
        run(current != null || contents.isQuick(node), reply, () -> {
            FuseHeader opener = known != null ? known.opener() : read.header();
            OpenFile file = current != null ? current : OpenFile.opened(opener, contents.read(opener, node));
            files.put(read.handle(), file.read(read.offset()));
            reply.slice(file.bytes(), read.offset(), read.size());
        });
    }

    private void write(FuseRequest.Write write, ProcNode node, FuseReply reply) {
        byte[] bytes = write.data().toArray(JAVA_BYTE);
        run(false, reply, () -> {
            if (bytes.length > WRITE_LIMIT) {
                throw new ErrnoException("write " + bytes.length + " bytes", Errno.EINVAL);
            }
            contents.write(write.header(), node, bytes);
            reply.written(bytes.length);
        });
    }

    private void readDir(FuseRequest.ReadDir read, ProcNode node, FuseReply reply) {
        ProcListing known = read.offset() == 0 ? null : listings.get(read.handle());
        boolean quick = known != null || node.kind() == ProcNode.Kind.HIDDEN;
        run(quick, reply, () -> {
            ProcListing listing = known != null ? known : list(read.header(), read.handle(), node);
            reply.directory(listing.part(read));
        });
    }

    private ProcListing list(FuseHeader caller, long handle, ProcNode node) {
        if ((tree.attr(node).mode() & FuseAttr.TYPE_MASK) != FuseAttr.DIRECTORY) {
            throw new ErrnoException("list " + node, Errno.ENOTDIR);
        }
        ProcListing listing = tree.list(node, caller.uid());
        listings.put(handle, listing);
        return listing;
    }
}
