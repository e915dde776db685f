package org.linuxssi.testbed;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.linuxssi.linux.NetNamespace;
import org.linuxssi.linux.NetlinkFilter;
import org.linuxssi.linux.NetlinkLinks;

/**
 * The network between the nodes: a bridge in a name space of its own, the hub, with a port a node. Nothing of it is
 * seen from the host.
 *
 * @param directory where the name spaces are kept
 */
record Wiring(RunDirectory directory) {

    /** The name of a node's device inside the node. */
    static final String DEVICE = "eth0";

    private static final String BRIDGE = "br0";
    private static final int PREFIX = 24;

    /** Returns the address of a node, 10.76.83.(node + 1). */
    static Inet4Address address(int node) {
        try {
            return (Inet4Address) InetAddress.getByAddress(new byte[] {10, 76, 83, (byte) (node + 1)});
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Returns the hardware address of a node. */
    static byte[] hardware(int node) {
        return new byte[] {2, 'L', 'S', 'S', 'I', (byte) node};
    }

    /** Returns the name of a node's port at the hub. */
    static String port(int node) {
        return "node" + node;
    }

    /** Makes the hub. */
    void createHub() {
        NetNamespace.create(directory.hub()).call(() -> {
            NetlinkLinks.createBridge(BRIDGE);
            NetlinkLinks.up(BRIDGE);
            return BRIDGE;
        });
    }

    /** Makes a node's name space, connected to the hub. */
    NetNamespace connect(int node) {
        NetNamespace namespace = NetNamespace.create(directory.network(node));
        hub().call(() -> {
            namespace.withDescriptor(descriptor -> {
                NetlinkLinks.createVeth(port(node), DEVICE, descriptor, hardware(node));
                return node;
            });
            NetlinkLinks.setBridge(port(node), BRIDGE);
            NetlinkLinks.up(port(node));
            return node;
        });
        return namespace.call(() -> {
            NetlinkLinks.addAddress(DEVICE, address(node), PREFIX);
            NetlinkLinks.up(DEVICE);
            return namespace;
        });
    }

    /** Pulls the plug: no frame leaves or reaches the node any more, not even those of dying sockets. */
    void unplug(int node) {
        hub().call(() -> {
            NetlinkLinks.down(port(node));
            return node;
        });
    }

    /** Removes a node's port and name space. */
    void remove(int node) {
        hub().call(() -> {
            NetlinkLinks.delete(port(node));
            return node;
        });
        NetNamespace.find(directory.network(node)).ifPresent(NetNamespace::delete);
    }

    /** Makes the hub lose the frames between pairs, both ways, and no others. */
    void drop(Iterable<NodePair> pairs) {
        Map<String, List<byte[]>> drops = new TreeMap<>();
        for (NodePair pair : pairs) {
            drops.computeIfAbsent(port(pair.low()), _ -> new ArrayList<>()).add(hardware(pair.high()));
            drops.computeIfAbsent(port(pair.high()), _ -> new ArrayList<>()).add(hardware(pair.low()));
        }
        hub().call(() -> {
            NetlinkFilter.dropAtIngress(drops);
            return drops;
        });
    }

    /** Returns the hub's name space. */
    NetNamespace hub() {
        return NetNamespace.find(directory.hub())
                .orElseThrow(() -> new TestBedException(
                        "the switch of the test bed is gone (" + directory.hub() + "): run krg testbed down, then up"));
    }
}
