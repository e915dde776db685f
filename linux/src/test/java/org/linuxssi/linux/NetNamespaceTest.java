package org.linuxssi.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class NetNamespaceTest {

    private static final int PORT = 4000;

    @TempDir
    Path directory;

    private final List<NetNamespace> namespaces = new ArrayList<>();
    private NetNamespace hub;
    private NetNamespace left;
    private NetNamespace right;

    @BeforeEach
    void wireTwoStationsToABridge() {
        hub = create("hub");
        left = create("left");
        right = create("right");
        hub.call(() -> {
            NetlinkLinks.createBridge("br0");
            NetlinkLinks.up("br0");
            return 0;
        });
        connect(left, "left", 1);
        connect(right, "right", 2);
    }

    @AfterEach
    void removeNamespaces() {
        namespaces.forEach(NetNamespace::delete);
    }

    @Test
    void stationsTalkThroughTheBridge() throws Exception {
        try (Pair pair = connected()) {
            assertThat(pair.roundTrip(7)).isEqualTo(7);
        }
    }

    @Test
    void droppedFramesAreLostSilentlyAndTheConnectionGoesOnAfterwards() throws Exception {
        try (Pair pair = connected()) {
            hub.call(() -> {
                NetlinkFilter.dropAtIngress(
                        Map.of("left", List.of(hardware(2)), "right", List.of(hardware(1)), "br0", List.of()));
                return 0;
            });
            pair.client.getOutputStream().write(9);
            pair.server.setSoTimeout(300);
            assertThatThrownBy(() -> pair.server.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            hub.call(() -> {
                NetlinkFilter.dropAtIngress(Map.of());
                return 0;
            });
            pair.server.setSoTimeout(20_000);
            assertThat(pair.server.getInputStream().read()).isEqualTo(9);
        }
    }

    @Test
    void devicesOfANamespaceAreSeenThereOnly() throws IOException {
        assertThat(left.call(() -> NetworkInterface.getByName("eth0"))).isNotNull();
        assertThat(NetworkInterface.getByName("left")).isNull();
        assertThatThrownBy(() -> left.call(() -> NetlinkLinks.index("left")))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("ENODEV");
    }

    @Test
    void mountsOfAKeptMountNamespaceStayInItAndOutliveTheirMaker() throws IOException {
        Path place = Files.createDirectory(directory.resolve("place"));
        MountNamespace mounts = MountNamespace.create(directory.resolve("mounts"));
        try {
            left.callWith(mounts, () -> {
                Mounts.mount("tmpfs", place, "tmpfs", 0, "size=64k");
                return Files.writeString(place.resolve("file"), "x");
            });
            assertThat(place).isEmptyDirectory();
            assertThat(left.callWith(mounts, () -> Files.readString(place.resolve("file"))))
                    .isEqualTo("x");
            assertThat(MountNamespace.find(mounts.file())).contains(mounts);
        } finally {
            mounts.delete();
        }
        assertThat(MountNamespace.find(mounts.file())).isEmpty();
    }

    @Test
    void aNamespaceIsFoundByItsFileUntilDeleted() {
        NetNamespace other = NetNamespace.create(directory.resolve("other"));
        assertThat(NetNamespace.find(other.file())).contains(other);
        assertThat(other.id()).isNotEqualTo(left.id());
        other.delete();
        assertThat(NetNamespace.find(other.file())).isEmpty();
        assertThat(other.file()).doesNotExist();
    }

    private NetNamespace create(String name) {
        NetNamespace namespace = NetNamespace.create(directory.resolve(name));
        namespaces.add(namespace);
        return namespace;
    }

    private void connect(NetNamespace station, String name, int number) {
        hub.call(() -> {
            station.withDescriptor(fd -> {
                NetlinkLinks.createVeth(name, "eth0", fd, hardware(number));
                return 0;
            });
            NetlinkLinks.setBridge(name, "br0");
            NetlinkLinks.up(name);
            return 0;
        });
        station.call(() -> {
            NetlinkLinks.addAddress("eth0", address(number), 24);
            NetlinkLinks.up("eth0");
            return 0;
        });
    }

    private static byte[] hardware(int number) {
        return new byte[] {2, 0, 0, 0, 0, (byte) number};
    }

    private static Inet4Address address(int number) throws IOException {
        return (Inet4Address) InetAddress.getByAddress(new byte[] {10, 99, 0, (byte) number});
    }

    private Pair connected() throws IOException {
        try (ServerSocket listener = right.call(() -> new ServerSocket(PORT, 1, address(2)))) {
            Socket client = left.call(() -> {
                Socket socket = new Socket();
                socket.connect(new InetSocketAddress(address(2), PORT), 5000);
                return socket;
            });
            return new Pair(client, listener.accept());
        }
    }

    private record Pair(Socket client, Socket server) implements AutoCloseable {

        int roundTrip(int value) throws IOException {
            client.getOutputStream().write(value);
            server.getOutputStream().write(server.getInputStream().read());
            return client.getInputStream().read();
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }
}
