package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Reads the fields of one request in order, each checked against the end. */
final class FuseIn {

    private final MemorySegment bytes;
    private final int opcode;
    private long position;

    FuseIn(MemorySegment bytes, int opcode, long position) {
        this.bytes = bytes;
        this.opcode = opcode;
        this.position = position;
    }

    private long take(long count) {
        long at = position;
        if (count < 0 || count > bytes.byteSize() - at) {
            throw bad(count + " bytes needed, " + (bytes.byteSize() - at) + " left");
        }
        position = at + count;
        return at;
    }

    FuseFormatException bad(String problem) {
        return new FuseFormatException(opcode, problem);
    }

    int u16() {
        return bytes.get(JAVA_SHORT_UNALIGNED, take(2)) & 0xffff;
    }

    int i32() {
        return bytes.get(JAVA_INT_UNALIGNED, take(4));
    }

    long i64() {
        return bytes.get(JAVA_LONG_UNALIGNED, take(8));
    }

    /** Reads a size of a buffer: it is at most the limit. */
    int size(int limit) {
        int size = i32();
        if (size < 0 || size > limit) {
            throw bad("size " + Integer.toUnsignedString(size) + " is above " + limit);
        }
        return size;
    }

    FuseIn skip(int count) {
        take(count);
        return this;
    }

    long remaining() {
        return bytes.byteSize() - position;
    }

    /** Reads a null-terminated name, one char a byte. */
    String name() {
        return string(FuseAbi.NAME_MAX);
    }

    /** Reads a null-terminated text of at most this many bytes, one char a byte. */
    String string(int limit) {
        long end = position;
        long last = Math.min(bytes.byteSize(), position + limit + 1);
        while (end < last && bytes.get(JAVA_BYTE, end) != 0) {
            end++;
        }
        if (end == last) {
            throw bad("text without an end");
        }
        byte[] text = bytes.asSlice(position, end - position).toArray(JAVA_BYTE);
        position = end + 1;
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    MemorySegment data(int size) {
        return bytes.asSlice(take(size), size);
    }
}
