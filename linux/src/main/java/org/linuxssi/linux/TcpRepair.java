package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The state of TCP connections, which the kernel tells and takes of sockets in repair mode ({@code TCP_REPAIR} and the like of
 * {@code linux/tcp.h}). A socket in that mode makes connections without its peer's knowledge. Needs CAP_NET_ADMIN.
 */
public final class TcpRepair {

    /** What was sent and is not acknowledged, or is not sent yet. */
    public static final int SEND_QUEUE = 2;

    /** What was received and is not read yet. */
    public static final int RECEIVE_QUEUE = 1;

    /** Bit of {@link #info}'s abilities: time stamps. */
    public static final int TIMESTAMPS = 1;

    /** Bit of the abilities: selective acknowledgement. */
    public static final int SELECTIVE = 2;

    /** Bit of the abilities: windows of more than 64 KB. */
    public static final int SCALED_WINDOWS = 4;

    private static final int TCP = 6;
    private static final int MAXSEG = 2;
    private static final int INFO = 11;
    private static final int REPAIR = 19;
    private static final int QUEUE = 20;
    private static final int QUEUE_SEQUENCE = 21;
    private static final int OPTIONS = 22;

    private static final int ON = 1;
    private static final int OFF = 0;
    private static final int OFF_UNNOTICED = -1;

    private static final int SO_REUSEADDR = 2;

    private static final int OPTION_SEGMENT = 2;
    private static final int OPTION_WINDOW = 3;
    private static final int OPTION_SELECTIVE = 4;
    private static final int OPTION_TIMESTAMP = 8;

    private static final int INFO_ACKNOWLEDGED = 120;

    private TcpRepair() {}

    /**
     * What a socket says of its connection ({@code struct tcp_info}).
     *
     * @param state {@code TCP_ESTABLISHED} and so on
     * @param abilities bits of what both ends can do
     * @param sendScale shift of the windows that the peer tells
     * @param receiveScale shift of the windows that it tells itself
     * @param acknowledged bytes that its peer has acknowledged, some more by one
     */
    public record Info(int state, int abilities, int sendScale, int receiveScale, long acknowledged) {}

    /** Returns what a socket says of its connection. */
    public static Info info(int descriptor) {
        ByteBuffer info = ByteBuffer.wrap(Sockets.option(descriptor, TCP, INFO)
                        .filter(bytes -> bytes.length >= INFO_ACKNOWLEDGED + 8)
                        .orElseThrow(() -> new ErrnoException("read TCP_INFO", Errno.EPROTO)))
                .order(ByteOrder.nativeOrder());
        return new Info(
                info.get(0), info.get(5), info.get(6) & 15, (info.get(6) & 0xff) >> 4, info.getLong(INFO_ACKNOWLEDGED));
    }

    /** Lets work run while a socket of somebody else is in repair mode, unnoticed by its peer; it stays as it was. */
    public static void during(int descriptor, Runnable work) {
        int reuse = Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_REUSEADDR);
        Sockets.setNumber(descriptor, TCP, REPAIR, ON);
        try {
            work.run();
        } finally {
            Sockets.setNumber(descriptor, TCP, REPAIR, OFF_UNNOTICED);
            Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_REUSEADDR, reuse);
        }
    }

    /** Puts a new socket into repair mode. */
    public static void begin(int descriptor) {
        Sockets.setNumber(descriptor, TCP, REPAIR, ON);
    }

    /** Ends it; the peer is told of the connection. */
    public static void end(int descriptor) {
        Sockets.setNumber(descriptor, TCP, REPAIR, OFF);
    }

    /** Has what is looked at or written next be one of the queues. */
    public static void choose(int descriptor, int queue) {
        Sockets.setNumber(descriptor, TCP, QUEUE, queue);
    }

    /** Returns the number of the byte after the last of the chosen queue. */
    public static int sequence(int descriptor) {
        return Sockets.number(descriptor, TCP, QUEUE_SEQUENCE);
    }

    /** Sets the number of the next byte of a queue, of a socket that is not connected. */
    public static void sequence(int descriptor, int queue, int number) {
        choose(descriptor, queue);
        Sockets.setNumber(descriptor, TCP, QUEUE_SEQUENCE, number);
    }

    /** Returns the most bytes of a segment, of a socket in repair mode. */
    public static int segment(int descriptor) {
        return Sockets.number(descriptor, TCP, MAXSEG);
    }

    /** Tells a connection in repair mode what its ends have agreed upon. */
    public static void agree(int descriptor, int segment, Info info) {
        ByteBuffer options = ByteBuffer.allocate(32).order(ByteOrder.nativeOrder());
        options.putInt(OPTION_SEGMENT).putInt(segment);
        if ((info.abilities() & SCALED_WINDOWS) != 0) {
            options.putInt(OPTION_WINDOW).putInt(info.sendScale() | info.receiveScale() << 16);
        }
        if ((info.abilities() & SELECTIVE) != 0) {
            options.putInt(OPTION_SELECTIVE).putInt(0);
        }
        if ((info.abilities() & TIMESTAMPS) != 0) {
            options.putInt(OPTION_TIMESTAMP).putInt(0);
        }
        byte[] given = new byte[options.position()];
        options.flip().get(given);
        Sockets.setOption(descriptor, TCP, OPTIONS, given);
    }
}
