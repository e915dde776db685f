package org.linuxssi.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Raw access to one network device of the calling thread's name space ({@code packet(7)}): receives every frame that
 * enters by the device, sends frames out by it. Segmentation and checksum offload pass through as they are: each frame
 * begins with its {@code struct virtio_net_hdr} ({@code linux/virtio_net.h}).
 */
public final class PacketPort implements AutoCloseable {

    /** Bytes of {@code struct virtio_net_hdr} before each frame. */
    public static final int OFFLOAD_HEADER = 10;

    /** Bytes of the largest frame with its offload header. */
    public static final int MAX_FRAME = 66_000;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int ETH_P_ALL = 3;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int RECEIVE_BUFFER = 16 << 20;
    private static final int MSG_DONTWAIT = 0x40;

    private final String device;
    private final int fd;

    /**
     * Opens a device of the calling thread's name space.
     *
     * @throws ErrnoException ENODEV when it is not there, EPERM without CAP_NET_RAW
     */
    public PacketPort(String device) {
        this.device = device;
        fd = (int) Syscalls.check("socket AF_PACKET", Syscalls.call(Nr.SOCKET, AF_PACKET, SOCK_RAW_CLOEXEC, 0));
        option(SOL_PACKET, PACKET_VNET_HDR, 1);
        option(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
        option(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
        bind();
    }

    /**
     * Waits for the next frame.
     *
     * @return its length with the offload header
     */
    public int receive(MemorySegment buffer) {
        long result;
        do {
            result = Syscalls.call(Nr.RECVFROM, fd, buffer.address(), buffer.byteSize(), 0, 0, 0);
        } while (result == -Errno.EINTR.number());
        return (int) Syscalls.check("receive from " + device, result);
    }

    /** Sends a frame, offload header first; false when the device is down, gone or its queue is full: it is lost. */
    public boolean send(byte[] frame) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = Syscalls.bytes(arena, frame);
            return !Syscalls.failed(Syscalls.call(Nr.SENDTO, fd, bytes.address(), frame.length, MSG_DONTWAIT, 0, 0));
        }
    }

    @Override
    public void close() {
        Syscalls.call(Nr.CLOSE, fd);
    }

    /** Binds to {@code struct sockaddr_ll}: family, protocol in network order, interface. */
    private void bind() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(20, 8);
            ByteBuffer bytes = address.asByteBuffer();
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
            bytes.putShort(2, (short) ETH_P_ALL);
            address.set(ValueLayout.JAVA_INT, 4, NetlinkLinks.index(device));
            Syscalls.check("bind to " + device, Syscalls.call(Nr.BIND, fd, address.address(), 20));
        }
    }

    private void option(int level, int name, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocateFrom(ValueLayout.JAVA_INT, value);
            Syscalls.check(
                    "setsockopt " + name + " of " + device,
                    Syscalls.call(Nr.SETSOCKOPT, fd, level, name, word.address(), 4));
        }
    }
}
