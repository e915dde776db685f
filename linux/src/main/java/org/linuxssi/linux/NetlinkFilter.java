package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Silent loss of frames between chosen stations, by nf_tables at the ingress of bridge ports
 * ({@code linux/netfilter/nf_tables.h}).
 *
 * <p>The rules of one name space are replaced as a whole, in one transaction of the kernel.
 */
public final class NetlinkFilter {

    private static final int SUBSYSTEM = 10;
    private static final int BATCH_BEGIN = 0x10;
    private static final int BATCH_END = 0x11;
    private static final int NEWTABLE = SUBSYSTEM << 8;
    private static final int DELTABLE = SUBSYSTEM << 8 | 2;
    private static final int NEWCHAIN = SUBSYSTEM << 8 | 3;
    private static final int NEWRULE = SUBSYSTEM << 8 | 6;
    private static final int NFPROTO_NETDEV = 5;
    private static final int REGISTER_1 = 1;
    private static final int VERDICT_REGISTER = 0;
    private static final int NF_DROP = 0;
    private static final String TABLE = "linuxssi";

    private NetlinkFilter() {}

    /**
     * Drops frames that enter by a port and go to certain stations, and nothing else.
     *
     * @param drops six-byte hardware addresses of destinations, by the name of the port; ports without any may be left
     *     out
     * @throws ErrnoException when the kernel refuses, {@code EOPNOTSUPP} without nf_tables' netdev family
     */
    public static void dropAtIngress(Map<String, List<byte[]>> drops) {
        List<NetlinkMessage> messages = new ArrayList<>();
        messages.add(message(BATCH_BEGIN, 0, 0, SUBSYSTEM));
        messages.add(table(NEWTABLE, NetlinkMessage.CREATE));
        messages.add(table(DELTABLE, 0));
        messages.add(table(NEWTABLE, NetlinkMessage.CREATE));
        new TreeMap<>(drops).forEach((port, stations) -> {
            if (!stations.isEmpty()) {
                messages.add(chain(port));
                stations.forEach(station -> messages.add(dropRule(port, station)));
            }
        });
        messages.add(message(BATCH_END, 0, 0, SUBSYSTEM));
        try (NetlinkSocket socket = new NetlinkSocket(NetlinkSocket.NETFILTER)) {
            socket.send("set frame filters of " + drops.keySet(), messages);
        }
    }

    private static NetlinkMessage table(int type, int flags) {
        return message(type, NetlinkMessage.ACK | flags, NFPROTO_NETDEV, 0).text(1, TABLE);
    }

    /** A base chain {@code type filter hook ingress device PORT}: table 1, name 3, hook 4 (number, priority, device), type 7. */
    private static NetlinkMessage chain(String port) {
        return message(NEWCHAIN, NetlinkMessage.ACK | NetlinkMessage.CREATE, NFPROTO_NETDEV, 0)
                .text(1, TABLE)
                .text(3, port)
                .nested(4, hook -> hook.networkNumber(1, 0).networkNumber(2, 0).text(3, port))
                .text(7, "filter");
    }

    /** A rule {@code ether daddr STATION drop}: table 1, chain 2, expressions 4. */
    private static NetlinkMessage dropRule(String port, byte[] station) {
        return message(NEWRULE, NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.APPEND, NFPROTO_NETDEV, 0)
                .text(1, TABLE)
                .text(2, port)
                .nested(4, list -> list.nested(1, NetlinkFilter::loadDestination)
                        .nested(1, element -> compare(element, station))
                        .nested(1, NetlinkFilter::drop));
    }

    /** Destination register 1, base 2 (link layer 0), offset 3, length 4. */
    private static void loadDestination(NetlinkMessage element) {
        element.text(1, "payload").nested(2, data -> data.networkNumber(1, REGISTER_1)
                .networkNumber(2, 0)
                .networkNumber(3, 0)
                .networkNumber(4, 6));
    }

    /** Source register 1, operation 2 (equal 0), data 3. */
    private static void compare(NetlinkMessage element, byte[] station) {
        element.text(1, "cmp").nested(2, data -> data.networkNumber(1, REGISTER_1)
                .networkNumber(2, 0)
                .nested(3, value -> value.attribute(1, station)));
    }

    /** Destination register 1, data 2 (verdict 2, code 1). */
    private static void drop(NetlinkMessage element) {
        element.text(1, "immediate").nested(2, data -> data.networkNumber(1, VERDICT_REGISTER)
                .nested(2, value -> value.nested(2, verdict -> verdict.networkNumber(1, NF_DROP))));
    }

    /** A message with its {@code struct nfgenmsg}: family, version 0, resource id in network order. */
    private static NetlinkMessage message(int type, int flags, int family, int resource) {
        byte[] structure = ByteBuffer.allocate(4)
                .put((byte) family)
                .put((byte) 0)
                .putShort((short) resource)
                .array();
        return new NetlinkMessage(type, flags).bytes(structure);
    }
}
