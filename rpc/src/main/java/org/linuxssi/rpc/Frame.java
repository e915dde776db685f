package org.linuxssi.rpc;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * One message between two nodes: a header of {@link #HEADER} bytes, then the payload. Little endian:
 *
 * <pre>
 *  0  magic, "LSSI"          4 bytes
 *  4  version                1
 *  5  type                   1
 *  6  session                2
 *  8  service                2
 * 10  origin, the asking node 1
 * 11  flags, 0               1
 * 12  length of the payload  4
 * 16  request                8
 * 24  acknowledged           4   cost of what the sender has received on this connection, see {@link SendWindow}
 * </pre>
 *
 * @param type what the message is
 * @param service number of the service
 * @param origin the node that asked first
 * @param request number of the request at its origin, 0 for one-way messages
 * @param acknowledged see above
 * @param payload what the service's codec wrote
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record Frame(Type type, int service, NodeId origin, long request, int acknowledged, byte[] payload) {

    static final int HEADER = 28;
    static final int MAGIC = 0x4953534c;
    static final int VERSION = 1;
    /** The longest payload; larger things go by {@link ByteStream}. */
    static final int MAX_PAYLOAD = 16 << 20;

    private static final int LENGTH_AT = 12;
    private static final int ACKNOWLEDGED_AT = 24;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final Type[] TYPES = Type.values();

    /** What a message is. */
    enum Type {
        /** Wants no answer. */
        ONE_WAY,
        /** Wants a REPLY or a FAILURE. */
        REQUEST,
        /** The answer. */
        REPLY,
        /** There is no answer: the kind in one byte, then a text. */
        FAILURE,
        /** Another node, in one byte, will answer. */
        FORWARDED,
        /** The answer is no longer wanted. */
        CANCEL
    }

    /** Returns the bytes of a message; acknowledged is 0 and is set when it is written. */
    static byte[] encode(Type type, int session, int service, NodeId origin, long request, Consumer<Encoder> payload) {
        Encoder out = new Encoder(256);
        out.i32(MAGIC).i8(VERSION).constant(type).i16(session).i16(service);
        out.node(origin).i8(0).i32(0).i64(request).i32(0);
        payload.accept(out);
        int length = out.size() - HEADER;
        if (length > MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                    "a message of " + length + " bytes to service " + service + " is too long: open a stream instead");
        }
        out.view().set(I32, LENGTH_AT, length);
        return out.toBytes();
    }

    static void acknowledge(byte[] wire, int acknowledged) {
        MemorySegment.ofArray(wire).set(I32, ACKNOWLEDGED_AT, acknowledged);
    }

    /** Checks a header and returns the length of the payload that follows. */
    static int payloadLength(byte[] header, int session) {
        Decoder in = new Decoder(header);
        header(in, session);
        in.raw(4);
        return in.length(MAX_PAYLOAD);
    }

    private static Type header(Decoder in, int session) {
        if (in.i32() != MAGIC) {
            throw new DecodeException(0, "no LinuxSSI message");
        }
        int version = in.i8();
        if (version != VERSION) {
            throw new DecodeException(4, "version " + version + ", this node speaks " + VERSION);
        }
        Type type = in.constant(TYPES);
        int theirs = in.i16();
        if (theirs != session) {
            throw new DecodeException(6, "session " + theirs + ", this node has " + session);
        }
        return type;
    }

    /** Returns the message of a checked header and its payload. */
    static Frame of(byte[] header, byte[] payload, int session) {
        Decoder in = new Decoder(header);
        Type type = header(in, session);
        int service = in.i16();
        NodeId origin = in.node();
        int flags = in.i8();
        if (flags != 0) {
            throw new DecodeException(11, "unknown flags " + flags);
        }
        if (in.length(MAX_PAYLOAD) != payload.length) {
            throw new DecodeException(LENGTH_AT, "the payload has " + payload.length + " bytes");
        }
        return new Frame(type, service, origin, in.i64(), in.i32(), payload);
    }

    /** Returns the message that these bytes are. */
    static Frame decode(byte[] wire, int session) {
        Decoder in = new Decoder(wire);
        byte[] header = in.raw(HEADER);
        int length = payloadLength(header, session);
        byte[] payload = in.raw(length);
        in.end();
        return of(header, payload, session);
    }
}
