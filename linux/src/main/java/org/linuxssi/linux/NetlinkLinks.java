package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Network devices of the calling thread's network name space, by rtnetlink ({@code rtnetlink(7)},
 * {@code linux/rtnetlink.h}, {@code linux/if_link.h}). Devices are named as {@code ip link} names them.
 *
 * <p>Every method throws {@link ErrnoException} with the kernel's reason, for example {@code EEXIST} for a name in use
 * and {@code ENODEV} for one that is not there.
 */
public final class NetlinkLinks {

    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_NEWADDR = 20;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFF_UP = 1;
    private static final int AF_INET = 2;
    private static final int SIOCGIFINDEX = 0x8933;
    private static final int IFNAMSIZ = 16;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;

    private NetlinkLinks() {}

    /** Makes a bridge without spanning tree. */
    public static void createBridge(String name) {
        NetlinkMessage message =
                create().text(IFLA_IFNAME, name).nested(IFLA_LINKINFO, info -> info.text(IFLA_INFO_KIND, "bridge"));
        send("create bridge " + name, message);
    }

    /**
     * Makes a pair of connected devices, the first here, the other in another name space.
     *
     * @param name the device that stays here
     * @param peer the device in the other name space
     * @param namespace an open descriptor of the other name space
     * @param hardware the peer's six-byte address
     */
    public static void createVeth(String name, String peer, int namespace, byte[] hardware) {
        NetlinkMessage message = create().text(IFLA_IFNAME, name)
                .nested(IFLA_LINKINFO, info -> info.text(IFLA_INFO_KIND, "veth")
                        .nested(
                                IFLA_INFO_DATA,
                                data -> data.nested(VETH_INFO_PEER, other -> other.bytes(info(0, 0, 0))
                                        .text(IFLA_IFNAME, peer)
                                        .attribute(IFLA_ADDRESS, hardware)
                                        .number(IFLA_NET_NS_FD, namespace))));
        send("create veth " + name, message);
    }

    /** Makes a device a port of a bridge. */
    public static void setBridge(String name, String bridge) {
        NetlinkMessage message = change(name, 0, 0).number(IFLA_MASTER, index(bridge));
        send("put " + name + " into bridge " + bridge, message);
    }

    /** Brings a device up. */
    public static void up(String name) {
        send("bring up " + name, change(name, IFF_UP, IFF_UP));
    }

    /** Takes a device down: its frames are lost in both directions. */
    public static void down(String name) {
        send("take down " + name, change(name, 0, IFF_UP));
    }

    /** Removes a device; a pair goes as a whole. */
    public static void delete(String name) {
        send("delete " + name, new NetlinkMessage(RTM_DELLINK, NetlinkMessage.ACK).bytes(info(index(name), 0, 0)));
    }

    /** Gives a device an address; the kernel adds the route to the prefix. */
    public static void addAddress(String name, Inet4Address address, int prefixLength) {
        byte[] structure = ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .put((byte) AF_INET)
                .put((byte) prefixLength)
                .putShort((short) 0)
                .putInt(index(name))
                .array();
        NetlinkMessage message = new NetlinkMessage(
                        RTM_NEWADDR, NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE)
                .bytes(structure)
                .attribute(IFA_LOCAL, address.getAddress())
                .attribute(IFA_ADDRESS, address.getAddress());
        send("add address " + address.getHostAddress() + " to " + name, message);
    }

    /** Returns the number of a device. */
    public static int index(String name) {
        int fd = (int) Syscalls.check("socket AF_INET", Syscalls.call(Nr.SOCKET, AF_INET, SOCK_DGRAM_CLOEXEC, 0));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(40, 8);
            request.asSlice(0, IFNAMSIZ).setString(0, name);
            Syscalls.check("look up device " + name, Syscalls.call(Nr.IOCTL, fd, SIOCGIFINDEX, request.address()));
            return request.get(ValueLayout.JAVA_INT, IFNAMSIZ);
        } finally {
            Syscalls.call(Nr.CLOSE, fd);
        }
    }

    private static NetlinkMessage create() {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;
        return new NetlinkMessage(RTM_NEWLINK, flags).bytes(info(0, 0, 0));
    }

    private static NetlinkMessage change(String name, int flags, int mask) {
        return new NetlinkMessage(RTM_NEWLINK, NetlinkMessage.ACK).bytes(info(index(name), flags, mask));
    }

    /** Returns a {@code struct ifinfomsg}. */
    private static byte[] info(int index, int flags, int mask) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.nativeOrder())
                .putInt(0)
                .putInt(index)
                .putInt(flags)
                .putInt(mask)
                .array();
    }

    private static void send(String operation, NetlinkMessage message) {
        try (NetlinkSocket socket = new NetlinkSocket(NetlinkSocket.ROUTE)) {
            socket.send(operation, List.of(message));
        }
    }
}
