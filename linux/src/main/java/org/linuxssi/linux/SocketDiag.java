package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What sockets of the Unix domain there are in the daemon's network name space ({@code sock_diag(7)}, {@code linux/unix_diag.h}). */
public final class SocketDiag {

    private static final int SOCK_DIAG_BY_FAMILY = 20;
    private static final int NLM_F_DUMP = 0x300;
    private static final int AF_UNIX = 1;
    private static final int ALL_STATES = -1;

    // UDIAG_SHOW_NAME, UDIAG_SHOW_PEER, UDIAG_SHOW_ICONS, UDIAG_SHOW_RQLEN
    private static final int SHOW = 0x1 | 0x4 | 0x8 | 0x10;
    private static final int UNIX_DIAG_NAME = 0;
    private static final int UNIX_DIAG_PEER = 2;
    private static final int UNIX_DIAG_ICONS = 3;
    private static final int UNIX_DIAG_RQLEN = 4;
    private static final int UNIX_DIAG_SHUTDOWN = 6;
    private static final int MESSAGE = 16;

    private SocketDiag() {}

    /**
     * A socket.
     *
     * @param inode what {@code /proc/PID/fd} calls it, as in {@code socket:[711]}; 0 when no process has it
     * @param name the path it was bound to, or a name that begins with a zero; empty for none
     * @param listens whether it waits for connections
     * @param connected whether it has a peer
     * @param peer inode of the peer; 0 when the peer is closed or not accepted yet
     * @param waiting inodes of those who wait to be accepted, in their order
     * @param shutdown 1 when nothing is received any more, 2 when nothing is sent, 3 for both
     * @param backlog the most that may wait to be accepted
     */
    public record Unix(
            long inode,
            String name,
            boolean listens,
            boolean connected,
            long peer,
            List<Long> waiting,
            int shutdown,
            int backlog) {

        /** Copies the list. */
        public Unix {
            waiting = List.copyOf(waiting);
        }
    }

    /** Returns all sockets of the Unix domain that processes have, by inode. */
    public static Map<Long, Unix> unix() {
        byte[] request = ByteBuffer.allocate(24)
                .order(ByteOrder.nativeOrder())
                .put((byte) AF_UNIX)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(ALL_STATES)
                .putInt(0)
                .putInt(SHOW)
                .putInt(-1)
                .putInt(-1)
                .array();
        Map<Long, Unix> found = new HashMap<>();
        try (NetlinkSocket socket = new NetlinkSocket(NetlinkSocket.SOCK_DIAG)) {
            socket.list(
                    "list the sockets of the Unix domain",
                    new NetlinkMessage(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP).bytes(request),
                    entry -> {
                        Unix one = decode(entry);
                        found.put(one.inode(), one);
                    });
        }
        return found;
    }

    private static Unix decode(ByteBuffer entry) {
        boolean listens = entry.get(2) == 10;
        long inode = Integer.toUnsignedLong(entry.getInt(4));
        String name = "";
        boolean connected = false;
        long peer = 0;
        int shutdown = 0;
        int backlog = 0;
        List<Long> waiting = new ArrayList<>();
        int at = MESSAGE;
        while (at + 4 <= entry.limit()) {
            int length = Math.max(entry.getShort(at) & 0xffff, 4);
            int value = at + 4;
            switch (entry.getShort(at + 2)) {
                case UNIX_DIAG_NAME -> name = text(entry, value, length - 4);
                case UNIX_DIAG_PEER -> {
                    connected = true;
                    peer = Integer.toUnsignedLong(entry.getInt(value));
                }
                case UNIX_DIAG_ICONS -> {
                    for (int icon = value; icon + 4 <= at + length; icon += 4) {
                        waiting.add(Integer.toUnsignedLong(entry.getInt(icon)));
                    }
                }
                case UNIX_DIAG_RQLEN -> backlog = entry.getInt(value + 4);
                case UNIX_DIAG_SHUTDOWN -> shutdown = entry.get(value);
                default -> {}
            }
            at += (length + 3) & ~3;
        }
        return new Unix(inode, name, listens, connected, peer, waiting, shutdown, listens ? backlog : 0);
    }

    /** Bytes are characters here: names are compared and nothing else. */
    private static String text(ByteBuffer entry, int at, int length) {
        byte[] bytes = new byte[Math.clamp(length, 0, entry.limit() - at)];
        entry.get(at, bytes);
        return name(bytes);
    }

    /** Returns a name of bytes as it is in {@link Unix#name}. */
    public static String name(byte[] bytes) {
        int end = bytes.length;
        while (bytes.length > 0 && bytes[0] != 0 && end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return new String(bytes, 0, end, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
