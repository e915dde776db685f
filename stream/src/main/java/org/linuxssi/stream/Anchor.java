package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.linuxssi.linux.Epoll;
import org.linuxssi.linux.Errno;
import org.linuxssi.stream.Remote.Ticket;
import org.linuxssi.tools.NodeId;

/**
 * The end of a stream where the original is: it reads the original for the stand-ins and writes to it what they got.
 * Confined to the loop's thread.
 *
 * <p>It lives as long as a stand-in or a ticket needs it and until all that was written reached the original.
 */
final class Anchor {

    private static final byte[] NONE = {};
    private static final int CHUNK = 64 << 10;
    private static final long ROOM_RETRY_MILLIS = 20;
    private static final int ROOM_RETRIES = 100;
    private static final long UNCLAIMED_MILLIS = 60_000;

    private final Hub hub;
    private final long number;
    private final Original original;
    private final long watch;
    private final LocalReaders readers;
    private final Optional<AnchoredTerminal> terminal;
    private final Map<Remote.Key, Remote> remotes = new LinkedHashMap<>();
    private final Map<Ticket.Key, Ticket> tickets = new HashMap<>();
    private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private boolean ended;
    private boolean broken;
    private boolean hungUp;
    private boolean closed;
    private boolean roomAwaited;
    private int roomRetries;

    Anchor(Hub hub, long number, Original original) {
        this.hub = hub;
        this.number = number;
        this.original = original;
        terminal = original.kind() == StreamKind.TERMINAL
                ? Optional.of(new AnchoredTerminal(hub, original.own(), remotes.values(), this::pump))
                : Optional.empty();
        readers = new LocalReaders(hub, Holders.name(original.own()), this::pump);
        watch = hub.loop().watch(original.own(), this::event);
    }

    long number() {
        return number;
    }

    Original original() {
        return original;
    }

    byte[] modes() {
        return terminal.map(AnchoredTerminal::modes).orElse(NONE);
    }

    byte[] window() {
        return terminal.map(AnchoredTerminal::window).orElse(NONE);
    }

    private void event(int events) {
        if ((events & Epoll.ERR) != 0 && original.broken()) {
            breakAll();
        }
        if (original.kind() == StreamKind.TERMINAL && (events & Epoll.HUP) != 0) {
            ended = true;
            hungUp = true;
        }
        pump();
    }

    private void pump() {
        if (!closed) {
            pumpUp();
            returnUnread();
            chooseDirection();
            pumpDown();
            closeIfUnused();
        }
    }

    // ---- tickets

    /** A process of this node, or with a stand-in elsewhere, is about to leave. */
    void issue(Ticket.Key key, NodeId destination) {
        tickets.put(key, new Ticket(destination));
    }

    /**
     * Returns a descriptor of the original itself for a process that comes home, or -1 when something is in flight and
     * only a stand-in keeps the order. A terminal is always the original, since it is the controlling one.
     *
     * @param unreadElsewhere bytes that wait for it on the node it leaves
     * @param flags open flags of the process's descriptor
     */
    int handBack(Ticket.Key key, long unreadElsewhere, int flags) {
        Ticket ticket = tickets.get(key);
        boolean clean = unreadElsewhere == 0
                && unread.isEmpty()
                && writes.isEmpty()
                && !broken
                && !ended
                && remotes.values().stream()
                        .noneMatch(remote -> !remote.key.node().equals(key.issuer()) && remote.holdsUnread());
        boolean terminal = original.kind() == StreamKind.TERMINAL;
        if (ticket == null || !(clean || terminal) || (ticket.leftover.length > 0 && !terminal)) {
            return -1;
        }
        int descriptor = original.share(flags);
        ticket.home = true;
        heldHere();
        if (ticket.committed) {
            tickets.remove(key);
            pump();
        }
        return descriptor;
    }

    boolean knows(Ticket.Key key) {
        return tickets.containsKey(key);
    }

    void resolve(Ticket.Key key, boolean commit, byte[] leftover) {
        Ticket ticket = tickets.get(key);
        if (ticket == null) {
            return;
        }
        if (key.issuer().equals(hub.self()) || ticket.home) {
            heldHere();
        }
        if (commit && (ticket.home || ticket.destinationLost)) {
            tickets.remove(key);
            if (leftover.length > 0) {
                unread.add(leftover);
            }
        } else if (commit && ticket.successor.isEmpty()) {
            ticket.committed = true;
            ticket.leftover = leftover;
            hub.loop().after(UNCLAIMED_MILLIS, () -> expire(key, ticket));
        } else if (commit) {
            tickets.remove(key);
            open(ticket.successor.get(), leftover);
        } else {
            tickets.remove(key);
            ticket.successor.filter(_ -> !ticket.joined).ifPresent(this::refuse);
        }
        pump();
    }

    /** The process does not come; others that came to the same stand-in meanwhile keep it. */
    private void refuse(Remote successor) {
        Optional<Ticket> other = tickets.values().stream()
                .filter(ticket -> ticket.successor.equals(Optional.of(successor)))
                .findFirst();
        if (successor.used) {
            return;
        }
        if (other.isPresent()) {
            other.get().joined = false;
            successor.gate = other;
            return;
        }
        remotes.remove(successor.key);
        unread.addAll(successor.first);
        tell(successor, Frame.Type.GONE, 0, NONE);
    }

    private void open(Remote successor, byte[] leftover) {
        successor.gate = Optional.empty();
        successor.used = true;
        if (leftover.length > 0) {
            successor.first.add(leftover);
        }
    }

    private void expire(Ticket.Key key, Ticket ticket) {
        if (tickets.remove(key, ticket) && ticket.leftover.length > 0) {
            unread.add(ticket.leftover);
        }
        pump();
    }

    // ---- frames

    void received(NodeId from, Frame frame) {
        Remote.Key key = new Remote.Key(from, frame.attachment());
        Remote remote = remotes.get(key);
        Ticket.Key ticket = new Ticket.Key(from, frame.argument());
        switch (frame.type()) {
            case ATTACH -> attach(key, frame);
            case UP -> writes.add(new Write(key, frame.bytes()));
            case END_UP -> writes.add(new Write(key, NONE));
            case TAKEN -> taken(remote, frame.argument());
            case CLOSE -> close(remote, key);
            case DETACH -> detach(key, frame.bytes());
            case PREPARE -> prepare(remote, key, ticket, NodeId.of(frame.bytes()[0] & 0xff));
            case COMMIT -> {
                resume(remote);
                resolve(ticket, true, frame.bytes());
            }
            case COMMIT_LAST -> {
                remotes.remove(key);
                resolve(ticket, true, remote == null ? frame.bytes() : remote.followedByFirst(frame.bytes()));
            }
            case ABORT -> {
                resume(remote);
                resolve(ticket, false, frame.bytes());
            }
            case WANT -> want(remote, frame);
            case GIVE_BACK -> givenBack(remote, frame.argument(), frame.bytes());
            case MODES_UP -> terminal.ifPresent(it -> it.change(key, frame.bytes()));
            case DOWN, WRITTEN, END_DOWN, BROKEN, GONE, CLOSED, PREPARED, AHEAD, END_OF_INPUT, WINDOW, MODES_DOWN -> {}
        }
        pump();
    }

    private void attach(Remote.Key key, Frame frame) {
        ByteBuffer body = ByteBuffer.wrap(frame.bytes());
        Ticket.Key name = new Ticket.Key(NodeId.of(body.get() & 0xff), frame.argument());
        Ticket ticket = tickets.get(name);
        if (ticket == null) {
            if (!remotes.containsKey(key)) {
                hub.send(key.node(), Frame.of(Frame.Type.GONE, 0, key.attachment(), 0));
            }
            return;
        }
        long credit = body.getLong();
        ticket.joined = remotes.containsKey(key);
        Remote remote = remotes.computeIfAbsent(key, _ -> new Remote(key, credit));
        if (original.kind() == StreamKind.SOCKET) {
            remote.ahead = Optional.of(true);
        }
        ticket.successor = Optional.of(remote);
        if (ticket.committed) {
            tickets.remove(name);
            open(remote, ticket.leftover);
        } else if (!ticket.joined) {
            remote.gate = Optional.of(ticket);
        }
        if (terminal.isPresent()) {
            tell(remote, Frame.Type.WINDOW, 0, window());
        }
        if (broken) {
            tell(remote, Frame.Type.BROKEN, 0, NONE);
        }
    }

    private static void taken(@Nullable Remote remote, long count) {
        if (remote != null) {
            remote.credit += count;
        }
    }

    private static void want(@Nullable Remote remote, Frame frame) {
        if (remote != null) {
            ByteBuffer body = ByteBuffer.wrap(frame.bytes());
            remote.wanted = frame.argument();
            remote.reader = new Wish.Reader(body.getInt(), body.getInt());
        }
    }

    private void givenBack(@Nullable Remote remote, long untaken, byte[] bytes) {
        taken(remote, untaken);
        if (remote != null) {
            remote.unsure = false;
            remote.ended = false;
            remote.wanted = 0;
        }
        if (bytes.length > 0) {
            unread.addFirst(bytes);
        }
    }

    private static void resume(@Nullable Remote remote) {
        if (remote != null) {
            remote.pauses--;
        }
    }

    private void close(@Nullable Remote remote, Remote.Key key) {
        if (remote != null) {
            remote.pauses++;
        }
        hub.send(key.node(), Frame.of(remote != null ? Frame.Type.CLOSED : Frame.Type.GONE, 0, key.attachment(), 0));
    }

    private void prepare(@Nullable Remote remote, Remote.Key key, Ticket.Key ticket, NodeId destination) {
        if (remote == null) {
            hub.send(key.node(), Frame.of(Frame.Type.GONE, 0, key.attachment(), 0));
            return;
        }
        remote.pauses++;
        remote.wanted = 0;
        issue(ticket, destination);
        tell(remote, Frame.Type.PREPARED, ticket.serial(), NONE);
    }

    private void detach(Remote.Key key, byte[] leftover) {
        Remote remote = remotes.remove(key);
        if (leftover.length > 0) {
            unread.add(leftover);
        }
        if (remote != null) {
            unread.addAll(remote.first);
        }
    }

    /** A node is gone: its stand-ins and the tickets it issued are void. */
    void lost(NodeId node) {
        remotes.values().removeIf(remote -> {
            boolean hers = remote.key.node().equals(node);
            if (hers) {
                unread.addAll(remote.first);
            }
            return hers;
        });
        writes.forEach(write -> write.forget(node));
        tickets.entrySet().removeIf(entry -> {
            Ticket ticket = entry.getValue();
            ticket.destinationLost |= ticket.destination.equals(node);
            boolean hers = entry.getKey().issuer().equals(node);
            if (hers) {
                ticket.successor.ifPresent(successor -> successor.gate = Optional.empty());
            }
            boolean unclaimed = ticket.destinationLost && ticket.committed;
            if (unclaimed && ticket.leftover.length > 0) {
                unread.add(ticket.leftover);
            }
            return hers || unclaimed;
        });
        pump();
    }

    private void tell(Remote remote, Frame.Type type, long argument, byte[] bytes) {
        remote.tell(hub, type, argument, bytes);
    }

    // ---- from the stand-ins to the original

    private void pumpUp() {
        MemorySegment buffer = hub.loop().buffer();
        while (!writes.isEmpty() && !broken) {
            Write next = writes.element();
            ByteBuffer bytes = next.bytes;
            if (bytes.capacity() == 0) {
                original.endWriting();
                writes.remove();
                continue;
            }
            int count = bytes.remaining();
            MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, buffer, 0, count);
            long written = original.write(buffer, count);
            if (written == -Errno.EAGAIN.number() || written == -Errno.EINTR.number()) {
                return;
            }
            if (written < 0) {
                breakAll();
                return;
            }
            bytes.position(bytes.position() + (int) written);
            if (!bytes.hasRemaining()) {
                writes.remove();
                next.from.ifPresent(key ->
                        hub.send(key.node(), Frame.of(Frame.Type.WRITTEN, 0, key.attachment(), bytes.capacity())));
            }
        }
    }

    private void breakAll() {
        if (!broken) {
            broken = true;
            Set<Remote.Key> users = new HashSet<>(remotes.keySet());
            writes.forEach(write -> write.from.ifPresent(users::add));
            writes.clear();
            users.forEach(key -> hub.send(key.node(), Frame.of(Frame.Type.BROKEN, 0, key.attachment(), 0)));
        }
    }

    // ---- who else reads

    /** A process of this node may hold the original, or no longer. */
    void heldHere() {
        readers.unsure();
    }

    /** Tells whether one stand-in is all that reads the pipe. */
    private boolean readOnce() {
        return original.kind() == StreamKind.PIPE && remotes.size() == 1 && readers.none();
    }

    /**
     * Sends bytes as they are there to the only stand-in of a pipe that nobody here reads, and on demand to all others.
     * While a process is on its way all stays as it is.
     */
    private void chooseDirection() {
        if (original.kind() == StreamKind.SOCKET || !original.reads() || !tickets.isEmpty()) {
            return;
        }
        if (original.kind() == StreamKind.PIPE && remotes.size() == 1) {
            readers.find();
        }
        boolean ahead = readOnce();
        for (Remote remote : remotes.values()) {
            if (!remote.ahead.equals(Optional.of(ahead))) {
                remote.unsure |= original.kind() == StreamKind.PIPE && remote.ahead.orElse(false);
                remote.ahead = Optional.of(ahead);
                remote.wanted = 0;
                tell(remote, Frame.Type.AHEAD, ahead ? 1 : 0, NONE);
            }
        }
    }

    /** Gives what was read in vain back to the processes of this node that read the pipe. */
    private void returnUnread() {
        if (original.kind() == StreamKind.TERMINAL && !unread.isEmpty() && !ended) {
            putBack();
        }
        if (original.kind() != StreamKind.PIPE || !original.reads()) {
            return;
        }
        if (!readOnce()) {
            remotes.values().stream().filter(remote -> remote.gate.isEmpty()).forEach(this::share);
        }
        if (unread.isEmpty() || roomAwaited) {
            return;
        }
        if (readers.some()) {
            putBack();
        } else {
            readers.find();
        }
    }

    private void share(Remote remote) {
        while (!remote.first.isEmpty()) {
            unread.addFirst(remote.first.removeLast());
        }
    }

    private void putBack() {
        List<byte[]> rest = original.putBack(List.copyOf(unread), hub.loop().buffer());
        unread.clear();
        unread.addAll(rest);
        ended &= original.kind() != StreamKind.PIPE;
        if (!rest.isEmpty()) {
            roomAwaited = true;
            roomRetries++;
            hub.loop().after(ROOM_RETRY_MILLIS, () -> {
                roomAwaited = false;
                pump();
            });
        }
    }

    // ---- from the original to the stand-ins

    private void pumpDown() {
        if (!original.reads()) {
            return;
        }
        boolean more = true;
        while (more) {
            more = false;
            for (Remote remote : List.copyOf(remotes.values())) {
                boolean due = (remote.takes() && !othersUnsure(remote)) || (hungUp && !remote.ended && remote.open());
                more |= due && feed(remote);
            }
        }
    }

    /** Tells whether another stand-in has not yet given back what comes before all that is here. */
    private boolean othersUnsure(Remote remote) {
        return remotes.values().stream().anyMatch(other -> other.unsure && !other.equals(remote));
    }

    /** Sends one piece to a stand-in that takes some; false when there is none now. */
    private boolean feed(Remote remote) {
        int limit = (int) Math.min(remote.most(), CHUNK);
        byte[] saved = remote.first.isEmpty() ? Remote.take(unread, limit) : Remote.take(remote.first, limit);
        if (saved.length > 0) {
            down(remote, saved);
            return true;
        }
        if (ended) {
            if (!remote.ended && mayEnd(remote)) {
                remote.ended = true;
                tell(remote, Frame.Type.END_DOWN, 0, NONE);
            }
            return false;
        }
        return terminal.map(it -> it.mayRead(remote.reader)).orElse(true) && read(remote, limit);
    }

    /** Tells whether no bytes can come back any more that this stand-in's programs would have to read. */
    private boolean mayEnd(Remote remote) {
        if (original.kind() != StreamKind.PIPE) {
            return true;
        }
        if (remote.ahead.orElse(false)) {
            return remotes.size() == 1 && tickets.isEmpty();
        }
        return remotes.values().stream().noneMatch(other -> !other.equals(remote) && other.holdsUnread())
                && tickets.values().stream().allMatch(ticket -> ticket.leftover.length == 0);
    }

    private void down(Remote remote, byte[] bytes) {
        remote.sent(bytes.length);
        tell(remote, Frame.Type.DOWN, 0, bytes);
    }

    private boolean read(Remote remote, int limit) {
        MemorySegment buffer = hub.loop().buffer();
        long count = original.read(buffer, limit);
        if (count > 0) {
            down(remote, buffer.asSlice(0, count).toArray(JAVA_BYTE));
            return true;
        }
        if (count == -Errno.EAGAIN.number() || count == -Errno.EINTR.number()) {
            return false;
        }
        if (count == 0 && original.kind() == StreamKind.TERMINAL && !original.hungUp()) {
            remote.sent(0);
            tell(remote, Frame.Type.END_OF_INPUT, 0, NONE);
            return true;
        }
        ended = true;
        return true;
    }

    // ---- the end

    private void closeIfUnused() {
        if (!closed && remotes.isEmpty() && tickets.isEmpty() && (writes.isEmpty() || broken) && !returning()) {
            close();
        }
    }

    /** Tells whether bytes are still to go back to processes of this node. */
    private boolean returning() {
        boolean returns = original.kind() == StreamKind.PIPE && original.reads() && !unread.isEmpty();
        return returns && !readers.none() && roomRetries < ROOM_RETRIES;
    }

    /** Gives everything up. */
    void close() {
        if (!closed) {
            closed = true;
            terminal.ifPresent(AnchoredTerminal::close);
            hub.loop().unwatch(original.own(), watch);
            hub.forget(this);
            if (original.kind() == StreamKind.PIPE && original.reads() && !unread.isEmpty()) {
                original.putBack(List.copyOf(unread), hub.loop().buffer());
            }
            original.close();
        }
    }

    /** Looks at the terminal now, when it is one. */
    void checkTerminal() {
        terminal.ifPresent(AnchoredTerminal::check);
    }

    int ticketCount() {
        return tickets.size();
    }
}
