package org.linuxssi.tools;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Appends values to a growing buffer, little endian, without padding. */
public final class Encoder {

    static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private MemorySegment segment;
    private int size;

    /** Makes an empty buffer. */
    public Encoder() {
        this(128);
    }

    /** Makes an empty buffer with room for this many bytes. */
    public Encoder(int capacity) {
        bytes = new byte[Math.max(capacity, 16)];
        segment = MemorySegment.ofArray(bytes);
    }

    private int grow(int more) {
        int at = size;
        int needed = Math.addExact(at, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length * 2));
            segment = MemorySegment.ofArray(bytes);
        }
        size = needed;
        return at;
    }

    /** Appends one byte. */
    public Encoder i8(int value) {
        int at = grow(1);
        bytes[at] = (byte) value;
        return this;
    }

    /** Appends one byte, 1 for true. */
    public Encoder bool(boolean value) {
        return i8(value ? 1 : 0);
    }

    /** Appends two bytes. */
    public Encoder i16(int value) {
        int at = grow(2);
        segment.set(I16, at, (short) value);
        return this;
    }

    /** Appends four bytes. */
    public Encoder i32(int value) {
        int at = grow(4);
        segment.set(I32, at, value);
        return this;
    }

    /** Appends eight bytes. */
    public Encoder i64(long value) {
        int at = grow(8);
        segment.set(I64, at, value);
        return this;
    }

    /** Appends the length in four bytes, then the bytes. */
    public Encoder bytes(byte[] value) {
        return i32(value.length).raw(value, 0, value.length);
    }

    /** Appends the length in eight bytes, then the bytes of the segment. */
    public Encoder segment(MemorySegment value) {
        i64(value.byteSize());
        int at = grow(Math.toIntExact(value.byteSize()));
        MemorySegment.copy(value, 0, segment, at, value.byteSize());
        return this;
    }

    /** Appends bytes without a length. */
    public Encoder raw(byte[] value, int offset, int length) {
        int at = grow(length);
        System.arraycopy(value, offset, bytes, at, length);
        return this;
    }

    /** Appends the length in four bytes, then the text in UTF-8. */
    public Encoder text(String value) {
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends a node in one byte. */
    public Encoder node(NodeId value) {
        return i8(value.value());
    }

    /** Appends a set of nodes in 32 bytes. */
    public Encoder nodes(NodeSet value) {
        return raw(value.toMask(), 0, NodeId.LIMIT / 8);
    }

    /** Appends the ordinal in one byte. */
    @SuppressWarnings("EnumOrdinal") // the order of the constants is part of the format
    public Encoder constant(Enum<?> value) {
        return i8(value.ordinal());
    }

    /** Appends a value by its own codec. */
    public <T> Encoder value(T value, Codec<T> codec) {
        codec.encode(value, this);
        return this;
    }

    /** Appends the number of elements in four bytes, then each. */
    public <T> Encoder list(List<T> values, Codec<T> codec) {
        i32(values.size());
        values.forEach(value -> codec.encode(value, this));
        return this;
    }

    /** Appends whether there is a value in one byte, then the value. */
    public <T> Encoder optional(Optional<T> value, Codec<T> codec) {
        bool(value.isPresent());
        value.ifPresent(present -> codec.encode(present, this));
        return this;
    }

    /** Returns the number of bytes written. */
    public int size() {
        return size;
    }

    /** Returns a copy of the bytes written. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /** Returns the bytes written, without a copy; it is valid until the next write. */
    public MemorySegment view() {
        return segment.asSlice(0, size);
    }
}
