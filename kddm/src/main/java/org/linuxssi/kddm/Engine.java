package org.linuxssi.kddm;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.linuxssi.kddm.Message.Request;
import org.linuxssi.kddm.Message.Want;
import org.linuxssi.kddm.spi.SetId;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.rpc.Service;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.NodeSet;
import org.linuxssi.tools.Registration;

/**
 * One node's protocol machine: hands messages to copies and directory, fences them by epoch, and sends requests again
 * until they are answered.
 *
 * <p>Lock order: the epoch lock (shared by every step, exclusive while a view is installed), then one copy or one directory
 * entry. Nothing is sent and nobody is woken with a lock held.
 */
final class Engine implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Engine.class.getName());
    private static final Duration TRUST_STEP = Duration.ofMillis(5);
    private static final int EPOCH_SHIFT = 40;
    private static final long NANOS_IDLE = Duration.ofSeconds(30).toNanos();
    private static final long NANOS_AGE = Duration.ofSeconds(15).toNanos();
    private static final long NANOS_LONG = Duration.ofSeconds(2).toNanos();

    static final Service<Envelope, Codec.Nothing> OBJECT =
            Service.of(100, "kddm-object", Envelope.CODEC, Codec.NOTHING, Service.Dispatch.INLINE);

    static final Service<SetId, Integer> ROOM = Service.of(
            104,
            "kddm-room",
            SetId.CODEC,
            Codec.of((room, out) -> out.i32(room), Decoder::i32),
            Service.Dispatch.INLINE);

    private record Early(NodeId from, Envelope envelope) {}

    private record Ghost(Copies<?> copies, Copy<?> copy, long seq, long since) {}

    private record Idle(Copies<?> copies, Copy<?> copy, long since) {}

    private final Rpc rpc;
    private final NodeId self;
    private final BooleanSupplier trusted;
    private final AtomicBoolean looking = new AtomicBoolean();
    private final Duration again;
    private final ReentrantReadWriteLock epochLock = new ReentrantReadWriteLock();
    private final ConcurrentHashMap<Long, Copies<?>> sets = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Outstanding> outstanding = new ConcurrentHashMap<>();
    private final Queue<Early> early = new ConcurrentLinkedQueue<>();
    private final Queue<Idle> idle = new ConcurrentLinkedQueue<>();
    private final Queue<Ghost> ghosts = new ConcurrentLinkedQueue<>();
    private final AtomicLong seqs = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private final Directory directory = new Directory(this);
    private final Shadows shadows = new Shadows();
    private final Replicator replicator = new Replicator(this);
    private final Recovery recovery;
    private final Registration served;
    private final Registration servedRoom;
    private final LongFunction<@Nullable String> opener;

    private volatile Members members = Members.NONE;
    private volatile NodeSet leaving = NodeSet.EMPTY;
    private volatile boolean serving;
    private volatile boolean paused;
    private volatile boolean closed;
    private volatile Registration ticking = () -> {};
    private volatile long reminded;
    private volatile long aged;

    /**
     * Makes the machine.
     *
     * @param trusted tells whether this node may act as a member at this moment
     * @param again after which time an unanswered request is sent again
     * @param opener opens a set by its definition, later; returns null meanwhile, then what went wrong
     */
    Engine(Rpc rpc, BooleanSupplier trusted, Duration again, LongFunction<@Nullable String> opener) {
        this.rpc = rpc;
        this.trusted = trusted;
        this.self = rpc.self();
        this.again = again;
        this.opener = opener;
        this.recovery = new Recovery(this, rpc, directory, shadows);
        this.served = rpc.serve(OBJECT, (from, envelope) -> {
            receive(from, envelope);
            return Codec.Nothing.NOTHING;
        });
        this.servedRoom = rpc.serve(ROOM, (_, id) -> copies(id.key()).evictor().room());
        this.reminded = rpc.time().nanos();
        this.aged = reminded;
        tick();
    }

    NodeId self() {
        return self;
    }

    Rpc rpc() {
        return rpc;
    }

    Members members() {
        return members;
    }

    Directory directory() {
        return directory;
    }

    Shadows shadows() {
        return shadows;
    }

    Replicator replicator() {
        return replicator;
    }

    /** Returns a number that is greater than all that this node has used in messages, also in an earlier life as a member. */
    long nextNumber() {
        return members.epoch() << EPOCH_SHIFT | requests.incrementAndGet();
    }

    Recovery recovery() {
        return recovery;
    }

    Iterable<Copies<?>> sets() {
        return sets.values();
    }

    /** Tells whether this node may serve its users; when not, all queues are looked at again when it may. */
    boolean serving() {
        if (!serving) {
            return false;
        }
        if (trusted.getAsBoolean()) {
            return true;
        }
        lookLater();
        return false;
    }

    private void lookLater() {
        if (looking.compareAndSet(false, true)) {
            rpc.time().after(TRUST_STEP, () -> {
                looking.set(false);
                if (serving()) {
                    sets.values().forEach(Copies::serveAll);
                }
            });
        }
    }

    /** Fails when there is no more service. */
    void checkOpen() {
        if (closed) {
            throw closedError();
        }
    }

    KddmException closedError() {
        return new KddmException(KddmException.Kind.CLOSED, "kddm of node " + self + " is closed");
    }

    boolean closed() {
        return closed;
    }

    @Nullable
    String opening(long set) {
        return opener.apply(set);
    }

    Copies<?> copies(long set) {
        Copies<?> found = sets.get(set);
        return found != null ? found : sets.computeIfAbsent(set, key -> new Copies<>(this, key));
    }

    void forget(long set) {
        sets.remove(set);
        directory.clear(set);
        shadows.clear(set);
        replicator.forget(set);
        outstanding.values().removeIf(o -> o.request.set() == set);
    }

    Optional<NodeId> home(int placement, long object) {
        Members now = members;
        return now.contains(self) ? Optional.of(now.home(placement, object, self)) : Optional.empty();
    }

    /** Returns the member that keeps what is known of this home's objects. */
    NodeId standIn(int placement, long object) {
        return members.standIn(placement, object, self);
    }

    /** Returns the members that are not about to leave. */
    NodeSet staying() {
        return members.set().minus(leaving);
    }

    void leaving(NodeSet nodes) {
        leaving = nodes;
    }

    /** These nodes came, or could not leave after all. */
    void stay(NodeSet nodes) {
        leaving = leaving.minus(nodes);
    }

    /** Returns one of these nodes, the same one for everybody. */
    NodeId among(NodeSet nodes, int placement, long object) {
        return members.without(members.set().minus(nodes)).home(placement, object, self);
    }

    long nextSeq() {
        return members.epoch() << EPOCH_SHIFT | seqs.incrementAndGet();
    }

    /** Returns a number below all transactions of a view. */
    long firstSeq(long epoch) {
        return epoch << EPOCH_SHIFT;
    }

    /** Runs a step that may send. */
    void transact(Consumer<Outbox> step) {
        prepare(step).flush();
    }

    private Outbox prepare(Consumer<Outbox> step) {
        epochLock.readLock().lock();
        try {
            Outbox out = new Outbox(this, members.epoch());
            step.accept(out);
            return out;
        } finally {
            epochLock.readLock().unlock();
        }
    }

    /** Runs a step while no message is handled. */
    void exclusively(Runnable step) {
        epochLock.writeLock().lock();
        try {
            step.run();
        } finally {
            epochLock.writeLock().unlock();
        }
    }

    void transmit(NodeId to, Envelope envelope) {
        rpc.send(to, OBJECT, envelope);
    }

    /** Returns a new request, to be sent and repeated until it is answered. */
    Outstanding request(long set, long object, Want want, int flags, int placement, @Nullable Waiter<?> initiator) {
        Request request = new Request(set, object, nextNumber(), want, flags, placement, Message.ANY_NODE);
        Outstanding asked = new Outstanding(request, initiator, null, rpc.time().nanos());
        outstanding.put(request.request(), asked);
        return asked;
    }

    /** Asks an object's home for something that is no hold. */
    CompletableFuture<Void> operate(long set, long object, Want want, int flags, int placement, int destination) {
        CompletableFuture<Void> operation = new CompletableFuture<>();
        transact(out -> operate(set, object, want, flags, placement, destination, operation, out));
        return operation;
    }

    /** Asks an object's home for something that is no hold, together with what else is sent; completes the operation. */
    void operate(
            long set,
            long object,
            Want want,
            int flags,
            int placement,
            int destination,
            CompletableFuture<Void> operation,
            Outbox out) {
        Request request = new Request(set, object, nextNumber(), want, flags, placement, destination);
        Outstanding asked = new Outstanding(request, null, operation, rpc.time().nanos());
        var _ = operation.whenComplete((_, _) -> answered(asked));
        outstanding.put(request.request(), asked);
        send(asked, out);
    }

    /** Asks the home again, since there is no copy here any more; the copy is locked. */
    void askForData(Copy<?> copy, Outstanding asked, Outbox out) {
        Request it = asked.request;
        Request changed = new Request(
                it.set(),
                it.object(),
                it.request(),
                it.want(),
                it.flags() & ~Message.HAS_COPY,
                it.placement(),
                it.destination());
        Outstanding again = new Outstanding(
                changed, asked.initiator, asked.operation, rpc.time().nanos());
        outstanding.put(it.request(), again);
        copy.outstanding(again);
        send(again, out);
    }

    @Nullable
    Outstanding outstanding(long request) {
        return request == 0 ? null : outstanding.get(request);
    }

    void answered(Outstanding asked) {
        outstanding.remove(asked.request.request());
    }

    /** Ends the removals that were asked for: the others have gone on, and may have carried them out. */
    void fenceRemovals() {
        for (Outstanding asked : outstanding.values()) {
            CompletableFuture<Void> operation = asked.operation;
            if (operation != null && asked.request.want() == Want.REMOVE) {
                rpc.time()
                        .execute(() -> operation.completeExceptionally(new KddmException(
                                KddmException.Kind.FENCED,
                                "this node was voted out before object " + asked.request.object() + " of set "
                                        + SetId.ofKey(asked.request.set())
                                        + " was removed: look whether it still exists")));
            }
        }
    }

    int outstandingCount() {
        return outstanding.size();
    }

    private void receive(NodeId from, Envelope envelope) {
        Outbox out = new Outbox(this, envelope.epoch());
        envelope.messages().forEach(message -> deliver(from, envelope.epoch(), message, out));
        out.flush();
    }

    /** Handles a message, or queues it for a set whose linker may block. */
    void deliver(NodeId from, long epoch, Message message, Outbox out) {
        Copies<?> copies = copies(message.set());
        SerialExecutor serial = copies.serial();
        if (serial != null) {
            serial.execute(() -> {
                Outbox own = new Outbox(this, epoch);
                handle(copies, from, epoch, message, own);
                own.flush();
            });
        } else {
            handle(copies, from, epoch, message, out);
        }
    }

    private void handle(Copies<?> copies, NodeId from, long epoch, Message message, Outbox out) {
        epochLock.readLock().lock();
        try {
            long now = members.epoch();
            if (epoch > now) {
                early.add(new Early(from, new Envelope(epoch, message)));
            } else if (epoch == now && !closed) {
                dispatch(copies, from, message, out);
            }
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "message from node " + from + " not handled: " + message, e);
        } finally {
            epochLock.readLock().unlock();
        }
    }

    private void dispatch(Copies<?> copies, NodeId from, Message message, Outbox out) {
        switch (message) {
            case Message.Request it -> {
                if (mayDo(it)) {
                    requested(from, it, out);
                }
            }
            case Message.Hinted it -> copies.hints().asked(it, out);
            case Message.Shared it -> copies.hints().shared(it, out);
            case Message.Readers it -> directory.readers(from, it, out);
            case Message.Registered it -> copies.hints().registered(it, out);
            case Message.Created it -> {
                if (!recovery.postponed(from, it)) {
                    directory.created(from, it, out);
                }
            }
            case Message.Done it -> {
                directory.done(from, it, out);
                copies.protocol().confirmed(it, out);
            }
            case Message.Invalidated it -> directory.invalidated(from, it, out);
            case Message.Blocked it -> directory.blocked(from, it, out);
            case Message.Relinquished it -> directory.relinquished(from, it, out);
            case Message.Exists it -> {
                shadows.said(it, from, members.epoch());
                if (it.present()) {
                    out.send(it.owner(), new Message.Witnessed(it.set(), it.object(), it.seq()));
                }
            }
            case Message.Witnessed it -> copies.births().witnessed(it, out);
            case Message.Invalidate it -> copies.protocol().invalidate(from, it, out);
            case Message.Supply it -> copies.protocol().supply(from, it, out);
            case Message.Grant it -> copies.protocol().granted(from, it, out);
            case Message.Received it -> copies.protocol().received(it, out);
            case Message.Probe it -> copies.protocol().probe(from, it, out);
            case Message.Backup it -> replicator.backup(from, it, out);
            case Message.BackedUp it -> replicator.backedUp(from, it, out);
            case Message.Settle it -> copies.recovery().settle(from, it, out);
        }
    }

    /** Handles a request to this home. */
    void requested(NodeId from, Request it, Outbox out) {
        if (!recovery.postponed(from, it)) {
            directory.request(from, it, out);
        }
    }

    /**
     * A home that may have been voted out does nothing that it may need nobody for; it is asked again. What comes of a read or a write is
     * looked at where it is used.
     */
    private boolean mayDo(Request request) {
        return switch (request.want()) {
            case READ, WRITE -> true;
            case REMOVE, FLUSH, SYNC -> serving();
        };
    }

    /** Installs the members; the epoch lock is held. */
    void install(Members next) {
        members = next;
        shadows.newView();
        leaving = leaving.and(next.set());
        seqs.set(0);
        reconsider();
    }

    /** Goes on in a new view: handles what came too early, asks again, looks at all queues. */
    void resume() {
        for (int n = early.size(); n > 0; n--) {
            Early message = early.poll();
            if (message != null) {
                receive(message.from(), message.envelope());
            }
        }
        transact(out -> {
            outstanding.values().forEach(asked -> send(asked, out));
            replicator.restart(out);
            sets.values().forEach(copies -> copies.births().again(out));
        });
        sets.values().forEach(Copies::serveAll);
    }

    /** Asks the object's home. */
    void send(Outstanding asked, Outbox out) {
        asked.sentAt = rpc.time().nanos();
        home(asked.request.placement(), asked.request.object()).ifPresent(home -> out.send(home, asked.request));
    }

    void pause(boolean pause) {
        paused = pause;
        reconsider();
        if (serving) {
            sets.values().forEach(Copies::serveAll);
        }
    }

    private void reconsider() {
        serving = !paused && !closed && members.contains(self);
    }

    /** Has a copy taken out of its table when it stays empty for a while. */
    void idle(Copies<?> copies, Copy<?> copy) {
        idle.add(new Idle(copies, copy, rpc.time().nanos()));
    }

    /** Has the heir of a ghost asked until the ghost is gone. */
    void ghost(Copies<?> copies, Copy<?> copy, long seq) {
        ghosts.add(new Ghost(copies, copy, seq, rpc.time().nanos()));
    }

    private void askHeirs(long now) {
        for (Ghost next = ghosts.peek(); next != null && now - next.since() > again.toNanos(); next = ghosts.peek()) {
            Ghost ghost = next;
            ghosts.poll();
            transact(out -> ghost.copies().protocol().askHeir(ghost.copy(), ghost.seq(), out));
        }
    }

    private void tick() {
        if (closed) {
            return;
        }
        long now = rpc.time().nanos();
        long limit = again.toNanos();
        if (!outstanding.isEmpty()) {
            transact(out -> outstanding.values().forEach(asked -> {
                if (now - asked.sentAt >= limit) {
                    send(asked, out);
                }
            }));
        }
        if (!replicator.idle()) {
            transact(out -> replicator.again(now - limit, out));
        }
        for (Copies<?> copies : sets.values()) {
            if (!copies.births().idle()) {
                transact(copies.births()::again);
            }
            if (!copies.hints().idle()) {
                transact(out -> copies.hints().again(now - limit, out));
            }
        }
        if (now - reminded > NANOS_LONG) {
            reminded = now;
            transact(out -> directory.remind(NANOS_LONG, out));
        }
        if (now - aged > NANOS_AGE) {
            aged = now;
            shadows.age();
        }
        askHeirs(now);
        for (Idle next = idle.peek(); next != null && now - next.since() > NANOS_IDLE; next = idle.peek()) {
            idle.poll();
            forget(next.copies(), next.copy());
        }
        ticking = rpc.time().after(again.dividedBy(2), this::tick);
    }

    @SuppressWarnings("unchecked")
    private static <T> void forget(Copies<T> copies, Copy<?> idle) {
        Copy<T> copy = (Copy<T>) idle;
        synchronized (copy) {
            copy.idle = false;
            if (!copy.dead && copy.forgettable()) {
                copies.table().remove(copy);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        reconsider();
        ticking.close();
        served.close();
        servedRoom.close();
        recovery.close();
        replicator.close();
        sets.values().forEach(copies -> copies.births().close(this::closedError));
        for (Outstanding asked : outstanding.values()) {
            if (asked.operation != null) {
                asked.operation.completeExceptionally(closedError());
            }
        }
    }
}
