package org.linuxssi.stream;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.NodeId;

/**
 * What a process that leaves a node carries for one descriptor; {@link Streams#importTicket} turns it into a descriptor
 * on the node where the process arrives.
 *
 * @param anchor the node where the original is
 * @param stream number of the stream on that node
 * @param issuer the node that the process leaves
 * @param serial number of the ticket on that node
 * @param kind what it is
 * @param flags open flags of the program's descriptor ({@code fcntl.h})
 * @param capacity bytes of the pipe, 0 for other kinds
 * @param unread bytes that wait for the process on the node it leaves
 * @param modes {@code struct termios} of a terminal, else empty
 * @param window {@code struct winsize} of a terminal, else empty
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is never compared
public record StreamTicket(
        NodeId anchor,
        long stream,
        NodeId issuer,
        long serial,
        StreamKind kind,
        int flags,
        int capacity,
        long unread,
        byte[] modes,
        byte[] window) {

    /** The bytes of a ticket. */
    public static final Codec<StreamTicket> CODEC = Codec.of(
            (ticket, out) -> out.node(ticket.anchor)
                    .i64(ticket.stream)
                    .node(ticket.issuer)
                    .i64(ticket.serial)
                    .constant(ticket.kind)
                    .i32(ticket.flags)
                    .i32(ticket.capacity)
                    .i64(ticket.unread)
                    .bytes(ticket.modes)
                    .bytes(ticket.window),
            in -> new StreamTicket(
                    in.node(),
                    in.i64(),
                    in.node(),
                    in.i64(),
                    in.constant(StreamKind.values()),
                    in.i32(),
                    in.i32(),
                    in.i64(),
                    in.bytes(64),
                    in.bytes(64)));
}
