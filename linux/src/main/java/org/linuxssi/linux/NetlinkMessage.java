package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * One netlink request under construction ({@code linux/netlink.h}): a header, a fixed structure and attributes.
 *
 * <pre>{@code
 * new NetlinkMessage(RTM_NEWLINK, CREATE).bytes(interfaceInfo).text(IFLA_IFNAME, "br0").nested(IFLA_LINKINFO,
 *         info -> info.text(IFLA_INFO_KIND, "bridge"));
 * }</pre>
 */
final class NetlinkMessage {

    /** {@code NLM_F_REQUEST}: set on every message. */
    static final int REQUEST = 0x1;

    /** {@code NLM_F_ACK}: the kernel answers with an error message, 0 on success. */
    static final int ACK = 0x4;

    /** {@code NLM_F_EXCL}: do not touch what exists. */
    static final int EXCLUSIVE = 0x200;

    /** {@code NLM_F_CREATE}: make what does not exist. */
    static final int CREATE = 0x400;

    /** {@code NLM_F_APPEND}: add to the end of the list. */
    static final int APPEND = 0x800;

    /** Bytes of {@code struct nlmsghdr}. */
    static final int HEADER = 16;

    private static final int NESTED = 0x8000;

    private ByteBuffer buffer = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());

    /**
     * Begins a message.
     *
     * @param type the message's type, {@code RTM_*} and the like
     * @param flags flags beyond {@link #REQUEST}
     */
    NetlinkMessage(int type, int flags) {
        buffer.putInt(0).putShort((short) type).putShort((short) (flags | REQUEST));
        buffer.putInt(0).putInt(0);
    }

    /** Adds a fixed structure, padded to four bytes. */
    NetlinkMessage bytes(byte[] structure) {
        reserve(structure.length + 4).put(structure);
        return pad();
    }

    /** Adds an attribute of raw bytes. */
    NetlinkMessage attribute(int type, byte... value) {
        reserve(value.length + 8)
                .putShort((short) (value.length + 4))
                .putShort((short) type)
                .put(value);
        return pad();
    }

    /** Adds a null-terminated text. */
    NetlinkMessage text(int type, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return attribute(type, Arrays.copyOf(bytes, bytes.length + 1));
    }

    /** Adds a 32-bit number in the machine's order. */
    NetlinkMessage number(int type, int value) {
        return attribute(
                type,
                ByteBuffer.allocate(4)
                        .order(ByteOrder.nativeOrder())
                        .putInt(value)
                        .array());
    }

    /** Adds a 32-bit number in network order, as netfilter wants it. */
    NetlinkMessage networkNumber(int type, int value) {
        return attribute(type, ByteBuffer.allocate(4).putInt(value).array());
    }

    /** Adds an attribute made of what the consumer adds. */
    NetlinkMessage nested(int type, Consumer<NetlinkMessage> content) {
        int start = buffer.position();
        reserve(4).putShort((short) 0).putShort((short) (type | NESTED));
        content.accept(this);
        buffer.putShort(start, (short) (buffer.position() - start));
        return this;
    }

    /** Returns the finished message with the given sequence number. */
    byte[] finish(int sequence) {
        buffer.putInt(0, buffer.position()).putInt(8, sequence);
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    /** Tells whether the sender asked for an acknowledgement. */
    boolean wantsAck() {
        return (buffer.getShort(6) & ACK) != 0;
    }

    private NetlinkMessage pad() {
        while (buffer.position() % 4 != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }

    private ByteBuffer reserve(int size) {
        if (buffer.remaining() < size + 4) {
            byte[] bigger = Arrays.copyOf(buffer.array(), 2 * buffer.capacity() + size);
            int position = buffer.position();
            buffer = ByteBuffer.wrap(bigger).order(ByteOrder.nativeOrder()).position(position);
        }
        return buffer;
    }
}
