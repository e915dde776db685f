package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
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
import org.linuxssi.linux.ErrnoException;
import org.linuxssi.linux.Terminals;
import org.linuxssi.stream.Remote.Ticket;
import org.linuxssi.tools.NodeId;

/**
 * The end of a stream where the original is: it reads the original for the stand-ins and writes to it what they got.
 * Confined to the loop's thread.
 *
 * <p>It lives as long as a stand-in or a ticket needs it and until all that was written reached the original.
 */
final class Anchor {

    private static final int CHUNK = 64 << 10;
    private static final long FOREGROUND_RETRY_MILLIS = 200;
    private static final long TERMINAL_CHECK_MILLIS = 500;
    private static final long ROOM_RETRY_MILLIS = 20;
    private static final int ROOM_RETRIES = 100;
    private static final long UNCLAIMED_MILLIS = 60_000;

    private final Hub hub;
    private final long number;
    private final Original original;
    private final long watch;
    private final LocalReaders readers;
    private final Map<Remote.Key, Remote> remotes = new LinkedHashMap<>();
    private final Map<Ticket.Key, Ticket> tickets = new HashMap<>();
    private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private boolean ended;
    private boolean broken;
    private boolean hungUp;
    private boolean retrying;
    private boolean closed;
    private boolean roomAwaited;
    private int roomRetries;
    private byte[] modes = {};
    private byte[] window = {};
    private long device;

    Anchor(Hub hub, long number, Original original) {
        this.hub = hub;
        this.number = number;
        this.original = original;
        if (original.kind() == StreamKind.TERMINAL) {
            modes = Terminals.modes(original.own());
            window = Terminals.window(original.own());
            device = Terminals.device(original.own());
            hub.loop().after(TERMINAL_CHECK_MILLIS, this::watchTerminal);
        }
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
        return modes;
    }

    byte[] window() {
        return window;
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
        boolean clean = unreadElsewhere == 0 && unread.isEmpty() && writes.isEmpty() && !broken && !ended;
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
        if (key.issuer().equals(hub.self())) {
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

    private void refuse(Remote successor) {
        remotes.remove(successor.key);
        unread.addAll(successor.first);
        tell(successor, Frame.Type.GONE, 0, new byte[0]);
    }

    private void open(Remote successor, byte[] leftover) {
        successor.gate = Optional.empty();
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
            case END_UP -> writes.add(new Write(key, new byte[0]));
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
                resolve(ticket, true, frame.bytes());
            }
            case ABORT -> {
                resume(remote);
                resolve(ticket, false, frame.bytes());
            }
            case WANT -> want(remote, frame);
            case GIVE_BACK -> givenBack(remote, frame.argument(), frame.bytes());
            case MODES_UP -> changeModes(key, frame.bytes());
            case DOWN, WRITTEN, END_DOWN, BROKEN, GONE, CLOSED, PREPARED, AHEAD, END_OF_INPUT, WINDOW, MODES_DOWN -> {}
        }
        pump();
    }

    private void attach(Remote.Key key, Frame frame) {
        ByteBuffer body = ByteBuffer.wrap(frame.bytes());
        Ticket.Key name = new Ticket.Key(NodeId.of(body.get() & 0xff), frame.argument());
        Ticket ticket = tickets.get(name);
        if (ticket == null) {
            hub.send(key.node(), Frame.of(Frame.Type.GONE, 0, key.attachment(), 0));
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
        if (window.length > 0) {
            tell(remote, Frame.Type.WINDOW, 0, window);
        }
        if (broken) {
            tell(remote, Frame.Type.BROKEN, 0, new byte[0]);
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
        issue(ticket, destination);
        tell(remote, Frame.Type.PREPARED, ticket.serial(), new byte[0]);
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
        remotes.keySet().removeIf(key -> key.node().equals(node));
        writes.forEach(write -> write.forget(node));
        tickets.entrySet().removeIf(entry -> {
            Ticket ticket = entry.getValue();
            ticket.destinationLost |= ticket.destination.equals(node);
            boolean hers = entry.getKey().issuer().equals(node);
            if (hers) {
                ticket.successor.ifPresent(successor -> successor.gate = Optional.empty());
            }
            return hers || (ticket.destinationLost && ticket.committed);
        });
        pump();
    }

    private void tell(Remote remote, Frame.Type type, long argument, byte[] bytes) {
        hub.send(remote.key.node(), new Frame(type, 0, remote.key.attachment(), argument, bytes));
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
                remote.ahead = Optional.of(ahead);
                remote.wanted = 0;
                tell(remote, Frame.Type.AHEAD, ahead ? 1 : 0, new byte[0]);
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
                boolean due = remote.takes() || (hungUp && !remote.ended && remote.open());
                more |= due && feed(remote);
            }
        }
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
            if (!remote.ended) {
                remote.ended = true;
                tell(remote, Frame.Type.END_DOWN, 0, new byte[0]);
            }
            return false;
        }
        return mayRead(remote) && read(remote, limit);
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
            tell(remote, Frame.Type.END_OF_INPUT, 0, new byte[0]);
            return true;
        }
        ended = true;
        return true;
    }

    /** Leaves the input of a terminal to others while the process is in the background. */
    private boolean mayRead(Remote remote) {
        Wish.Reader reader = remote.reader;
        if (original.kind() != StreamKind.TERMINAL
                || hub.foreground().mayRead(device, reader.session(), reader.group())) {
            return true;
        }
        if (!retrying) {
            retrying = true;
            hub.loop().after(FOREGROUND_RETRY_MILLIS, () -> {
                retrying = false;
                pump();
            });
        }
        return false;
    }

    // ---- the terminal

    private void watchTerminal() {
        if (!closed) {
            checkTerminal();
            hub.loop().after(TERMINAL_CHECK_MILLIS, this::watchTerminal);
        }
    }

    /** Tells the stand-ins of a new window size or new modes, and serves who is in the foreground now. */
    void checkTerminal() {
        if (original.kind() != StreamKind.TERMINAL || closed) {
            return;
        }
        try {
            byte[] size = Terminals.window(original.own());
            if (!Arrays.equals(size, window)) {
                window = size;
                remotes.values().forEach(remote -> tell(remote, Frame.Type.WINDOW, 0, size));
            }
            byte[] now = Terminals.modes(original.own());
            if (!Arrays.equals(now, modes)) {
                modes = now;
                remotes.values().forEach(remote -> tell(remote, Frame.Type.MODES_DOWN, 0, now));
            }
            pump();
        } catch (ErrnoException problem) {
            if (problem.errno() != Errno.EIO) {
                throw problem;
            }
        }
    }

    private void changeModes(Remote.Key key, byte[] after) {
        if (original.kind() != StreamKind.TERMINAL || after.length != Terminals.TERMIOS_SIZE) {
            return;
        }
        byte[] wanted = TerminalStandIn.originalModes(Terminals.modes(original.own()), after);
        Terminals.modes(original.own(), wanted);
        modes = Terminals.modes(original.own());
        remotes.values().stream()
                .filter(remote -> !remote.key.equals(key))
                .forEach(remote -> tell(remote, Frame.Type.MODES_DOWN, 0, modes));
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
            hub.loop().unwatch(original.own(), watch);
            hub.forget(this);
            if (original.kind() == StreamKind.PIPE && original.reads() && !unread.isEmpty()) {
                original.putBack(List.copyOf(unread), hub.loop().buffer());
            }
            original.close();
        }
    }

    int ticketCount() {
        return tickets.size();
    }
}
