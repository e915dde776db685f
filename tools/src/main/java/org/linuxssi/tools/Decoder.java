package org.linuxssi.tools;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what an {@link Encoder} wrote; every read is checked against the end and against a limit. */
public final class Decoder {

    private final MemorySegment segment;
    private long position;

    /** Reads from these bytes. */
    public Decoder(byte[] bytes) {
        this(MemorySegment.ofArray(bytes));
    }

    /** Reads from this segment. */
    public Decoder(MemorySegment segment) {
        this.segment = segment;
    }

    private long take(long count) {
        long at = position;
        if (count < 0 || count > segment.byteSize() - at) {
            throw new DecodeException(at, count + " bytes needed, " + (segment.byteSize() - at) + " left");
        }
        position = at + count;
        return at;
    }

    /** Reads one byte, 0 to 255. */
    public int i8() {
        return segment.get(ValueLayout.JAVA_BYTE, take(1)) & 0xff;
    }

    /** Reads one byte that is 0 or 1. */
    public boolean bool() {
        int value = i8();
        if (value > 1) {
            throw new DecodeException(position - 1, value + " is not a truth value");
        }
        return value == 1;
    }

    /** Reads two bytes, 0 to 65535. */
    public int i16() {
        return segment.get(Encoder.I16, take(2)) & 0xffff;
    }

    /** Reads four bytes. */
    public int i32() {
        return segment.get(Encoder.I32, take(4));
    }

    /** Reads eight bytes. */
    public long i64() {
        return segment.get(Encoder.I64, take(8));
    }

    /** Reads a length in four bytes that is at most the limit. */
    public int length(int limit) {
        int length = i32();
        if (length < 0 || length > limit) {
            throw new DecodeException(position - 4, "length " + length + " is not in 0.." + limit);
        }
        return length;
    }

    /** Reads bytes, at most the limit. */
    public byte[] bytes(int limit) {
        int length = length(limit);
        return raw(length);
    }

    /** Reads a segment, at most the limit, as a view of the message. */
    public MemorySegment segment(long limit) {
        long length = i64();
        if (length < 0 || length > limit) {
            throw new DecodeException(position - 8, "length " + length + " is not in 0.." + limit);
        }
        return segment.asSlice(take(length), length);
    }

    /** Reads exactly this many bytes. */
    public byte[] raw(int length) {
        return segment.asSlice(take(length), length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Reads a text whose UTF-8 form takes at most this many bytes. */
    public String text(int limit) {
        long at = position;
        byte[] bytes = bytes(limit);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new DecodeException(at, "not UTF-8");
        }
    }

    /** Reads a node. */
    public NodeId node() {
        return NodeId.of(i8());
    }

    /** Reads a set of nodes. */
    public NodeSet nodes() {
        return NodeSet.ofMask(raw(NodeId.LIMIT / 8));
    }

    /** Reads one of the constants, as from {@code Type.values()}. */
    public <E extends Enum<E>> E constant(E[] values) {
        int ordinal = i8();
        if (ordinal >= values.length) {
            throw new DecodeException(position - 1, ordinal + " names no constant of " + values.length);
        }
        return values[ordinal];
    }

    /** Reads a value by its own codec. */
    public <T> T value(Codec<T> codec) {
        return codec.decode(this);
    }

    /** Reads a list of at most this many elements. */
    public <T> List<T> list(int limit, Codec<T> codec) {
        int count = length(limit);
        List<T> values = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            values.add(codec.decode(this));
        }
        return List.copyOf(values);
    }

    /** Reads a value that may be absent. */
    public <T> Optional<T> optional(Codec<T> codec) {
        return bool() ? Optional.of(codec.decode(this)) : Optional.empty();
    }

    /** Returns the number of bytes not yet read. */
    public long remaining() {
        return segment.byteSize() - position;
    }

    /** Returns the offset of the next byte. */
    public long position() {
        return position;
    }

    /** Checks that nothing is left. */
    public void end() {
        if (remaining() != 0) {
            throw new DecodeException(position, remaining() + " bytes too many");
        }
    }
}
