package org.linuxssi.stream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Nr;
import org.linuxssi.linux.ProcFiles;
import org.linuxssi.linux.Syscalls;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.RpcException;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.Registration;

/**
 * Offsets of regular files that processes on several nodes share, as a shell and its children share what they inherited.
 *
 * <p>Each node has one open file for all its processes that share the offset; the first node, its home, knows the others.
 * An offset that has changed is told to all before the end of a process is told, and when a process leaves: so who waits
 * for another one's end goes on where that one stopped.
 */
public final class SharedOffsets implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long GRACE = Duration.ofSeconds(30).toNanos();
    private static final long SWEEP = Duration.ofSeconds(10).toNanos();
    private static final long NONE = -1;
    private static final int KCMP_FILE = 0;
    private static final int PATH = 4096;
    private static final int O_PATH = 010000000;
    private static final String DELETED = " (deleted)";
    private static final int ONLY_AT_CREATION = 0100 | 0200 | 0400 | 01000;

    /** Names a shared offset in the cluster. */
    private record Name(NodeId home, long number) {
        static final Codec<Name> CODEC =
                Codec.of((name, out) -> out.node(name.home).i64(name.number), in -> new Name(in.node(), in.i64()));
    }

    private record Place(Name name, long offset) {
        static final Codec<Place> CODEC = Codec.of(
                (place, out) -> out.value(place.name, Name.CODEC).i64(place.offset),
                in -> new Place(in.value(Name.CODEC), in.i64()));
    }

    /** What a process takes along. */
    private record Ticket(Place place, String path, int flags) {
        static final Codec<Ticket> CODEC = Codec.of(
                (ticket, out) ->
                        out.value(ticket.place, Place.CODEC).text(ticket.path).i32(ticket.flags),
                in -> new Ticket(in.value(Place.CODEC), in.text(PATH), in.i32()));
    }

    /** The open file of this node. */
    private static final class Local {
        final Name name;
        final String path;
        final int descriptor;
        final Set<NodeId> users = new HashSet<>();
        final CompletableFuture<?> attached;
        int outsiders;
        boolean went;
        boolean told;
        CompletableFuture<?> telling = CompletableFuture.completedFuture(null);
        long agreed;
        long touched = System.nanoTime();

        private Local(Name name, String path, int descriptor, long agreed, CompletableFuture<?> attached) {
            this.name = name;
            this.path = path;
            this.descriptor = descriptor;
            this.agreed = agreed;
            this.attached = attached;
        }

        static Local home(Name name, String path, int descriptor, long agreed) {
            return new Local(name, path, descriptor, agreed, CompletableFuture.completedFuture(null));
        }

        boolean idle(long grace) {
            return System.nanoTime() - touched > grace && users.isEmpty() && outsiders == 0;
        }

        /** One whose home does not know of it yet. */
        static Local detached(Name name, String path, int descriptor, long agreed) {
            return new Local(name, path, descriptor, agreed, new CompletableFuture<>());
        }
    }

    private static final Service<Name, Long> ATTACH = Service.of(
            321,
            "stream-offset-attach",
            Name.CODEC,
            Codec.of((offset, out) -> out.i64(offset), in -> in.i64()),
            Service.Dispatch.BLOCKING);

    private static final Service<Place, Codec.Nothing> SET =
            Service.of(322, "stream-offset-set", Place.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    private static final Service<Name, Codec.Nothing> RELEASE =
            Service.of(323, "stream-offset-release", Name.CODEC, Codec.NOTHING, Service.Dispatch.BLOCKING);

    private final Rpc rpc;
    private final String root;
    private final int self = (int) ProcessHandle.current().pid();
    private final List<Registration> registrations;
    private final Map<Name, Local> locals = new HashMap<>();
    private final AtomicLong swept = new AtomicLong(System.nanoTime());
    private long numbers = System.nanoTime() << 8;

    /**
     * Starts to share.
     *
     * @param root path of the root directory that programs see; their files are opened below it
     */
    public SharedOffsets(Rpc rpc, String root) {
        this.rpc = rpc;
        this.root = root;
        registrations =
                List.of(rpc.serve(ATTACH, this::attach), rpc.serve(SET, this::set), rpc.serve(RELEASE, (from, name) -> {
                    release(from, name);
                    return Codec.Nothing.NOTHING;
                }));
    }

    /**
     * Shares the offset of a regular file with a program outside of the container, such as the shell that had a program
     * started, which goes on with the same open file when that program has ended.
     *
     * @param descriptor one of this daemon, which stays the caller's; of a file of another kind nothing is shared
     * @return to be closed when the outsider hears that the program has ended
     */
    public Registration shareOutside(int descriptor) {
        String path = ProcFiles.link(self, "fd/" + descriptor);
        boolean regular = Descriptors.status(descriptor).type() == Descriptors.S_IFREG;
        boolean offsetMatters = (Descriptors.flags(descriptor) & (Descriptors.O_APPEND | O_PATH)) == 0;
        if (!regular || !offsetMatters || path.endsWith(DELETED)) {
            return () -> {};
        }
        Local local = outside(descriptor, path);
        AtomicBoolean shared = new AtomicBoolean(true);
        return () -> {
            if (shared.getAndSet(false)) {
                letGoOutside(local);
            }
        };
    }

    private synchronized Local outside(int descriptor, String path) {
        Local local = known(Descriptors.duplicate(descriptor), path);
        local.outsiders++;
        return local;
    }

    private synchronized void letGoOutside(Local local) {
        local.outsiders--;
        local.touched = System.nanoTime();
        if (local.outsiders == 0 && !local.went && isHome(local)) {
            drop(local);
        }
    }

    /** Tells whether a program outside of the container shares the offset of this open file of a process. */
    synchronized boolean sharedOutside(int pid, int descriptor, String path) {
        return find(pid, descriptor, path).filter(local -> local.outsiders > 0).isPresent();
    }

    /** Tells whether others share the offset of this open file of a process, on other nodes or outside, or did lately. */
    synchronized boolean knows(int pid, int descriptor, String path) {
        return find(pid, descriptor, path).isPresent();
    }

    private Optional<Local> find(int pid, int descriptor, String path) {
        return locals.values().stream()
                .filter(local -> local.path.equals(path) && same(local, pid, descriptor))
                .findFirst();
    }

    private boolean same(Local local, int pid, int descriptor) {
        return Syscalls.call(Nr.KCMP, self, pid, KCMP_FILE, local.descriptor, descriptor) == 0;
    }

    /**
     * Returns what a process that leaves takes along for an open file.
     *
     * @param descriptor a duplicate in this daemon, which this object owns from now on
     * @param path in the root directory of programs
     */
    byte[] depart(int descriptor, String path) {
        int flags = Descriptors.flags(descriptor);
        Local local = leaving(descriptor, path);
        join(tell(List.of(local)));
        return Ticket.CODEC.toBytes(new Ticket(new Place(local.name, local.agreed), path, flags));
    }

    private synchronized Local leaving(int descriptor, String path) {
        Local local = known(descriptor, path);
        local.went = true;
        return local;
    }

    private synchronized Local known(int descriptor, String path) {
        Optional<Local> known = find(self, descriptor, path);
        if (known.isPresent()) {
            Descriptors.close(descriptor);
            known.get().touched = System.nanoTime();
            return known.get();
        }
        Local local = Local.home(new Name(rpc.self(), ++numbers), path, descriptor, offset(descriptor));
        locals.put(local.name, local);
        return local;
    }

    /**
     * Makes a descriptor for a process that arrives; the caller closes it.
     *
     * @throws ErrnoException as of open(2)
     * @throws RpcException when the home of the offset does not answer
     */
    int arrive(byte[] image) {
        Ticket ticket = Ticket.CODEC.fromBytes(image);
        Place place = ticket.place();
        Optional<Use> here = use(place.name());
        if (here.isPresent()) {
            return here.get().descriptor();
        }
        int descriptor = Descriptors.open(root + ticket.path(), ticket.flags() & ~ONLY_AT_CREATION);
        Descriptors.seek(descriptor, place.offset(), Descriptors.SEEK_SET);
        return place.name().home().equals(rpc.self())
                ? descriptor
                : enter(Local.detached(place.name(), ticket.path(), descriptor, place.offset()));
    }

    /** A descriptor for a process, as soon as the open file it is of has its offset. */
    private record Use(Local local, int duplicate) {
        int descriptor() {
            try {
                local.attached.join();
                return duplicate;
            } catch (CompletionException failure) {
                Descriptors.close(duplicate);
                throw new RpcException(
                        RpcException.Kind.UNREACHABLE,
                        "share the offset of " + local.path + ": " + String.valueOf(failure.getCause()));
            }
        }
    }

    private synchronized Optional<Use> use(Name name) {
        return Optional.ofNullable(locals.get(name)).map(local -> {
            local.touched = System.nanoTime();
            return new Use(local, Descriptors.duplicate(local.descriptor));
        });
    }

    /** Processes that arrive at the same time get one open file; who comes second waits for the offset of the first. */
    private int enter(Local fresh) {
        Use use;
        synchronized (this) {
            locals.putIfAbsent(fresh.name, fresh);
            use = use(fresh.name).orElseThrow();
        }
        if (use.local() == fresh) {
            attach(fresh);
        } else {
            Descriptors.close(fresh.descriptor);
        }
        return use.descriptor();
    }

    /** Makes this node one of those that the home tells, which may tell a newer offset before its answer is here. */
    private void attach(Local local) {
        try {
            attached(local, rpc.call(local.name.home(), ATTACH, local.name, PATIENCE));
            local.attached.complete(null);
        } catch (RuntimeException problem) {
            drop(local);
            local.attached.completeExceptionally(problem);
        }
    }

    private synchronized void attached(Local local, long offset) {
        if (offset == NONE) {
            drop(local);
        } else if (!local.told && locals.get(local.name) == local) {
            Descriptors.seek(local.descriptor, offset, Descriptors.SEEK_SET);
            local.agreed = offset;
        }
    }

    private synchronized long attach(NodeId from, Name name) {
        Local local = locals.get(name);
        if (local == null) {
            return NONE;
        }
        local.users.add(from);
        local.touched = System.nanoTime();
        return offset(local.descriptor);
    }

    private static long offset(int descriptor) {
        return Descriptors.seek(descriptor, 0, Descriptors.SEEK_CUR);
    }

    /** Completes when offsets that processes here have changed are in place everywhere; fails when a node does not answer. */
    public CompletableFuture<Void> settled() {
        List<Local> all;
        synchronized (this) {
            all = List.copyOf(locals.values());
        }
        sweepSoon();
        return tell(all);
    }

    private synchronized CompletableFuture<Void> tell(List<Local> changed) {
        List<CompletableFuture<?>> told = new ArrayList<>();
        for (Local local : changed) {
            if (locals.get(local.name) == local) {
                tellChange(local);
            }
            told.add(local.telling);
        }
        return CompletableFuture.allOf(told.toArray(CompletableFuture[]::new));
    }

    private void tellChange(Local local) {
        long now = offset(local.descriptor);
        if (now != local.agreed) {
            local.agreed = now;
            tell(local, isHome(local) ? Set.copyOf(local.users) : Set.of(local.name.home()));
        }
    }

    /**
     * Tells nodes the agreed offset after what they were told before, as requests keep no order; a node that does not
     * answer is not waited for again.
     */
    private void tell(Local local, Set<NodeId> nodes) {
        Place place = new Place(local.name, local.agreed);
        local.telling = local.telling
                .handle((_, _) -> place)
                .thenCompose(next -> CompletableFuture.allOf(nodes.stream()
                        .map(node -> rpc.ask(node, SET, next, PATIENCE))
                        .toArray(CompletableFuture[]::new)));
    }

    private boolean isHome(Local local) {
        return local.name.home().equals(rpc.self());
    }

    private static void join(CompletableFuture<Void> told) {
        try {
            told.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException _) {
            // a node that does not answer keeps what it has
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Codec.Nothing set(NodeId from, Place place) {
        join(place(from, place));
        return Codec.Nothing.NOTHING;
    }

    private synchronized CompletableFuture<Void> place(NodeId from, Place place) {
        Local local = locals.get(place.name());
        if (local == null) {
            return CompletableFuture.completedFuture(null);
        }
        Descriptors.seek(local.descriptor, place.offset(), Descriptors.SEEK_SET);
        local.agreed = place.offset();
        local.told = true;
        if (!isHome(local)) {
            return CompletableFuture.completedFuture(null);
        }
        Set<NodeId> others = new HashSet<>(local.users);
        others.remove(from);
        tell(local, others);
        return local.telling.thenAccept(_ -> {});
    }

    // ---- the end

    private synchronized void release(NodeId node, Name name) {
        Local local = locals.get(name);
        if (local != null) {
            local.users.remove(node);
        }
    }

    /** The node is out of the cluster. */
    public synchronized void nodeLost(NodeId node) {
        locals.values().forEach(local -> local.users.remove(node));
        List.copyOf(locals.values()).stream()
                .filter(local -> local.name.home().equals(node))
                .forEach(this::drop);
    }

    private synchronized void drop(Local local) {
        if (locals.remove(local.name, local)) {
            Descriptors.close(local.descriptor);
        }
    }

    private void sweepSoon() {
        long now = System.nanoTime();
        long last = swept.get();
        if (now - last > SWEEP && swept.compareAndSet(last, now)) {
            Thread.ofVirtual().name("stream-offsets").start(() -> sweep(GRACE));
        }
    }

    /** Lets go of offsets that nobody shares any more and that were not used for some nanoseconds. */
    void sweep(long grace) {
        List<Local> old;
        synchronized (this) {
            old = locals.values().stream().filter(local -> local.idle(grace)).toList();
        }
        for (Local local : old) {
            boolean home = isHome(local);
            if ((home || !held(local)) && forget(local, grace) && !home) {
                rpc.send(local.name.home(), RELEASE, local.name);
            }
        }
    }

    /** Who looked for its users was slow; somebody may have arrived meanwhile. */
    private synchronized boolean forget(Local local, long grace) {
        boolean idle = local.idle(grace);
        if (idle) {
            drop(local);
        }
        return idle;
    }

    private boolean held(Local local) {
        return ProcFiles.processes().stream().anyMatch(pid -> pid != self && held(local, pid));
    }

    private boolean held(Local local, int pid) {
        try {
            return ProcFiles.descriptors(pid).stream()
                    .anyMatch(descriptor ->
                            ProcFiles.link(pid, "fd/" + descriptor).equals(local.path) && same(local, pid, descriptor));
        } catch (ErrnoException _) {
            return false;
        }
    }

    /** Returns how many offsets are shared with other nodes now, or were lately. */
    synchronized int count() {
        return locals.size();
    }

    @Override
    public synchronized void close() {
        registrations.forEach(Registration::close);
        List.copyOf(locals.values()).forEach(this::drop);
    }
}
