package org.linuxssi.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Builds a message to the kernel behind room for {@code struct fuse_out_header}. */
final class FuseOut {

    private static final int SMALL = 8192;
    private static final ThreadLocal<MemorySegment> BUFFER =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(SMALL, 8));

    private MemorySegment bytes;
    private long size = FuseAbi.OUT_HEADER;

    /** Uses the thread's own small buffer: send before the next message is built on this thread. */
    FuseOut() {
        bytes = BUFFER.get();
    }

    /** Uses a buffer of its own. */
    FuseOut(long payload) {
        bytes = Arena.ofAuto().allocate(FuseAbi.OUT_HEADER + Math.max(payload, 1), 8);
    }

    private long grow(long count) {
        long at = size;
        if (at + count > bytes.byteSize()) {
            MemorySegment larger = Arena.ofAuto().allocate(Math.max(at + count, bytes.byteSize() * 2), 8);
            MemorySegment.copy(bytes, 0, larger, 0, at);
            bytes = larger;
        }
        size = at + count;
        return at;
    }

    FuseOut i16(int value) {
        long at = grow(2);
        bytes.set(JAVA_SHORT_UNALIGNED, at, (short) value);
        return this;
    }

    FuseOut i32(int value) {
        long at = grow(4);
        bytes.set(JAVA_INT_UNALIGNED, at, value);
        return this;
    }

    FuseOut i64(long value) {
        long at = grow(8);
        bytes.set(JAVA_LONG_UNALIGNED, at, value);
        return this;
    }

    FuseOut zero(long count) {
        long at = grow(count);
        bytes.asSlice(at, count).fill((byte) 0);
        return this;
    }

    FuseOut bytes(MemorySegment source) {
        long at = grow(source.byteSize());
        MemorySegment.copy(source, 0, bytes, at, source.byteSize());
        return this;
    }

    FuseOut entry(FuseEntry entry) {
        i64(entry.nodeId()).i64(entry.generation());
        return validity(entry.entryValid(), entry.attrValid()).attr(entry.attr());
    }

    private FuseOut validity(long entryNanos, long attrNanos) {
        i64(entryNanos / 1_000_000_000).i64(attrNanos / 1_000_000_000);
        return i32((int) (entryNanos % 1_000_000_000)).i32((int) (attrNanos % 1_000_000_000));
    }

    FuseOut attr(FuseAttr attr) {
        i64(attr.ino()).i64(attr.size()).i64(attr.blocks());
        i64(attr.atime().seconds()).i64(attr.mtime().seconds()).i64(attr.ctime().seconds());
        i32(attr.atime().nanos()).i32(attr.mtime().nanos()).i32(attr.ctime().nanos());
        i32(attr.mode()).i32(attr.nlink()).i32(attr.uid()).i32(attr.gid()).i32(attr.rdev());
        return i32(attr.blockSize()).i32(0);
    }

    FuseOut open(long handle, int flags, int backing) {
        return i64(handle).i32(flags).i32(backing);
    }

    long size() {
        return size;
    }

    /** Fills in the header and returns the whole message. */
    MemorySegment finish(long unique, int error, long more) {
        bytes.set(JAVA_INT_UNALIGNED, 0, (int) (size + more));
        bytes.set(JAVA_INT_UNALIGNED, 4, error);
        bytes.set(JAVA_LONG_UNALIGNED, 8, unique);
        return segment();
    }

    MemorySegment segment() {
        return bytes.asSlice(0, size);
    }
}
