package org.linuxssi.stream;

import java.lang.foreign.MemorySegment;
import org.linuxssi.linux.Descriptors;

/**
 * The daemon's side of the local object that a program uses instead of a descriptor on another node. All calls come from
 * the loop's thread and return at once.
 */
sealed interface StandIn permits PipeStandIn, SocketStandIn, TerminalStandIn {

    /** What a program's descriptor refers to. */
    record Identity(long device, long inode) {
        static Identity of(int descriptor) {
            Descriptors.Status status = Descriptors.status(descriptor);
            return new Identity(status.device(), status.inode());
        }
    }

    /** A new stand-in and the descriptor for the program. */
    record Made(StandIn standIn, int descriptor) {}

    /** Makes the stand-in that a ticket asks for. */
    static Made make(StreamTicket ticket, String multiplexer) {
        return switch (ticket.kind()) {
            case PIPE -> PipeStandIn.make(ticket);
            case SOCKET -> SocketStandIn.make(ticket);
            case TERMINAL -> TerminalStandIn.make(ticket, multiplexer);
        };
    }

    /** Returns the daemon's descriptor. */
    int descriptor();

    /** Returns what programs' descriptors of this stand-in refer to. */
    Identity identity();

    /** Returns what {@link Holders} calls it. */
    String name();

    /** Tells whether programs read from it. */
    boolean reads();

    /** Tells whether programs write to it. */
    boolean writes();

    /** Reads what programs wrote: a count, 0 when no more will come, or a negated error number. */
    long fromProgram(MemorySegment buffer);

    /** Gives bytes to programs: a count or a negated error number. */
    long toProgram(MemorySegment buffer, long count);

    /** Tells whether no program holds it any more. */
    boolean abandoned();

    /**
     * Returns the number of bytes that were given to programs and not read by them.
     *
     * @param held a duplicate of a program's descriptor
     */
    long unread(int held);

    /** Copies the unread bytes that go when the last holder, perhaps ours, closes; the rest is taken later. */
    byte[] rescue(int held, MemorySegment buffer);

    /** Takes the unread bytes out of an abandoned stand-in. */
    byte[] takeUnread(MemorySegment buffer);

    /** Lets programs read the end after what they were given; true when nothing is left to relay. */
    boolean endReading();

    /** Lets programs' writes fail with EPIPE; true when nothing is left to relay. */
    boolean breakWriting();

    /** Returns another descriptor for a program, or -1 when only a new stand-in can serve. */
    int share(int flags);

    /** Closes the daemon's side. */
    void close();
}
