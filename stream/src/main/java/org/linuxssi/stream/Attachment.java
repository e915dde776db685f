package org.linuxssi.stream;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Errno;
import org.linuxssi.tools.NodeId;

/**
 * The end of a stream where programs use it: it moves bytes between the stand-in and the anchor. Confined to the loop's
 * thread.
 */
final class Attachment {

    /** How many bytes may be on their way to a stand-in, besides those in it. */
    static final int WINDOW = 128 << 10;

    private static final long STUCK_MILLIS = 150;
    private static final int REPORT = 16 << 10;

    /** Where a stand-in is in its life. */
    private enum State {
        /** Programs may hold it. */
        OPEN,
        /** No program holds it; bytes from the anchor may still be on their way here. */
        CLOSING,
        /** It is closed; the anchor may still write what it got. */
        DETACHED
    }

    private record Preparing(int held, long returned, CompletableFuture<Long> unread) {}

    private record Flush(long upTo, CompletableFuture<Void> done) {}

    private final Hub hub;
    private final NodeId anchor;
    private final long stream;
    private final long number;
    private final StandIn standIn;
    private final StreamTicket template;
    private final long watch;
    private final Demand demand;
    private boolean demanding;
    private final ArrayDeque<ByteBuffer> pending = new ArrayDeque<>();
    private final Map<Long, Preparing> preparing = new HashMap<>();
    private final List<Flush> flushes = new ArrayList<>();
    private State state = State.OPEN;
    private int leaving;
    private boolean endDown;
    private boolean endUp;
    private boolean gone;
    private long sent;
    private long written;
    /** Bytes that were given to the stand-in and of which the anchor was not told. */
    private long taken;
    /** Bytes that went back to the anchor in all. */
    private long returned;

    private byte[] modes;
    private byte[] window;

    Attachment(Hub hub, long number, StreamTicket ticket, StandIn standIn) {
        this.hub = hub;
        this.number = number;
        this.anchor = ticket.anchor();
        this.stream = ticket.stream();
        this.standIn = standIn;
        this.template = ticket;
        this.modes = ticket.modes();
        this.window = ticket.window();
        watch = hub.loop().watch(standIn.descriptor(), _ -> pump());
        demand = new Demand(new Reading(), ticket.kind() == StreamKind.TERMINAL);
        readAhead(ticket.kind() == StreamKind.SOCKET);
        join(ticket);
    }

    long number() {
        return number;
    }

    NodeId anchor() {
        return anchor;
    }

    StandIn standIn() {
        return standIn;
    }

    boolean serves(StreamTicket ticket) {
        return state == State.OPEN
                && !endDown
                && anchor.equals(ticket.anchor())
                && stream == ticket.stream()
                && ticket.kind() == template.kind();
    }

    /** Returns the ticket of a process that leaves this stand-in. */
    StreamTicket ticket(NodeId issuer, long serial, int flags, long unread) {
        return new StreamTicket(
                anchor, stream, issuer, serial, template.kind(), flags, template.capacity(), unread, modes, window);
    }

    /** Tells the anchor that the ticket's process uses this stand-in. */
    void join(StreamTicket ticket) {
        ByteBuffer body =
                ByteBuffer.allocate(9).put((byte) ticket.issuer().value()).putLong(WINDOW);
        tell(Frame.Type.ATTACH, ticket.serial(), body.array());
    }

    private void tell(Frame.Type type, long argument, byte[] bytes) {
        if (gone) {
            return;
        }
        hub.send(anchor, new Frame(type, stream, number, argument, bytes));
    }

    private void tell(Frame.Type type, long argument) {
        tell(type, argument, new byte[0]);
    }

    // ---- bytes

    private void pump() {
        if (state != State.OPEN) {
            return;
        }
        toProgram();
        if (state == State.OPEN) {
            fromProgram(false);
        }
        if (state == State.OPEN && standIn.abandoned()) {
            abandon();
        }
    }

    private void toProgram() {
        MemorySegment buffer = hub.loop().buffer();
        while (!pending.isEmpty()) {
            ByteBuffer next = pending.element();
            int count = next.remaining();
            MemorySegment.copy(MemorySegment.ofBuffer(next), 0, buffer, 0, count);
            long given = standIn.toProgram(buffer, count);
            if (given < 0) {
                break;
            }
            taken += given;
            next.position(next.position() + (int) given);
            if (!next.hasRemaining()) {
                pending.remove();
            }
        }
        if (!sharing()) {
            tellTaken();
        }
        if (endDown && pending.isEmpty() && !(sharing() && unread() > 0) && standIn.endReading()) {
            detach(new byte[0]);
        }
    }

    private void tellTaken() {
        if (taken >= REPORT || (taken > 0 && pending.isEmpty())) {
            tell(Frame.Type.TAKEN, taken);
            taken = 0;
        }
    }

    /** Tells whether bytes belong to programs elsewhere as well until they are read: then the anchor is told no sooner. */
    private boolean sharing() {
        return demanding && template.kind() == StreamKind.PIPE;
    }

    private long unread() {
        return untaken() + standIn.unread(standIn.descriptor());
    }

    private long untaken() {
        return pending.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** Others read too, or no longer. */
    private void turn(boolean ahead) {
        boolean before = sharing();
        readAhead(ahead);
        if (state == State.OPEN && sharing() && !before) {
            giveBackUnread();
        }
    }

    /** Takes bytes as they come, or only when a program here waits for some. */
    private void readAhead(boolean ahead) {
        demanding = !ahead && standIn.reads();
        if (ahead || !standIn.reads() || state != State.OPEN) {
            hub.observer().ignore(standIn.name());
        } else {
            demand.reset(System.nanoTime());
            hub.observer().observe(standIn.name(), this::looked);
        }
    }

    private void looked(Wish wish, long began) {
        if (state != State.OPEN || (endDown && !sharing())) {
            return;
        }
        demand.looked(wish, began, System.nanoTime());
        if (endDown) {
            toProgram();
        }
    }

    private void arrived() {
        demand.arrived(System.nanoTime());
        hub.observer().kick();
    }

    /** What programs read of this stand-in. */
    private final class Reading implements Demand.User {
        @Override
        public long unread() {
            return Attachment.this.unread();
        }

        @Override
        public void consumed() {
            tellTaken();
        }

        @Override
        public void want(long bytes, Wish.Reader reader) {
            if (endDown) {
                return;
            }
            byte[] body = ByteBuffer.allocate(8)
                    .putInt(reader.session())
                    .putInt(reader.group())
                    .array();
            tell(Frame.Type.WANT, bytes, body);
        }

        @Override
        public void giveBack() {
            if (leaving == 0) {
                giveBackUnread();
            }
        }
    }

    /** The anchor says once more when it is at its end. */
    private void giveBackUnread() {
        long untold = untaken() + taken;
        byte[] bytes = leftover(new byte[0]);
        tell(Frame.Type.GIVE_BACK, untold, bytes);
        taken = 0;
        returned += bytes.length;
        endDown &= !sharing();
    }

    /**
     * What came for a reader that is about to leave goes back before it reads on elsewhere, where it would else get what
     * comes after; others here that want it ask again.
     */
    private void giveBackOnDemand() {
        if (demanding && state == State.OPEN && standIn.reads()) {
            demand.reset(System.nanoTime());
            giveBackUnread();
        }
    }

    private void fromProgram(boolean all) {
        MemorySegment buffer = hub.loop().buffer();
        while (standIn.writes() && !endUp && (all || sent - written < WINDOW)) {
            long count = standIn.fromProgram(buffer);
            if (count == -Errno.EAGAIN.number() || count == -Errno.EINTR.number()) {
                break;
            }
            tellModes();
            if (count > 0) {
                tell(Frame.Type.UP, 0, buffer.asSlice(0, count).toArray(JAVA_BYTE));
                sent += count;
            } else {
                endUp = true;
                ended();
            }
        }
        tellModes();
    }

    /** New modes go before what was written since: a prompt must not be seen before its terminal is ready. */
    private void tellModes() {
        if (standIn instanceof TerminalStandIn terminal) {
            terminal.changedModes().ifPresent(now -> tell(Frame.Type.MODES_UP, 0, now));
        }
    }

    private void ended() {
        switch (template.kind()) {
            case PIPE -> detach(new byte[0]);
            case SOCKET -> {
                if (!standIn.abandoned()) {
                    tell(Frame.Type.END_UP, 0);
                }
            }
            case TERMINAL -> {}
        }
    }

    // ---- leaving

    /** No program holds the stand-in any more. */
    private void abandon() {
        fromProgram(true);
        if (gone) {
            closeStandIn();
        }
        if (state != State.OPEN) {
            return;
        }
        state = State.CLOSING;
        hub.observer().ignore(standIn.name());
        hub.loop().unwatch(standIn.descriptor(), watch);
        tell(Frame.Type.CLOSE, 0);
    }

    private byte[] leftover(byte[] rescued) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(rescued);
        bytes.writeBytes(standIn.takeUnread(hub.loop().buffer()));
        for (ByteBuffer chunk : pending) {
            byte[] rest = new byte[chunk.remaining()];
            chunk.get(rest);
            bytes.writeBytes(rest);
        }
        pending.clear();
        return bytes.toByteArray();
    }

    private void detach(byte[] leftover) {
        tell(Frame.Type.DETACH, 0, leftover);
        closeStandIn();
    }

    private void closeStandIn() {
        if (state == State.DETACHED) {
            return;
        }
        if (state == State.OPEN) {
            hub.loop().unwatch(standIn.descriptor(), watch);
            hub.observer().ignore(standIn.name());
        }
        state = State.DETACHED;
        standIn.close();
        hub.detached(this);
        Map<Long, Preparing> failed = Map.copyOf(preparing);
        preparing.clear();
        failed.forEach((serial, waiting) -> {
            tell(Frame.Type.ABORT, serial);
            waiting.unread().completeExceptionally(new StreamException("the stream ended"));
        });
        forgetIfWritten();
    }

    private void forgetIfWritten() {
        if (state == State.DETACHED && written >= sent) {
            hub.forget(this);
        }
    }

    // ---- moving

    /**
     * Sends all that was written, stops the other direction, and completes with the number of unread bytes here.
     *
     * @param serial of the ticket
     * @param destination where the process goes
     * @param held a duplicate of its descriptor
     */
    CompletableFuture<Long> prepare(long serial, NodeId destination, int held) {
        CompletableFuture<Long> prepared = new CompletableFuture<>();
        giveBackOnDemand();
        preparing.put(serial, new Preparing(held, returned, prepared));
        leaving++;
        fromProgram(true);
        if (state == State.OPEN) {
            tell(Frame.Type.PREPARE, serial, new byte[] {(byte) destination.value()});
        }
        return prepared;
    }

    /** The process has left; held is the last duplicate of its descriptor. */
    void commit(long serial, int held) {
        leaving--;
        if (state != State.OPEN || !standIn.reads()) {
            Descriptors.close(held);
            tell(Frame.Type.COMMIT, serial);
            return;
        }
        fromProgram(true);
        byte[] rescued = standIn.rescue(held, hub.loop().buffer());
        Descriptors.close(held);
        if (!standIn.abandoned()) {
            tell(Frame.Type.COMMIT, serial);
            return;
        }
        fromProgram(true);
        tell(Frame.Type.COMMIT_LAST, serial, leftover(rescued));
        closeStandIn();
    }

    /** The process stays. */
    void abort(long serial, int held) {
        leaving--;
        Descriptors.close(held);
        preparing.remove(serial);
        tell(Frame.Type.ABORT, serial);
        pump();
    }

    /**
     * Completes when all that programs have written so far has reached the original, never can, or does not get on since
     * nobody reads it.
     */
    CompletableFuture<Void> flush() {
        if (state == State.OPEN) {
            fromProgram(true);
        }
        Flush flush = new Flush(sent, new CompletableFuture<>());
        flushes.add(flush);
        flushed();
        giveUpWhenStuck(flush, written);
        return flush.done();
    }

    private void giveUpWhenStuck(Flush flush, long before) {
        if (flush.done().isDone()) {
            return;
        }
        hub.loop().after(STUCK_MILLIS, () -> {
            if (written == before && flushes.remove(flush)) {
                flush.done().complete(null);
            }
            giveUpWhenStuck(flush, written);
        });
    }

    private void flushed() {
        flushes.removeIf(flush -> flush.upTo() <= written && flush.done().complete(null));
    }

    // ---- frames

    void received(Frame frame) {
        switch (frame.type()) {
            case DOWN -> down(frame.bytes());
            case WRITTEN -> written(frame.argument());
            case END_DOWN -> {
                endDown = true;
                pump();
            }
            case BROKEN -> broken();
            case GONE -> lost();
            case CLOSED -> {
                if (state == State.CLOSING) {
                    detach(leftover(new byte[0]));
                }
            }
            case PREPARED -> prepared(frame.argument());
            case AHEAD -> turn(frame.argument() != 0);
            case END_OF_INPUT -> endOfInput();
            case WINDOW -> window(frame.bytes());
            case MODES_DOWN -> modes(frame.bytes());
            case ATTACH,
                    UP,
                    TAKEN,
                    END_UP,
                    CLOSE,
                    DETACH,
                    PREPARE,
                    COMMIT,
                    COMMIT_LAST,
                    ABORT,
                    WANT,
                    GIVE_BACK,
                    MODES_UP -> {}
        }
    }

    private void down(byte[] bytes) {
        pending.add(ByteBuffer.wrap(bytes));
        arrived();
        pump();
    }

    private void written(long count) {
        written += count;
        flushed();
        forgetIfWritten();
        pump();
    }

    private void prepared(long serial) {
        Preparing waiting = preparing.remove(serial);
        if (waiting != null) {
            giveBackOnDemand();
            long onTheWay = returned - waiting.returned();
            waiting.unread().complete(onTheWay + untaken() + standIn.unread(waiting.held()));
        }
    }

    private void endOfInput() {
        if (state == State.OPEN && standIn instanceof TerminalStandIn terminal) {
            terminal.endOfInput(hub.loop().buffer());
            arrived();
        }
    }

    private void window(byte[] size) {
        window = size;
        if (state == State.OPEN && standIn instanceof TerminalStandIn terminal) {
            terminal.setWindow(size);
        }
    }

    private void modes(byte[] now) {
        modes = now;
        if (state == State.OPEN && standIn instanceof TerminalStandIn terminal) {
            terminal.setModes(now);
        }
    }

    /** The original takes no more. */
    private void broken() {
        written = sent;
        flushed();
        if (state == State.OPEN && standIn.writes() && standIn.breakWriting()) {
            endUp = true;
            detach(new byte[0]);
        }
        endUp = true;
        forgetIfWritten();
    }

    /** The anchor or its node is gone: programs read what is here, then the end; their writes fail. */
    void lost() {
        gone = true;
        broken();
        if (state == State.CLOSING) {
            closeStandIn();
        } else if (state == State.OPEN) {
            endDown = true;
            pump();
        }
    }

    /** Closes without telling the anchor, when the daemon stops. */
    void close() {
        if (state != State.DETACHED) {
            sent = written;
            closeStandIn();
        }
    }
}
