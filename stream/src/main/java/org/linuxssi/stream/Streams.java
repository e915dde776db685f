package org.linuxssi.stream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Pipes;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.stream.Remote.Ticket;
import org.linuxssi.tools.NodeId;

/**
 * The descriptors of this node that are used elsewhere, and those of other nodes that are used here.
 *
 * <p>A pipe end, a connected stream socket or a terminal stays where it is, at its <em>anchor</em>; a process on another
 * node gets a <em>stand-in</em> of the same kind, and the two daemons carry the bytes. {@link #prepareExport} gives
 * tickets for descriptors that leave, {@link #importTicket} makes descriptors of tickets, as often as a process moves.
 */
public final class Streams implements AutoCloseable {

    private static final Set<Frame.Type> AWAITING_ANSWER =
            EnumSet.of(Frame.Type.ATTACH, Frame.Type.PREPARE, Frame.Type.UP, Frame.Type.CLOSE);

    private final NodeId self;
    private final String multiplexer;
    private final Loop loop;
    private final Observer observer;
    private final Links links;
    private final Hub hub = new LocalHub();
    private final Map<Long, Anchor> anchors = new HashMap<>();
    private final Map<AnchorKey, Anchor> byOriginal = new HashMap<>();
    private final Map<Long, Attachment> attachments = new HashMap<>();
    private final Map<StandIn.Identity, Attachment> byStandIn = new HashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile Foreground foreground = Foreground.ALL;
    private long numbers;

    private record AnchorKey(StandIn.Identity identity, int accessMode) {}

    /** One descriptor that leaves. */
    private record Departure(StreamTicket ticket, Export.Resolver resolver) {}

    /**
     * Starts to serve the streams of this node.
     *
     * @param rpc the node's messages
     * @param multiplexer where pseudo terminals for programs come from: {@code ptmx} of the container's devpts
     * @param patience how long a peer may be out of reach before its streams end, unless {@link #nodeLost} says it first
     */
    public Streams(Rpc rpc, String multiplexer, Duration patience) {
        this.self = rpc.self();
        this.multiplexer = multiplexer;
        this.loop = new Loop("streams-" + self);
        this.observer = new Observer("stream-readers-" + self, loop);
        this.numbers = System.nanoTime() << 8;
        this.links = new Links(
                rpc,
                new Links.Receiver() {
                    @Override
                    public void received(NodeId from, Frame frame) {
                        loop.post(() -> Streams.this.received(from, frame));
                    }

                    @Override
                    public void lost(NodeId peer) {
                        loop.post(() -> dropStreams(peer));
                    }
                },
                patience);
    }

    private final class LocalHub implements Hub {
        @Override
        public NodeId self() {
            return self;
        }

        @Override
        public Loop loop() {
            return loop;
        }

        @Override
        public Observer observer() {
            return observer;
        }

        @Override
        public Foreground foreground() {
            return foreground;
        }

        @Override
        public void send(NodeId to, Frame frame) {
            links.send(to, frame);
        }

        @Override
        public void forget(Anchor anchor) {
            anchors.remove(anchor.number());
            byOriginal.values().remove(anchor);
        }

        @Override
        public void detached(Attachment attachment) {
            byStandIn.remove(attachment.standIn().identity(), attachment);
        }

        @Override
        public void forget(Attachment attachment) {
            attachments.remove(attachment.number());
        }
    }

    /** Returns the node this is. */
    public NodeId self() {
        return self;
    }

    /** Sets who tells which programs of other nodes may read terminals of this one. */
    public void foreground(Foreground rule) {
        foreground = rule;
    }

    private void received(NodeId from, Frame frame) {
        if (frame.stream() == 0) {
            Attachment attachment = attachments.get(frame.attachment());
            if (attachment != null && attachment.anchor().equals(from)) {
                attachment.received(frame);
            }
            return;
        }
        Anchor anchor = anchors.get(frame.stream());
        if (anchor != null) {
            anchor.received(from, frame);
        } else if (AWAITING_ANSWER.contains(frame.type())) {
            links.send(from, Frame.of(Frame.Type.GONE, 0, frame.attachment(), 0));
        }
    }

    /**
     * Gives tickets for descriptors that a frozen process takes to another node. Until the export is committed the
     * process can go on here as if nothing had happened.
     *
     * @param destination where the process goes; this node itself where that is not known
     * @param leaving the descriptors, one for each open file description; all are closed by the export, also on failure
     * @param deadline the most to wait for other nodes
     * @throws StreamException when one cannot be relayed, its stream has ended, or a node does not answer
     */
    public Export prepareExport(NodeId destination, List<Leaving> leaving, Duration deadline) {
        return beginExport(destination, leaving).await(deadline);
    }

    /** Begins what {@link #prepareExport} does; exactly one method of the result has to be called. */
    @SuppressWarnings("FutureReturnValueIgnored") // the inner futures are composed
    public Beginning beginExport(NodeId destination, List<Leaving> leaving) {
        List<CompletableFuture<Departure>> departures = new ArrayList<>();
        for (Leaving one : leaving) {
            departures.add(loop.ask(() -> depart(one, destination)).thenCompose(departure -> departure));
        }
        return new Beginning(departures);
    }

    /** An export that has begun. */
    public final class Beginning {
        private final List<CompletableFuture<Departure>> departures;
        private final CompletableFuture<Void> all;
        private boolean givenUp;

        private Beginning(List<CompletableFuture<Departure>> departures) {
            this.departures = departures;
            all = CompletableFuture.allOf(departures.toArray(CompletableFuture[]::new));
        }

        /** Waits for the export at most so long; throws as {@link Streams#prepareExport}. */
        public Export await(Duration deadline) {
            try {
                all.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException problem) {
                giveUp();
                Throwable cause = problem instanceof ExecutionException ? problem.getCause() : problem;
                throw new StreamException("descriptors cannot leave node " + self + ": "
                        + (cause instanceof StreamException ? cause.getMessage() : cause));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                giveUp();
                throw new StreamException("descriptors cannot leave node " + self + ": interrupted");
            }
            List<Departure> ready =
                    departures.stream().map(CompletableFuture::join).toList();
            return new Export(
                    ready.stream().map(Departure::ticket).toList(),
                    commit -> ready.forEach(departure -> resolve(departure, commit)));
        }

        /** Undoes what was done and will be done; does nothing the second time. */
        @SuppressWarnings("FutureReturnValueIgnored") // those given up undo themselves
        public synchronized void giveUp() {
            if (givenUp) {
                return;
            }
            givenUp = true;
            departures.forEach(one -> one.thenAccept(departure -> resolve(departure, false)));
        }
    }

    private void resolve(Departure departure, boolean commit) {
        loop.post(() -> departure.resolver().resolve(commit));
    }

    private CompletableFuture<Departure> depart(Leaving leaving, NodeId destination) {
        int descriptor = leaving.descriptor();
        try {
            Attachment attachment = byStandIn.get(StandIn.Identity.of(descriptor));
            return attachment != null
                    ? fromStandIn(attachment, leaving, destination)
                    : CompletableFuture.completedFuture(fromOriginal(leaving, destination));
        } catch (RuntimeException problem) {
            Descriptors.close(descriptor);
            throw problem;
        }
    }

    private CompletableFuture<Departure> fromStandIn(Attachment attachment, Leaving leaving, NodeId destination) {
        int descriptor = leaving.descriptor();
        long serial = numbers++;
        int flags = Descriptors.flags(descriptor);
        return attachment
                .prepare(serial, destination, descriptor)
                .thenApply(unread -> new Departure(attachment.ticket(self, serial, flags, unread), commit -> {
                    if (commit) {
                        attachment.commit(serial, descriptor);
                    } else {
                        attachment.abort(serial, descriptor);
                    }
                }))
                .exceptionallyCompose(_ -> plain(leaving, destination));
    }

    /** The stream has ended meanwhile, and what was its stand-in is an ordinary pipe of this node. */
    private CompletableFuture<Departure> plain(Leaving leaving, NodeId destination) {
        try {
            return CompletableFuture.completedFuture(fromOriginal(leaving, destination));
        } catch (RuntimeException problem) {
            Descriptors.close(leaving.descriptor());
            return CompletableFuture.failedFuture(problem);
        }
    }

    private Departure fromOriginal(Leaving leaving, NodeId destination) {
        int descriptor = leaving.descriptor();
        StreamKind kind = StreamKind.of(descriptor)
                .orElseThrow(() -> new StreamException(
                        "descriptor " + descriptor + " is no pipe end, connected stream socket or terminal"));
        int flags = Descriptors.flags(descriptor);
        int mode = kind == StreamKind.TERMINAL ? Descriptors.O_RDWR : flags & Descriptors.O_ACCMODE;
        AnchorKey key = new AnchorKey(StandIn.Identity.of(descriptor), mode);
        Anchor known = byOriginal.get(key);
        Anchor anchor = known != null ? known : newAnchor(key, kind, descriptor);
        Ticket.Key name = new Ticket.Key(self, numbers++);
        anchor.issue(name, destination);
        anchor.heldHere();
        StreamTicket ticket = new StreamTicket(
                self,
                anchor.number(),
                self,
                name.serial(),
                kind,
                flags,
                kind == StreamKind.PIPE ? Pipes.capacity(descriptor) : 0,
                0,
                anchor.modes(),
                anchor.window());
        return new Departure(ticket, commit -> {
            if (known != null) {
                Descriptors.close(descriptor);
            }
            anchor.resolve(name, commit, new byte[0]);
        });
    }

    private Anchor newAnchor(AnchorKey key, StreamKind kind, int descriptor) {
        long number = ++numbers;
        Anchor anchor = new Anchor(hub, number, Original.of(kind, descriptor));
        anchors.put(number, anchor);
        byOriginal.put(key, anchor);
        return anchor;
    }

    /**
     * Makes a descriptor of a ticket, for a process that arrives here. On the anchor's node it is the original again when
     * nothing is in flight.
     *
     * @return a descriptor, closed at exec, that the caller installs in the process and closes
     * @throws StreamException when the ticket is void
     * @throws org.linuxssi.linux.ErrnoException EMFILE, ENFILE, ENOSPC (terminals)
     */
    public int importTicket(StreamTicket ticket) {
        try {
            return loop.ask(() -> arrive(ticket)).join();
        } catch (CompletionException problem) {
            if (problem.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw problem;
        }
    }

    private int arrive(StreamTicket ticket) {
        if (ticket.anchor().equals(self)) {
            Anchor anchor = anchors.get(ticket.stream());
            Ticket.Key name = new Ticket.Key(ticket.issuer(), ticket.serial());
            if (anchor == null || !anchor.knows(name)) {
                throw new StreamException("stream " + self + ":" + ticket.stream() + " has no ticket " + ticket.serial()
                        + " of node " + ticket.issuer());
            }
            int original = anchor.handBack(name, ticket.unread(), ticket.flags());
            if (original >= 0) {
                return original;
            }
        }
        for (Attachment attachment : attachments.values()) {
            int shared = attachment.serves(ticket) ? attachment.standIn().share(ticket.flags()) : -1;
            if (shared >= 0) {
                attachment.join(ticket);
                return shared;
            }
        }
        return attach(ticket);
    }

    private int attach(StreamTicket ticket) {
        StandIn.Made made = StandIn.make(ticket, multiplexer);
        Attachment attachment = new Attachment(hub, ++numbers, ticket, made.standIn());
        attachments.put(attachment.number(), attachment);
        byStandIn.put(made.standIn().identity(), attachment);
        return made.descriptor();
    }

    /**
     * Completes when all that programs on this node have written to stand-ins has reached the originals. Await it before
     * the exit of a process is told to other nodes, so that its last words come first. Originals that take nothing, as
     * full pipes that nobody reads, are waited for 150 ms.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the inner future is composed
    public CompletableFuture<Void> flushed() {
        return loop.ask(() -> CompletableFuture.allOf(List.copyOf(attachments.values()).stream()
                        .map(Attachment::flush)
                        .toArray(CompletableFuture[]::new)))
                .thenCompose(flushes -> flushes);
    }

    /**
     * Waits for {@link #flushed}.
     *
     * @param deadline the most to wait
     * @return whether it completed
     */
    public boolean flush(Duration deadline) {
        try {
            flushed().get(deadline.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException | ExecutionException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Looks at the window sizes and modes of the terminals on this node now, and who is in their foreground; changes go to
     * the stand-ins.
     */
    public void terminalsChanged() {
        loop.post(() -> anchors.values().forEach(Anchor::checkTerminal));
    }

    /**
     * The node is out of the cluster: what is used here of its streams ends, what it used of ours is free.
     *
     * @param node any node but this one
     */
    public void nodeLost(NodeId node) {
        links.drop(node);
        loop.post(() -> dropStreams(node));
    }

    private void dropStreams(NodeId node) {
        List.copyOf(anchors.values()).forEach(anchor -> anchor.lost(node));
        for (Attachment attachment : List.copyOf(attachments.values())) {
            if (attachment.anchor().equals(node)) {
                attachment.lost();
            }
        }
    }

    /** Returns what is held now. */
    public StreamStatistics statistics() {
        return loop.ask(() -> new StreamStatistics(
                        anchors.size(),
                        attachments.size(),
                        anchors.values().stream().mapToInt(Anchor::ticketCount).sum()))
                .join();
    }

    /** Ends all streams of this node. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        links.close();
        observer.close();
        loop.ask(() -> {
                    List.copyOf(attachments.values()).forEach(Attachment::close);
                    List.copyOf(anchors.values()).forEach(Anchor::close);
                    return true;
                })
                .join();
        loop.close();
    }
}
